"""A printed name in, whether it is a country's as registry records write it; a printed address in, its parts out."""

import functools
import re

from trialwright.codes import tables
from trialwright.registries.fields import DATA
from trialwright.trial import Site


@functools.cache
def names() -> frozenset[str]:
    return frozenset(name.casefold() for row in tables.rows("countries", DATA) for name in tables.parts(row["names"]))


def is_country(name: str) -> bool:
    return name.strip().casefold() in names()


def site_of(address: str) -> Site:
    """City, state, zip and country of `City, State, Country`.

    absence  a part that is printed with nothing in it is "", one that is not printed is None; a last part that is no
             country's name is a state
    """
    parts = _parts(address)
    match parts:
        case []:
            return Site()
        case [only]:
            return Site(country=only) if is_country(only) else Site(city=only)
        case [city, other]:
            return Site(city=city, country=other) if is_country(other) else Site(city=city, state=other)
        case [*city, state, code, country] if city and re.search(r"\d", code):
            return Site(city=", ".join(city), state=state, zip=code, country=country)
        case [*city, state, country] if is_country(country):
            return Site(city=", ".join(city), state=state, country=country)
        case _:
            return Site(city=", ".join(parts[:-1]), state=parts[-1])


def _parts(address: str) -> list[str]:
    parts = [part.strip() for part in address.split(",")] if address.strip() else []
    if len(parts) > 1 and is_country(", ".join(parts[-2:])):  # "Korea, Republic of"
        parts[-2:] = [", ".join(parts[-2:])]
    return parts
