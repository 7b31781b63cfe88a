"""The installed command itself: help, exit codes, one-line errors, pipes, and what it does not import."""

import subprocess
import sys
from pathlib import Path

import pytest

import trialwright
from trialwright.cli import COMMANDS, root

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).with_name("trialwright")
SAMPLE = ROOT / "src/trialwright/samples/trials/sample-001.json"

pytestmark = pytest.mark.e2e


def call(*args: object, **options: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [COMMAND, *map(str, args)], capture_output=True, text=True, check=False, timeout=60, **options
    )  # type: ignore[call-overload, no-any-return]


def imported_by(*args: object) -> set[str]:
    """The modules that a run of the command has imported at its end."""
    code = (
        "import sys; sys.argv = ['trialwright', *sys.argv[1:]]\n"
        "from trialwright.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, args)], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines())


def test_help_names_every_command() -> None:
    done = call("--help")
    assert done.returncode == 0
    assert all(f"  {name} " in done.stdout and summary in done.stdout for name, summary in COMMANDS.items())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_names_its_options(name: str) -> None:
    done = call(name, "--help")
    assert done.returncode == 0
    command = root.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert all(option.opts[-1] in done.stdout for option in command.params if option.param_type_name == "option")


def test_version() -> None:
    assert call("--version").stdout == f"trialwright {trialwright.__version__}\n"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("read", SAMPLE), 0),
        (("criteria", SAMPLE, "--fail-on", "unread"), 1),
        (("raed", SAMPLE), 2),
        (("read",), 2),
        (("read", SAMPLE, "--format", "yaml"), 2),
        (("read", SAMPLE, "-o", "/dev/null/x"), 2),
        (("read", "nowhere.json"), 3),
        (("read", SAMPLE, "nowhere.json"), 4),
    ],
)
def test_exit_codes(args: tuple[object, ...], code: int) -> None:
    done = call(*args)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert all(line.startswith(("error: ", "not everything")) for line in done.stderr.splitlines())


def test_a_usage_error_is_one_line_with_the_nearest_name() -> None:
    assert call("raed").stderr == "error: there is no command 'raed'; did you mean 'read'? (see trialwright --help)\n"
    assert "did you mean" in call("read", SAMPLE, "--formt", "json").stderr.lower()


def test_stdin_and_stdout_are_pipes() -> None:
    page = call("read", SAMPLE, "--format", "json").stdout
    assert call("read", "-", "--format", "json", input=page).stdout == page


def test_a_reader_that_goes_away_is_no_error_of_ours(tmp_path: Path) -> None:
    many = tmp_path / "many.jsonl"
    line = SAMPLE.read_text(encoding="utf-8").replace("\n", " ") + "\n"
    many.write_text(line * 400, encoding="utf-8")
    with subprocess.Popen(
        [COMMAND, "read", many, "--format", "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


def test_no_colour_reaches_a_pipe() -> None:
    assert "\x1b" not in call("criteria", SAMPLE).stdout


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    heavy = {"rich", "jinja2", "yaml", "msgspec", "defusedxml", "trialwright.export", "trialwright.criteria"}
    assert heavy & imported_by("--help") == set()
    assert (heavy - {"msgspec", "trialwright.export"}) & imported_by("read", SAMPLE) == set()


def test_the_public_names_are_there() -> None:
    assert set(trialwright.__all__) <= set(dir(trialwright))
    assert all(getattr(trialwright, name) is not None for name in trialwright.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        trialwright.nothing  # noqa: B018
    assert len((ROOT / "src/trialwright/__init__.py").read_text(encoding="utf-8").splitlines()) <= 60


def test_the_version_is_the_projects() -> None:
    assert f'\nversion = "{trialwright.__version__}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
