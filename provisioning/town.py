"""A town's authority and the folders of its machines, made at the desk.

A folder that is a machine's already is left as it is, so making a town twice changes nothing.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync import cbor
from sync.certificate import CLASSES_OF, Certificate, Role, certify
from sync.lane import Audience
from sync.machine.files import write_whole
from sync.machine.keys import Identity, load_identity, make_identity, save_identity
from sync.machine.settings import FEED_KEY_FILE, KEY_FILE, SETTINGS_FILE, STATEMENTS_FILE, Part

AUTHORITY_KEY_FILE = "authority.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A town and the key whose word holds in it."""

    code: str  # LG code
    name: str
    authority: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One machine to be."""

    folder: Path
    name: str
    part: Part
    hub: str | None = None
    peers: Sequence[str] = ()
    offer_seconds: int = 60


def open_town(folder: Path, *, code: str, name: str) -> Town:
    """The town whose authority key is kept there; the key is made where there is none."""
    path = folder / AUTHORITY_KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        save_identity(make_identity(), path)
    return Town(code=code, name=name, authority=load_identity(path))


def make_machines(town: Town, plans: Iterable[Plan]) -> None:
    """Give each machine its key, the town's certificates and its settings.

    Settings and certificates are written anew each time; a key that is there stays.
    """
    made = [(plan, _identities(plan)) for plan in plans]
    subjects = [(key, plan.name, role) for plan, keys in made for role, key in keys]
    statements = [
        certify(
            Certificate(
                key=key.public,
                name=name,
                role=role,
                towns=frozenset({town.code}),
                classes=CLASSES_OF[role],
                audiences=frozenset(Audience) if CLASSES_OF[role] else frozenset(),
                counter=counter,
            ),
            town.authority.private,
        )
        for counter, (key, name, role) in enumerate(subjects, 1)
    ]
    for plan, _ in made:
        write_whole(plan.folder / STATEMENTS_FILE, b"".join(map(cbor.encode, statements)))
        write_whole(plan.folder / SETTINGS_FILE, _settings(town, plan).encode())


def _identities(plan: Plan) -> list[tuple[Role, Identity]]:
    plan.folder.mkdir(parents=True, exist_ok=True)
    match plan.part:
        case Part.HUB:
            wanted = [(Role.HUB, KEY_FILE)]
        case Part.NODE:
            wanted = [(Role.NODE, KEY_FILE)]
        case Part.OFFICE:
            wanted = [(Role.OFFICE, KEY_FILE), (Role.FEED, FEED_KEY_FILE)]
    return [(role, _identity(plan.folder / name)) for role, name in wanted]


def _identity(path: Path) -> Identity:
    if not path.exists():
        save_identity(make_identity(), path)
    return load_identity(path)


def _settings(town: Town, plan: Plan) -> str:
    lines = [
        f"name = {_quoted(plan.name)}",
        f"role = {_quoted(plan.part)}",
        f"towns = [{_quoted(town.code)}]",
        f"offer_seconds = {plan.offer_seconds}",
        f"peers = [{', '.join(map(_quoted, plan.peers))}]",
    ]
    if plan.hub:
        lines.append(f"hub = {_quoted(plan.hub)}")
    lines += [
        "[town_names]",
        f"{town.code} = {_quoted(town.name)}",
        "[authorities]",
        f"{town.code} = [{_quoted(town.authority.public.hex())}]",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among its own, all but that of DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
