"""What a loader says about a chart that it could not take as it stands: diagnostics while it reads, errors for the caller's mistakes.

A message names the row and the kind of problem, never a value of the patient's.
"""

from collections import Counter
from collections.abc import Iterable

from trialwright.codes.dates import DateError, PartialDate
from trialwright.codes.places import Diagnostic


class ChartError(ValueError):
    """A chart that cannot be read: no file, no known form, broken JSON. One line, with the file and the place."""


class FormError(ChartError):
    """A mistake in the built-in patient form: file, line, what was found and what was expected."""


class Remarks:
    """The diagnostics of one chart, gathered while it is read."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._counted: Counter[tuple[str, str, str]] = Counter()

    def add(self, code: str, where: str, message: str) -> None:
        self._found.append(Diagnostic(code=code, message=message, where=where))

    def count(self, code: str, kind: str, why: str) -> None:
        """One more row of a kind that is left out whole; reported once, with the number."""
        self._counted[(code, kind, why)] += 1

    def all(self) -> tuple[Diagnostic, ...]:
        counted = (
            Diagnostic(code=code, message=f"{number} {'row' if number == 1 else 'rows'}: {why}", where=kind)
            for (code, kind, why), number in sorted(self._counted.items())
        )
        return (*_once(self._found), *counted)

    def date(self, text: str | None, where: str, what: str = "date") -> PartialDate | None:
        """The date that `text` gives; None without text, and None with a `bad-date` remark when the text is no date."""
        if not text:
            return None
        try:
            return PartialDate.parse(text)
        except DateError:
            self.add("bad-date", where, f"the {what} is no date that can be; read as not recorded")
            return None


def _once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return list(dict.fromkeys(found))
