"""The rules of the house, as tests: what the linters say, and what no file may hold."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Folders that many things live in: their names prove nothing about this machine.
COMMON_FOLDERS = {"/", "/home", "/mnt", "/opt", "/root", "/srv", "/tmp", "/usr/src", "/var/tmp"}  # noqa: S108

# The name before any version, extra or marker, and the version a lock gives it.
REQUIREMENT = re.compile(r"^([A-Za-z0-9][\w.-]*?)(?:==(\S+))?(?=[\s;<>=!~\[]|$)", re.MULTILINE)


def house_files() -> Iterator[Path]:
    """All that is in git or about to be."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            yield path


def lines_with(pattern: str) -> list[str]:
    """Where in the house a pattern occurs, fit for a person to read."""
    wanted = re.compile(pattern.encode())
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.decode(errors='replace').strip()[:200]}"
        for path in house_files()
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        if wanted.search(line)
    ]


def shell_scripts() -> list[Path]:
    return [
        path
        for path in house_files()
        if path.suffix == ".sh" or re.match(rb"#!.*\b(ba|da)?sh\b", path.read_bytes()[:80])
    ]


def content(*command: str) -> None:
    """Fail with what a tool of this virtual environment says when it is not content."""
    tool = Path(sys.executable).with_name(command[0])
    said = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True)
    if said.returncode:
        pytest.fail(said.stdout + said.stderr, pytrace=False)


def test_ruff_finds_nothing_to_mend() -> None:
    content("ruff", "check", "--output-format=concise", ".")


def test_every_file_is_formatted() -> None:
    content("ruff", "format", "--check", "--output-format=concise", ".")


def test_every_type_holds() -> None:
    content("mypy", "--strict")


def test_imports_follow_the_map() -> None:
    content("lint-imports", "--no-cache", "--no-logo")


def test_boards_import_only_themselves_and_the_standard_library() -> None:
    allowed = {"node.boards", *sys.stdlib_module_names}
    foreign = []
    for path in (ROOT / "node" / "boards").rglob("*.py"):
        for statement in ast.walk(ast.parse(path.read_bytes())):
            match statement:
                case ast.Import(names=names):
                    imported = [name.name for name in names]
                case ast.ImportFrom(module=str(module), level=0):
                    imported = [module]
                case _:
                    continue
            foreign += [
                f"{path.relative_to(ROOT)} imports {name}"
                for name in imported
                if name.split(".")[0] not in allowed
                and ".".join(name.split(".")[:2]) not in allowed
            ]
    assert foreign == []


def test_no_file_names_a_package_registry() -> None:
    assert lines_with(r"https?://[a-z0-9.-]*(pypi|pythonhosted|index|registry|mirror)") == []


def test_no_file_names_a_place_on_this_machine() -> None:
    around = [] if str(ROOT.parent) in COMMON_FOLDERS else ROOT.parent.iterdir()
    places = "|".join(re.escape(str(place)) for place in {ROOT, Path(sys.prefix), *around})
    assert lines_with(rf"(?<![\w.}})~*-])({places})(?![\w-])") == []


def test_nothing_is_left_for_later() -> None:
    assert lines_with(r"\b(TO" + r"DO|FIX" + r"ME)\b") == []


@pytest.mark.parametrize("script", shell_scripts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shell_script_can_be_run(script: Path) -> None:
    assert script.stat().st_mode & 0o111, f"chmod +x {script.relative_to(ROOT)}"
    subprocess.run(["bash", "-n", script], check=True)


def test_the_locks_hold_all_that_is_declared_and_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked, locked_speech, locked_dev = (
        dict(REQUIREMENT.findall((ROOT / f"requirements{name}.txt").read_text()))
        for name in ("", "-speech", "-dev")
    )
    declared = REQUIREMENT.findall("\n".join(project["project"]["dependencies"]))
    declared_speech, declared_dev = (
        REQUIREMENT.findall("\n".join(project["project"]["optional-dependencies"][name]))
        for name in ("speech", "dev")
    )
    assert {name for name, _ in declared} <= locked.keys()
    assert {name for name, _ in declared_speech} <= locked_speech.keys()
    assert {name for name, _ in declared_dev} <= locked_dev.keys()
    assert locked.items() <= locked_speech.items() <= locked_dev.items()
