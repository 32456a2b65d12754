"""Debian's packages, asked of apt: as whoever knows nothing but Debian would."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from node.refused import Refused
from provisioning.programs import run

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_COMPONENTS = ("main", "non-free-firmware")
_NO_LISTS = "Debianのパッケージの一覧を集められません。回線を確かめてください。"
_INSTALLED = re.compile(r"^Inst (\S+) \((\S+) .*\[(\w+)\]\)", re.MULTILINE)


@contextmanager
def debian() -> Iterator[Sequence[str]]:
    """How to ask apt for Debian's packages, whatever else this machine has beside Debian's.

    Its firmware is wanted too, where the machine itself may not have it.
    """
    places = _places()
    if not places and os.geteuid() == 0:  # nothing was ever asked of apt here
        run(["apt-get", "-qq", "update"], _NO_LISTS)
        places = _places()
    if not places:
        raise Refused(
            "Debianのパッケージのありかが分かりません。sudo apt-get update を試してください。"
        )
    with TemporaryDirectory() as folder:
        sources, lists = Path(folder) / "sources.list", Path(folder) / "lists"
        (lists / "partial").mkdir(parents=True)
        components = " ".join(_COMPONENTS)
        sources.write_text(
            "".join(f"deb [signed-by={_KEYRING}] {' '.join(at)} {components}\n" for at in places)
        )
        apt = [
            "apt-get",
            *("-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=/dev/null"),
            *("-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={folder}"),
            *("-o", "APT::Sandbox::User=root", "-qq"),
        ]
        run([*apt, "update"], _NO_LISTS)
        yield apt


def _places() -> list[tuple[str, ...]]:
    """Where this machine has Debian's packages from: server and release."""
    targets = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(SITE) $(RELEASE)"]
    said = run([*targets, "Created-By: Packages"], "apt が、パッケージのありかを答えません。")
    found = (line.split() for line in said.splitlines() if line.startswith("Debian main "))
    return sorted({tuple(words[2:]) for words in found})


def chosen_of(apt: Sequence[str], names: Iterable[str]) -> list[str]:
    """What a machine with nothing on it would be given."""
    none = ["-o", f"Dir::State::status={os.devnull}", "-o", "APT::Install-Recommends=false"]
    command = [*apt, *none, "--simulate", "install", "?essential", *names]
    said = run([word for word in command if word != "-qq"], "必要なパッケージを選べません。")
    return [exactly(*found) for found in _INSTALLED.findall(said)]


def exactly(name: str, version: str, architecture: str) -> str:
    """How apt is asked for that one."""
    return f"{name}:{architecture}={version}"


def download(apt: Sequence[str], folder: Path, chosen: Sequence[str]) -> None:
    """Into that folder."""
    why_not = "Debianのパッケージを集められません。版が古くなったのなら --renew を試してください。"
    if chosen:
        run([*apt, "download", *chosen], why_not, folder=folder)
        check_whole(folder)


def check_whole(folder: Path) -> None:
    """Raises Refused where apt left what it couldn't get, or could not put in place.

    It ends as if all went well (apt-get(8) says nothing of it), and renames the file.
    """
    not_whole = [path for path in folder.iterdir() if path.suffix != ".deb"]
    for path in not_whole:
        path.unlink()
    if not_whole:
        names = "、".join(sorted(path.stem for path in not_whole))
        raise Refused(f"集まらなかったパッケージがあります: {names}。もう一度、集めてください。")
