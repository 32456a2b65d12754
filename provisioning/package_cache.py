"""The packages that root file systems are made of: fetched once, and the same ever after.

A cache is a folder with what Debian and PyPI gave, and a lock that says for each file what is in
it; `sha256sum --check` reads it too. What is built is built of those files and nothing else, with
no network; where one is missing or is another, nothing is built.
"""

import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import NamedTuple

from node.refused import Refused
from provisioning.debian import chosen_of, debian, download, exactly
from provisioning.programs import run
from sync.machine import clock
from sync.machine.files import write_whole

HERE = Path(__file__).parent
WANTED_OF_DEBIAN = HERE / "image" / "packages.txt"
WANTED_FOR_DISKS = HERE / "image" / "disk_packages.txt"
WANTED_FOR_BIOS = HERE / "image" / "boot_packages.txt"
WANTED_FOR_SCREENS = HERE / "image" / "screen_packages.txt"
LEFT_OUT = HERE / "image" / "left_out.txt"
WANTED_OF_PYPI = HERE.parent / "requirements.txt"
WANTED_FOR_VOICE = HERE.parent / "requirements-speech.txt"
"""All of those once more, as they are, with what reads aloud."""
DICTIONARIES = frozenset({"sudachidict-core"})
LOCK_FILE = "SHA256SUMS"
DEBS, DISK_DEBS, BOOT_DEBS, SCREEN_DEBS = "debs", "disk-debs", "boot-debs", "screen-debs"
"""What every root file system has of Debian, what one has more that starts a machine, what is put
before the first partition of a disk and in no file system, what one has more with a screen."""
WHEELS = "wheels"
DEBIAN = "12"
_OF_DEBIAN = (DEBS, DISK_DEBS, BOOT_DEBS, SCREEN_DEBS)
_FOLDERS = (*_OF_DEBIAN, WHEELS)
PYTHON = (3, 11)
"""Debian 12's, for which the wheels are."""

PIP = (sys.executable, "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check")

_OTHERS_ARE_WANTED = (
    "必要なパッケージの一覧が、前に集めたときから変わりました。--renew で集め直してください。"
)
_PIN = re.compile(r"^([\w.-]+)==(?:.*\\\n)*.*\n", re.MULTILINE)
_HEAD = re.compile(r"# made at ([0-9]+) of ([0-9a-f]{64})")
_SUM = re.compile(rf"([0-9a-f]{{64}})  ((?:{'|'.join(_FOLDERS)})/[\w.+~%-]+)")
_DEB = re.compile(rf"({'|'.join(_OF_DEBIAN)})/(.+)_(.+)_(.+)\.deb")


class Deb(NamedTuple):
    """A package of Debian's."""

    path: str  # in the cache
    name: str
    version: str
    architecture: str


@dataclass(frozen=True, slots=True)
class Lock:
    """What a cache holds."""

    files: Mapping[str, str]  # path in the cache, to the digest of what is in it
    made: int  # seconds since 1970: the date of all that is built of it
    wanted: str  # digest of what was asked for

    @classmethod
    def read(cls, cache: Path) -> "Lock | None":
        """Of that cache; None where there is none. Raises Refused."""
        try:
            first, *lines = (cache / LOCK_FILE).read_text().splitlines() or [""]
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as wrong:
            raise Refused(f"{cache / LOCK_FILE} を読めません。") from wrong
        head, found = _HEAD.fullmatch(first), [_SUM.fullmatch(line) for line in lines]
        if not head or not all(found):
            raise Refused(f"{cache / LOCK_FILE} は、パッケージの一覧ではありません。")
        return cls({each[2]: each[1] for each in found if each}, int(head[1]), head[2])

    def write(self, cache: Path) -> None:
        """Into that cache."""
        lines = [f"# made at {self.made} of {self.wanted}"]
        lines += [f"{digest}  {path}" for path, digest in sorted(self.files.items())]
        write_whole(cache / LOCK_FILE, "\n".join([*lines, ""]).encode())

    def has_what_is_wanted(self, *, screens: bool) -> bool:
        """Whether it is of what this software asks for; what screens need may be there too."""
        fits = {wanted_now(screens=True), wanted_now(screens=screens)}
        return self.wanted in fits

    def not_as_locked(self, cache: Path) -> list[str]:
        """The files that are missing there, or are others."""
        return [path for path, digest in self.files.items() if _digest(cache / path) != digest]

    def debs(self, *folders: str) -> Iterator[Deb]:
        """Each package of Debian's in those."""
        for path in self.files:
            if (found := _DEB.fullmatch(path)) and found[1] in folders:
                yield Deb(path, found[2], found[3].replace("%3a", ":"), found[4])


def fetch(cache: Path, *, renew: bool = False, screens: bool = False) -> Lock:
    """Fill the cache with what is locked; with the newest, where nothing is or `renew` is wished.

    `screens`: with what machines need that have a screen of their own. Nothing is asked of the
    network where all is there. Raises Refused.
    """
    _check_this_machine()
    for name in _FOLDERS:
        (cache / name).mkdir(parents=True, exist_ok=True)
    wanted = wanted_now(screens=screens)
    before, missing = Lock.read(cache), to_fetch(cache, renew=renew, screens=screens)
    if before is not None and missing is not None:
        if missing:
            _fetch_again(cache, before, missing)
        return before
    for name in _FOLDERS:
        _empty(cache / name)
    with debian() as apt:
        chosen = chosen_of(apt, wanted_of_debian())
        download(apt, cache / DEBS, chosen)
        more = chosen_of(apt, [*wanted_of_debian(), *wanted_for_disks()])
        download(apt, cache / DISK_DEBS, [each for each in more if each not in chosen])
        download(apt, cache / BOOT_DEBS, _names(WANTED_FOR_BIOS))  # alone: nothing of it is started
        if screens:
            more = chosen_of(apt, [*wanted_of_debian(), *wanted_for_screens()])
            download(apt, cache / SCREEN_DEBS, [each for each in more if each not in chosen])
    _download_wheels(cache)
    files = {
        f"{name}/{path.name}": _digest(path)
        for name in _FOLDERS
        for path in sorted((cache / name).iterdir())
    }
    lock = Lock(files, int(clock.now().at.timestamp()), wanted)
    lock.write(cache)
    return lock


def to_fetch(cache: Path, *, renew: bool = False, screens: bool = False) -> list[str] | None:
    """What `fetch` would have to ask for; None where it would choose all anew. Raises Refused."""
    lock = Lock.read(cache)
    if lock is None or renew:
        return None
    if not lock.has_what_is_wanted(screens=screens):
        raise Refused(_OTHERS_ARE_WANTED)
    return lock.not_as_locked(cache)


def whole(cache: Path, *, screens: bool = False) -> Lock:
    """The lock of a cache that holds all that it says, and what screens need. Raises Refused."""
    lock = Lock.read(cache)
    if lock is None:
        raise Refused(f"{cache} にパッケージがありません。先に --fetch で集めてください。")
    if not lock.has_what_is_wanted(screens=screens):
        raise Refused(
            "必要なパッケージの一覧が、集めたときから変わりました。"
            "--fetch --renew で集め直してください。"
        )
    if missing := lock.not_as_locked(cache):
        raise Refused(
            f"{cache} のパッケージが、一覧（{LOCK_FILE}）と違います: {_some(missing)}。"
            "--fetch で集め直してください。"
        )
    return lock


def wanted_of_debian() -> list[str]:
    """Their names."""
    return _names(WANTED_OF_DEBIAN)


def wanted_for_disks() -> list[str]:
    """Of those that start a machine, and make it go."""
    return _names(WANTED_FOR_DISKS)


def wanted_for_screens() -> list[str]:
    """Of those that have a screen of their own."""
    return _names(WANTED_FOR_SCREENS)


def wanted_by_the_program() -> str:
    """What is in each version, locked as pip reads it (a name, a version, digests)."""
    pinned = _pinned(WANTED_OF_PYPI)
    return "".join(pin for name, pin in pinned.items() if name not in DICTIONARIES)


def wanted_beside_it() -> str:
    """What is large, and as it is for years: what reads aloud, and dictionaries."""
    there = _pinned(WANTED_OF_PYPI).keys() - DICTIONARIES
    return "".join(pin for name, pin in _pinned(WANTED_FOR_VOICE).items() if name not in there)


def left_out() -> list[str]:
    """Of those packages what a machine that starts from our disk does without, as dpkg names it."""
    return _names(LEFT_OUT)


def wanted_now(*, screens: bool = False) -> str:
    """A digest of what this software asks for."""
    lists = [WANTED_OF_DEBIAN, WANTED_FOR_DISKS, WANTED_FOR_BIOS, WANTED_OF_PYPI, WANTED_FOR_VOICE]
    lists += [WANTED_FOR_SCREENS] if screens else []
    return sha256(b"".join(path.read_bytes() for path in lists)).hexdigest()


def _fetch_again(cache: Path, lock: Lock, missing: Sequence[str]) -> None:
    for path in missing:
        (cache / path).unlink(missing_ok=True)
    gone = Lock(dict.fromkeys(missing, ""), 0, "")
    debs = list(gone.debs(*_OF_DEBIAN))
    if debs:
        with debian() as apt:
            for name in _OF_DEBIAN:
                download(apt, cache / name, [exactly(*deb[1:]) for deb in gone.debs(name)])
    if len(debs) < len(missing):
        _download_wheels(cache)
    if still := lock.not_as_locked(cache):
        raise Refused(
            f"一覧（{LOCK_FILE}）のとおりのものが、もう手に入りません: {_some(still)}。"
            "--renew で新しいものを選んでください。"
        )


def _check_this_machine() -> None:
    told = dict(
        line.split("=", 1)
        for line in Path("/etc/os-release").read_text().splitlines()
        if "=" in line
    )
    release = told.get("ID"), told.get("VERSION_ID", "").strip('"')
    if release != ("debian", DEBIAN) or sys.version_info[:2] != PYTHON:
        raise Refused(f"パッケージは、Debian {DEBIAN} の機械で集めてください。")


def _download_wheels(cache: Path) -> None:
    exactly = ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
    where = ["--dest", str(cache / WHEELS), "--requirement", str(WANTED_FOR_VOICE)]
    run([*PIP, "download", *exactly, *where], "Pythonのパッケージを集められません。")


def _pinned(path: Path) -> dict[str, str]:
    """By name, what stands there of each."""
    text = re.sub(r"^ *#.*\n", "", path.read_text(), flags=re.MULTILINE)
    return {found[1]: found[0] for found in _PIN.finditer(text)}


def _names(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _some(paths: Sequence[str]) -> str:
    names = [path.partition("/")[2] for path in sorted(paths)]
    return "、".join(names[:3]) + (f" ほか{len(names) - 3}件" if len(names) > 3 else "")
