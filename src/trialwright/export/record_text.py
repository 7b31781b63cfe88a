"""Text of records and charts as it may be shown: no control characters, no escapes of the form it came in."""

import re

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ESCAPED = re.compile(r"\\(?=[!-/:-@\[-`{-~])")


def shown(text: str) -> str:
    """Record text as it may be shown: without control and direction characters, which could rewrite a screen."""
    return _UNSEEN.sub("", text)


def as_printed(text: str) -> str:
    """The same in the lines it was printed in, without the Markdown escapes that registries put before punctuation."""
    return _ESCAPED.sub("", shown(text)).strip()


def as_read(text: str) -> str:
    """The same on one line."""
    return " ".join(as_printed(text).split())
