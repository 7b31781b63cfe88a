"""Pages with transcripts in, the same pages with what the commands print today out. `make readme` runs it over all pages.

A transcript stands between two remarks that a reader of the page does not see:

    <!-- transcript
    $ trialwright check SAMPLE-001
    show Warnings
    -->
    <!-- end of transcript -->

`$ …` is run and shown, `run …` is run and not shown; a command may go on in the next line after a backslash. `show WORDS`
keeps the printed paragraph that begins with these words, `show 4 lines of WORDS` its first lines; without `show` all is kept.
Blank lines part paragraphs, and […] stands for what is left out.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_TRANSCRIPT = re.compile(r"(<!-- transcript\n(.*?)-->\n)(.*?)(<!-- end of transcript -->)", re.DOTALL)
_SHOW = re.compile(r"show (?:(\d+) lines of )?(.+)")
_LEFT_OUT = "[…]"


class TranscriptError(Exception):
    """A transcript that cannot be made: its command fails, or no longer prints what is to be shown."""


def pages() -> list[Path]:
    """README and the pages under docs that hold a transcript."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in paths if _TRANSCRIPT.search(path.read_text(encoding="utf-8"))]


def renewed(page: str) -> str:
    """The page with every transcript as its command prints it today.

    raises  TranscriptError
    """
    return _TRANSCRIPT.sub(lambda found: f"{found[1]}{_block(found[2])}{found[4]}", page)


def _block(directions: str) -> str:
    """The indented lines between the two remarks, a blank line before and behind them."""
    command = re.match(r"(\$|run) ((?:.*\\\n)*.*\n)", directions)
    if command is None:
        raise TranscriptError(f"expected '$ trialwright …' or 'run trialwright …': {directions.strip()!r}")
    wanted = directions[command.end() :].splitlines()
    lines = [f"$ {command[2]}".rstrip("\n")] if command[1] == "$" else []
    lines += excerpt(_printed(command[2]), wanted)
    text = "\n".join(lines).splitlines()
    return "\n" + "".join(f"    {line}".rstrip() + "\n" for line in text) + "\n"


def _printed(command: str) -> str:
    name, *arguments = shlex.split(command.replace("\\\n", " "))
    tool = Path(sys.executable).with_name(name)
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise TranscriptError(f"{command.strip()}: exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def excerpt(printed: str, wanted: list[str]) -> list[str]:
    """The wanted paragraphs, in the order they were printed in; all of them when none is named.

    raises  TranscriptError for one that was not printed
    """
    paragraphs = [paragraph.splitlines() for paragraph in re.split(r"\n(?:[ \t]*\n)+", printed.strip("\n"))]
    shown = dict(_place(paragraphs, direction) for direction in wanted)
    lines: list[str] = []
    for place, paragraph in enumerate(paragraphs):
        count = shown.get(place, 0) if wanted else len(paragraph)
        if count:
            lines += [*paragraph[:count], ""]
        if count < len(paragraph) and lines[-2:] != [_LEFT_OUT, ""]:
            lines += [_LEFT_OUT, ""]
    return lines[:-1]


def _place(paragraphs: list[list[str]], direction: str) -> tuple[int, int]:
    """Which paragraph is meant, and how many of its lines."""
    found = _SHOW.fullmatch(direction)
    if found is None:
        raise TranscriptError(f"expected 'show …': {direction!r}")
    for place, paragraph in enumerate(paragraphs):
        if paragraph[0].startswith(found[2]):
            return place, int(found[1] or len(paragraph))
    raise TranscriptError(f"nothing is printed that begins with {found[2]!r}")


def main() -> int:
    for path in pages():
        page = path.read_text(encoding="utf-8")
        anew = renewed(page)
        path.write_text(anew, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}: {'as it was' if anew == page else 'renewed'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
