"""Text to times: how often, on which days, how many, for how long, how far from an event.

Each pattern reads one way of saying it into a value of `nodes`; what a pattern cannot make sense of stays unmarked.
"""

import re
from decimal import Decimal

from trialwright.codes.dates import Duration, TimeUnit

from .marks import Pattern, phrase_pattern, phrase_value, phrases
from .nodes import Count, Event, EventKind, Gap, Interval, Times
from .words import NUMBER, number

_UNITS: dict[str, TimeUnit] = {
    "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year",
}  # fmt: skip
UNIT = r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|months?|mos?|years?|yrs?)\b"
_LONG = r"(?:days?|weeks?|wks?|months?|years?|yrs?)\b"
_TO = r"\s?(?:-|to|~|through)\s?"
_OR = r"\s?(?:,?\s?or|/)\s?"
_N = rf"(?P<low>{NUMBER})(?:(?P<to>{_TO})(?P<high>{NUMBER}))?"
_ORS = rf"(?P<low>{NUMBER})(?:(?:(?P<to>{_TO})|{_OR}(?:every\s)?)(?P<high>{NUMBER}))?"
_ABOUT = r"(?:about|approximately|approx\.?|around|up to|a total of|total of|a maximum of|a period of|at least|the|another|an additional|additional|a further|further|consecutive|maximum(?: of)?|a|next|first|remaining|subsequent|~|≈|≤)"
_FORMS = "doses|administrations|injections|infusions|vaccinations|applications|instillations|treatments|sessions|procedures|immunizations|times|fractions|courses|exposures"
_ACTS = rf"(?:{_FORMS}|dose|administration|injection|infusion|vaccination|application|instillation|fraction|session)"


def time_unit(words: str) -> TimeUnit:
    """The unit that a word such as `wks` or `months` names."""
    start = words.lower()
    if start == "m":
        return "month"
    return next(unit for letters, unit in _UNITS.items() if start.startswith(letters) and (letters != "mo" or start[:2] == "mo"))


def duration(words: str, unit: str) -> Duration:
    value = number(words)
    if value == Decimal("0.5") and time_unit(unit) == "month":
        return Duration(Decimal(15), "day")
    return Duration(value, time_unit(unit))


def interval(found: re.Match[str]) -> Interval | None:
    """The length, range or alternatives of a match with `low`, `high`, `to` and `unit`."""
    unit = found["unit"]
    low = duration(found["low"], found.groupdict().get("low_unit") or unit)
    if not found["high"]:
        return Interval((low,)) if low.value > 0 else None
    high = duration(found["high"], unit)
    if low == high or low.value <= 0:
        return None
    return Interval((low, high), "range" if found["to"] else "levels")


def count(found: re.Match[str]) -> Count | None:
    """A whole number of something, or a range of it."""
    low, high = number(found["low"]), number(found["high"] or found["low"])
    if low != int(low) or high != int(high) or not 1 <= low <= high:
        return None
    words = found[0].lower()
    return Count(int(low), int(high), "up to" in words or "maxim" in words or "≤" in words)


def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


# How often ------------------------------------------------------------------------------------------------------------------

_CYCLE_WORDS = r"(?:treatment\s|chemotherapy\s|dosing\s|therapy\s|-\s?)?"


def _single_interval(value: str, unit: TimeUnit) -> Interval:
    return Interval((Duration(Decimal(value), unit),))


def _weekly(found: re.Match[str]) -> Interval | None:
    word = found["word"].lower()
    if found["low"]:
        value = number(found["low"])
        return Interval((Duration(value, "week" if "week" in word else "month"),)) if value > 0 else None
    return _single_interval("1", "week" if "week" in word else "month")


def _q(found: re.Match[str]) -> Interval | None:
    letters: dict[str, TimeUnit] = {"d": "day", "w": "week", "m": "month", "h": "hour", "y": "year"}
    value = Decimal(found["a"] or found["b"])
    unit = letters[(found["unit"] or found["unit_first"]).lower()[0]]
    if value <= 0 or (unit == "hour" and value < 24):
        return None
    return Interval((Duration(value, unit),))


Q = (
    Pattern("every", _compiled(r"(?<![\w-])q\.?\s?(?:(?P<a>\d{1,3})\s?-?\s?(?P<unit>days?|d|weeks?|wks?|w|months?|m|hours?|h)|(?P<unit_first>d|w)\s?(?P<b>\d{1,2}))(?![a-z0-9])"), _q),
)
EVERY = (
    Pattern("cycle", _compiled(rf"(?:\b(?:every|each|in|of|on|a)\s(?:a\s|an\s|every\s|each\s)?)?\(?(?P<low>{NUMBER})[\s-]?(?:(?P<to>-|to)\s?(?P<high>{NUMBER})[\s-]?)?(?P<unit>days?|weeks?|wks?|months?)[\s-]+(?:long\s)?{_CYCLE_WORDS}(?:cycles?|courses?)\b"), interval),
    Pattern("cycle", _compiled(rf"\b(?:cycles?|courses?)(?:\s\d+)?(?:(?:\s(?:onwards?|duration|length|lasts?|will|repeats?|repeated|are|is|be|of|every|each|consists? of|lasting|defined as|was|were|thereafter|treatment|repeat|\w+ and \w+))+\s?[=:(]?\s?|\s?[=:(]\s?)(?P<low>{NUMBER})[\s-]?(?:(?P<to>-|to)\s?(?P<high>{NUMBER})[\s-]?)?(?P<unit>days?|weeks?|wks?|months?)\b"), interval),
    Pattern("every", _compiled(rf"\b(?:(?:given|once|one|administered|repeated|injection|dose|infusion)\s)?(?:every|each|at intervals? of|with an? interval of|at an? interval of|at)\s(?:\(?q\)?\s)?(?:about\s|approximately\s|the\s)?(?P<low>{NUMBER})(?:\s(?P<low_unit>weeks?|days?|months?)(?=\s?(?:or|to)\b))?(?:(?:(?P<to>{_TO})|{_OR}(?:every\s)?)(?P<high>{NUMBER}))?[\s-]?(?P<unit>{UNIT})(?P<mode>\sintervals?)?"), lambda found: _every(found)),
    Pattern("every", _compiled(r"\b(?:once\s)?every\s(?:other\s(?P<other>day|week|month)|(?P<one>week|month|year|fortnight)|(?P<ord>second|2nd|third|3rd|fourth|4th|sixth|6th|eighth|8th|twelfth|12th)\s(?P<ord_unit>day|week|month))\b"), lambda found: _every_other(found)),
    Pattern("every", _compiled(rf"(?<![\w-])(?:(?P<low>{NUMBER})[\s-]+)(?P<word>weekly|monthly)\b"), _weekly),
    Pattern("every", _compiled(r"(?<![\w-])(?:once[\s-]+|one\s)?(?P<low>)(?P<word>weekly|monthly|(?:once\s|one\s)?(?:a|per|each)\s(?:week|month))\b(?!\s(?:basis|for 0))"), lambda found: _weekly(found)),
    Pattern("every", _compiled(r"\b(?:on\s)?alternate\s(?P<other>day|week)s?\b"), lambda found: _single_interval("2", time_unit(found["other"]))),
    Pattern("every", _compiled(r"(?<![\w-])(?P<word>quarterly)\b"), lambda found: _single_interval("3", "month")),
)  # fmt: skip


def _every(found: re.Match[str]) -> Interval | None:
    if re.match(r"at\s(?!an?\sinterval|interval)", found[0], re.IGNORECASE) and not found["mode"]:
        return None
    return interval(found)


def _every_other(found: re.Match[str]) -> Interval | None:
    if found["other"]:
        return _single_interval("2", time_unit(found["other"]))
    if found["one"]:
        if found["one"].lower() == "fortnight":
            return _single_interval("2", "week")
        return _single_interval("1", time_unit(found["one"]))
    order = {"second": "2", "2nd": "2", "third": "3", "3rd": "3", "fourth": "4", "4th": "4", "sixth": "6", "6th": "6", "eighth": "8", "8th": "8", "twelfth": "12", "12th": "12"}
    return _single_interval(order[found["ord"].lower()], time_unit(found["ord_unit"]))


def _times(found: re.Match[str]) -> Times | None:
    low, high = number(found["low"]), number(found["high"] or found["low"])
    if low != int(low) or not 1 <= low <= high:
        return None
    unit = found["unit"].lower()
    return Times(int(low), int(high), "day" if unit in ("day", "daily", "d") else "week" if unit.startswith("w") else "month")


def _phrase_times(found: re.Match[str]) -> Times:
    words = " ".join(found[0].lower().split())
    times = int(phrases("frequencies", "times")[words])
    per = phrases("frequencies", "per")[words]
    return Times(times, times, "day" if per == "day" else "week" if per == "week" else "month")


def times_patterns() -> tuple[Pattern, ...]:
    """How many times a day or a week, and on demand."""
    return (
        Pattern("times", _compiled(rf"\b{_N}\s?(?:x|times)\s?(?:a|per|each|/|in a|every)?\s?(?P<unit>day|daily|week|weekly|month)\b"), _times),
        Pattern("times", phrase_pattern("frequencies", "times"), _phrase_times),
        Pattern("as-needed", _compiled(r"(?<![\w-])(?:as needed|as-needed|on[\s-]+demand|prn|p\.r\.n\.?|pro re nata|when needed|if needed|as required|before sexual (?:activity|intercourse)|prior to sexual (?:activity|intercourse))(?![\w])"), lambda _: True),
    )  # fmt: skip


# On which days --------------------------------------------------------------------------------------------------------------

_DAY_NUMBER = r"[+-]?\d{1,3}(?!\s?(?:mg|mcg|g\b|ml|µg|ug|iu|units?|u\b|%|gy|mmol|meq|mci|tablets?|capsules?|puffs?|drops?|million|weeks?|months?|hours?|cycles?|[.,]\d|x\s?10|times|years?|patients|subjects))(?!\d)"
_DAY_WORD = r"(?:days?|d\.?)"
_DAYS = _compiled(
    rf"(?<![\w/-])(?:on\s|at\s|from\s)?(?:cycle\s\d+,?\s)?(?:{_DAY_WORD}\s?|D)(?P<list>{_DAY_NUMBER}(?:(?:\s?(?:,|-\s?to|-|to|through|and|&|\+|/|,\s?and|or)\s?)(?:{_DAY_WORD}\s?)?{_DAY_NUMBER})*)(?![\w%]|\.\d)"
)
_DAYS_BEHIND = _compiled(r"(?<![\w.-])(?P<list>[+-]?\d{1,2}\s?-\s?\d{1,2})\s?days?\s(?:of|in)\b|(?<![\w.])(?P<minus>-\d{1,2}\sto\s-\d{1,2})(?![\w%])")
_PIECE = re.compile(r"(?P<to>(?<=\d)\s?-\s?(?=[\dDd])|to|through)|(?P<number>[+-]?\d{1,3})", re.IGNORECASE)
_MOST_DAYS = 400


def _days(found: re.Match[str]) -> tuple[int, ...] | None:
    words = found.groupdict().get("list") or found.groupdict().get("minus") or ""
    days: list[int] = []
    is_range = False
    for piece in _PIECE.finditer(words):
        if piece["to"]:
            is_range = True
            continue
        day = int(piece["number"])
        if is_range and day < 0 and days and days[-1] > 0:
            day = -day
        if is_range and days and days[-1] < day <= days[-1] + _MOST_DAYS:
            days.extend(range(days[-1] + 1, day + 1))
        elif is_range:
            return None
        else:
            days.append(day)
        is_range = False
    return tuple(dict.fromkeys(days)) or None


_MOMENT_LIST = r"\d{1,3}(?:(?:\s?(?:,|and|&|,\s?and)\s?)\d{1,3})*"
_MOMENTS = _compiled(
    rf"\b(?:at\s|on\s|in\s)?(?P<unit>weeks?\s|wks?\s|months?\s|(?-i:[WM]))(?P<list>{_MOMENT_LIST})(?![\w%.-])|\b(?:at|on)\s(?P<list_first>{_MOMENT_LIST})\s(?P<unit_last>weeks|months|years)\b"
)


def _moments(found: re.Match[str]) -> tuple[Duration, ...] | None:
    words = found["list"] or found["list_first"]
    unit = time_unit(found["unit"] or found["unit_last"])
    values = [Decimal(piece) for piece in re.findall(r"\d+", words)]
    return tuple(Duration(value, unit) for value in values) if values == sorted(set(values)) else None


DAYS = (
    Pattern("days", _DAYS, _days),
    Pattern("days", _DAYS_BEHIND, _days),
)
MOMENTS = (Pattern("moments", _MOMENTS, _moments),)

# How many -------------------------------------------------------------------------------------------------------------------

COUNTS = (
    Pattern("total", _compiled(rf"\b(?:up to|for)\s{_N}\s(?:cycles|doses)(?:\sof\s\w+)?\sin total\b|\(up to\s(?P<low2>{NUMBER})\scycles\sof\s(?=\w+\sfor)"), lambda found: _total(found)),
    Pattern("cycles", _compiled(rf"(?<![\w./-])(?:for\s|x\s?|\*\s?|during\s)?(?:{_ABOUT}\s)*{_N}(?:\s|-)?(?:(?:more|additional|consecutive|treatment|induction|maintenance|total|\d-week|\d+-day|chemotherapy|of)\s)*cycles?\b(?!\s\d)"), count),
    Pattern("doses", _compiled(rf"(?<![\w./-])(?:for\s|in\s|x\s?|with\s)?(?:{_ABOUT}\s)*{_N}\s(?:(?:consecutive|weekly|monthly|daily|equal|single|s\.?c\.?|subcutaneous|intramuscular|intravenous|intradermal|separate|once-weekly|total)\s)*(?:{_FORMS})\b(?!\s(?:a|per|each|daily|weekly|the\b|higher|more|greater|/|level)|/)"), count),
    Pattern("doses", _compiled(r"\bsingle[\s-]dose\b|(?<![\w-])(?:a\s|one\s|only\s(?:a\s|one\s)?)?(?:single|one[\s-]time|one-off)(?=[\s-]+(?:[\w./]+[\s-]+){0,4}?(?:doses?|injection|infusion|administration|application|shot|instillation|intake)\b)|(?<![\w-])(?:a|one)\s(?:single|one[\s-]time)(?=\s(?!use|cent|arm|group|blind|site|investigator))"), lambda _: Count(1, 1)),
    Pattern("doses", _compiled(rf"(?<![\w./-])(?P<low>{NUMBER})(?P<high>)(?=\s(?:\d[\d.]*\s?m[lg]|[a-z]+)\s(?:injections|infusions|administrations|vaccinations)\b)"), count),
    Pattern("doses", _compiled(r"(?<![\w-])(?<!than\s)one\s(?:\w+\s)?(?:dose|injection|infusion|administration)\b(?!\s(?:of the|level|per|a|every|each|weekly|daily))|(?<=[\sa-z)])\bonce(?=\s*(?:$|[.;)\n]|at\b|on day\b|only\b))"), lambda _: Count(1, 1)),
    Pattern("repeats", _compiled(r"(?<=[a-zA-Z)])\s?[x*]\s?(?P<low>\d{1,2})(?P<high>)(?![\d.]|\s?(?:10|mg|g\b|m[l²2]|cm|weeks?|days?|months?|daily|/|years?|hours?|per|a\s))(?=\s|$|[.,;)(])"), count),
)  # fmt: skip


def _total(found: re.Match[str]) -> Count | None:
    low = number(found["low"] or found["low2"])
    return Count(int(low), int(low), "up to" in found[0].lower()) if low == int(low) and low >= 1 else None


# For how long ---------------------------------------------------------------------------------------------------------------

_FOR = rf"(?:for|during|over|x|by|lasting|within|of|total(?:ling)?|duration:?|along)\s?:?\s?(?:{_ABOUT}\s)*"
_CONSECUTIVE = r"(?:consecutive\s|full\s|additional\s|complete\s)?"

INFUSION_TIME = (
    Pattern("limit", _compiled(r"\b(?:not?|never)\s(?:to be taken\s|taken\s)?more\s(?:frequently\s)?than\s(?:once|one(?:\s\w+)?|twice)(?:\s(?:daily|a day|per day|in 24 hours|every\s\w+\s\w+))?"), lambda _: True),
    Pattern("cycle-day", _compiled(r"(?<!\w)(?:cycle|C)\s?\d{1,2},?\s?(?:day|D)\s?-?\d{1,2}(?!\w)"), lambda _: True),
    Pattern("infusion-time", _compiled(rf"\b(?:over|during|for|within)\s(?:{_ABOUT}\s)*{_N}[\s-]?(?P<unit>minutes?|mins?|hours?|hrs?|h)\b(?!\s?(?:before|prior))|\b{NUMBER}(?:\s?-\s?{NUMBER})?[\s-]?(?:minutes?|mins?|hours?|hrs?|h)[\s-]+(?:\w+\s)?(?:continuous\s)?(?:infusion|drip)\b|\bat\sa\s\w+\sof\s{NUMBER}\sminutes"), lambda _: True),
    Pattern("infusion-time", _compiled(rf"\b(?:at\s)?(?:least\s|about\s)?{_N}\s?(?P<unit>minutes?|mins?|hours?|hrs?|h)\s(?:before|after|prior|apart|following|between|from|pre|post)\b"), lambda _: True),
)  # fmt: skip

DURATIONS = (
    Pattern("age", _compiled(rf"\b{_N}[\s-](?P<unit>years?|yrs?|months?|weeks?|days?)(?:[\s-](?:of age|old)\b|-olds?\b)|\bage[ds]?\s(?:of\s)?{NUMBER}(?:{_TO}{NUMBER})?\s(?:years?|months?)\b|\b(?:between|ages?)\s{NUMBER}\sand\s{NUMBER}\s(?:years?|months?)(?:\sof age)?\b"), lambda _: True),
    Pattern("last-point", _compiled(r"\b(?:through|until|till|to|up to|continued to)\s(?P<unit>week|month|day|year)\s(?P<low>\d{1,3})\b"), lambda found: Interval((Duration(Decimal(found["low"]), time_unit(found["unit"])),)) if int(found["low"]) else None),
    Pattern("duration", _compiled(rf"\b{_FOR}(?P<low>{NUMBER})(?:\s(?P<low_unit>weeks?|days?|months?|years?)(?=\s?(?:or|to)\b))?(?:(?:(?P<to>{_TO})|{_OR})(?P<high>{NUMBER}))?[\s-]?{_CONSECUTIVE}(?P<unit>{_LONG})(?!\s?(?:before|prior|after|ago|apart|of age|old|intervals?|from|later|following|post|per week|a week|/week|washout|following))"), interval),
    Pattern("duration", _compiled(rf"\bfor\s(?:{_ABOUT}\s)*(?P<low>)(?P<unit>(?:a|one)\s(?:day|week|month|year))\b"), lambda found: _single_interval("1", time_unit(found["unit"].split()[1]))),
    Pattern("duration", _compiled(rf"\b(?:for|maximum(?:\streatment)? duration(?: of)?|duration of (?:treatment|therapy)(?: is| of|:)?|treatment duration(?: of| is|:)?|total duration(?: of \w+)?(?: is| of|:| will be)?|a total(?: duration)? of|up to|maximum of|to a maximum of|course of|period of)\s?(?:{_ABOUT}\s)*{_ORS}[\s-]?{_CONSECUTIVE}(?P<unit>{_LONG})(?!\s?(?:before|prior|after|ago|apart|of age|old|intervals?|from|later|following|post|washout))"), interval),
    Pattern("duration", _compiled(rf"(?<![\w.-]){_ORS}[\s-]?(?:consecutive\s)?(?P<unit>days?|weeks?|months?|years?)[\s-]+(?:total\s)?(?:duration|period|course|study period|treatment(?:\speriod)?|long|regimen|therapy|supplementation)\b"), interval),
    Pattern("duration", _compiled(rf"(?<=phase \()(?P<low>{NUMBER})(?P<to>)(?P<high>)\s(?P<unit>{_LONG})(?=\s?[:)])|(?<=period \()(?P<low2>{NUMBER})\s(?P<unit2>{_LONG})(?=\s?[:)])"), lambda found: Interval((duration(found["low"] or found["low2"], found["unit"] or found["unit2"]),))),
    Pattern("duration", _compiled(r"\b(?:for|duration of|total of|up to)\s(?:one|1|a)\sand\s(?:a|one)\shalf\s(?P<unit>years?|months?)\b|\b(?P<low>1)\.5\s(?P<unit2>years)\b"), lambda found: _single_interval("1.5", "year" if "year" in found[0] else "month")),
)  # fmt: skip

# How far from an event ------------------------------------------------------------------------------------------------------

_EVENTS: tuple[tuple[str, EventKind], ...] = (
    (r"(?:the\s)?(?:completion of\s|end of\s|last day of\s)?(?:the\s)?(?:cycle\s(?P<n1>\d{1,2})|(?P<n2>\d{1,2})(?:st|nd|rd|th)\scycle|(?P<n3>first|second|third|fourth|fifth|sixth|seventh|eighth)\scycle|last\scycle)", "cycle"),
    (r"(?:the\s)?(?:completion of\s)?(?:the\s)?(?:date of\s)?(?:\w+\s){0,3}?(?:surgery|resection|operation|procedure|prostatectomy|surgical\s\w+|transplant(?:ation)?|implantation)\b", "surgery"),
    (r"(?:the\s)?(?:first|1st|initial)\s(?:dos(?:e|ing)|administration|infusion|injection|treatment|vaccination)\b|(?:the\s)?(?:start|initiation|beginning|onset|commencement)(?:\sof|\son)?(?:\s(?:the\s)?(?:\w+\s)?(?:study|treatment|therapy|drug|intervention|dosing|trial))*|(?:the\s)?(?:first\s)?study (?:treatment|drug) (?:start|initiation)|starting (?:treatment|therapy|radiation therapy)|study intervention|baseline|initial dosing|treatment start|study start|start", "start"),
    (r"(?:the\s)?(?:randomi[sz]ation|randomi[sz]ing)", "randomisation"),
    (r"(?:the\s)?(?:study\s)?(?:enrol?lment|registration|inclusion(?: in the study)?|study entry|entry|recruitment|informed consent|consent)", "enrolment"),
    (r"(?:the\s)?screening", "screening"),
    (r"(?:the\s)?(?:completion of\s|end of\s|last day of\s|last dose of\s|completing\s|post[\s-]completion of\s)?(?:the\s)?(?:\w+\s)?(?:radiation(?:\stherapy)?|radiotherapy|chemoradi\w+|re-?irradiation|irradiation|CCRT)\b", "radiotherapy"),
    (r"(?:the\s)?(?:last|final)\s(?:study\s)?(?:dos(?:e|ing)|administration|infusion|injection|treatment|session|vaccination|drug intake)\b|(?:the\s)?(?:end|completion|discontinuation|cessation|termination)\sof\s(?:the\s)?(?:\w+\s){0,2}?(?:treatment|therapy|study|intervention|medication|drug|dosing|chemotherapy|immunotherapy|trial)|(?:completed\s|finishing\s|completing\s|the\s)?(?:treatment|therapy|intervention)(?:\s(?:finished|ended|completed|completion|end|discontinuation|termination))?\b|last subject|study completion|trial completion|study drug discontinuation", "end-of-treatment"),
    (r"(?:disease\s)?progression|recurrence", "progression"),
    (r"(?:hospital\s)?discharge", "discharge"),
    (r"delivery|birth|post-?partum", "delivery"),
)  # fmt: skip
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
EVENT = "|".join(f"(?P<e{place}>{expression})" for place, (expression, _) in enumerate(_EVENTS))
_EVENT_PATTERN = re.compile(EVENT, re.IGNORECASE)
_DISTANCE = rf"(?:{_ABOUT}\s)*(?P<low>{NUMBER})(?:\s?(?P<low_unit>days?|weeks?|months?|hours?)?(?P<to>{_TO})(?P<high>{NUMBER}))?[\s-]?(?P<unit>minutes?|hours?|hrs?|h|days?|weeks?|wks?|months?|years?)"
_GAP = re.compile(
    rf"(?P<within>\b(?:within|no more than|not more than|no later than|up to|at most)\s(?:a window of\s)?)?(?:\b(?:at|on|for|starting|beginning|from)\s)?(?<![\w.]){_DISTANCE}\s?"
    rf"(?P<side>after|following|post-?|of|from|since|before|prior to|preceding|pre-?|to)\s?(?P<event>{EVENT})",
    re.IGNORECASE,
)


def event_in(found: re.Match[str]) -> Event | None:
    """The event of a match that holds `EVENT`."""
    for place, (_, kind) in enumerate(_EVENTS):
        if found[f"e{place}"] is not None:
            if kind != "cycle":
                return Event(kind)
            digits = found["n1"] or found["n2"]
            word = found["n3"]
            return Event(kind, int(digits) if digits else _ORDINALS[word.lower()] if word else None)
    return None


def event_at(text: str, start: int) -> tuple[Event, int] | None:
    """The event named at `start`, and where its name ends."""
    found = _EVENT_PATTERN.match(text, start)
    event = event_in(found) if found and found.end() > start else None
    return (event, found.end()) if found and event else None


def _gap(found: re.Match[str]) -> Gap | None:
    event, side = event_in(found), found["side"].lower()
    if event is None or (side in ("of", "to") and not (found["within"] or found["high"])):
        return None
    high = duration(found["high"] or found["low"], found["unit"])
    low = duration(found["low"], found["low_unit"] or found["unit"]) if found["high"] else None
    if low is None and not found["within"]:
        low, last = high, None
    else:
        last = high
    try:
        return Gap(low, last, "before" if side.startswith(("before", "prior", "preced", "pre")) else "after", event)
    except ValueError:
        return None


GAPS = (Pattern("gap", _GAP, _gap),)
ROUTES = (Pattern("route", phrase_pattern("routes", "route"), phrase_value("routes", "route")),)
