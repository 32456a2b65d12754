"""The folders of a town's machines, made at the desk.

A folder that is a machine's already is left as it is, so making a town twice changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from provisioning.authority import AUTHORITY_FILE, Authority, found, open_authority, read_key
from provisioning.page_certificates import give_pages_certificate
from provisioning.sealed_key import COST_MIN, Place
from sync import cbor
from sync.certificate import CLASSES_OF, Certificate, Role, certify
from sync.lane import Audience
from sync.machine.files import write_whole
from sync.machine.keys import Identity, load_identity, make_identity, save_identity
from sync.machine.pin import pin_in_words
from sync.machine.settings import (
    FEED_KEY_FILE,
    KEY_FILE,
    SEED_FILE,
    SETTINGS_FILE,
    STATEMENTS_FILE,
    Part,
)
from sync.machine.tls import make_tls, pins
from sync.machine.toml import quoted

NO_SECRET = ("見本の町のふだんの鍵", "見本の町の控えの鍵")
"""The passphrases of towns that are made to try things with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A town's authority, and its daily key, opened."""

    folder: Path  # the authority's
    code: str  # LG code
    name: str
    authority: Identity

    @property
    def desk(self) -> Authority:
        """With all that it has said by now."""
        return open_authority(self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One machine to be."""

    folder: Path
    name: str
    part: Part
    hub: str | None = None
    hub_pins: Sequence[bytes] = ()  # where the hub isn't made beside it
    peers: Sequence[str] = ()
    https: tuple[int, Sequence[str]] | None = None  # port and names of pages over TLS
    plain: bool = False  # a hub without TLS of its own
    offer_seconds: int = 60


def open_town(folder: Path, *, code: str, name: str) -> Town:
    """A town to try things with, its authority in that folder; made where there is none.

    Its keys are closed by passphrases that are no secret.
    """
    if not (folder / AUTHORITY_FILE).exists():
        found(folder, code=code, name=name, passphrases=NO_SECRET, cost=COST_MIN)
    desk = open_authority(folder)
    daily = read_key(desk.key_file(Place.DAILY)).open(NO_SECRET[Place.DAILY])
    return Town(folder=folder, code=code, name=name, authority=daily)


def make_machines(town: Town, plans: Iterable[Plan]) -> None:
    """Give each machine its key, the town's certificates and its settings.

    Settings and statements are written anew each time; a key that is there stays, and so does what
    was certified.
    """
    desk = town.desk
    made = [(plan, _identities(plan)) for plan in plans]
    known = {(c.key, c.name, c.role) for c in _certificates(desk)}
    wanted = [
        (key.public, plan.name, role)
        for plan, keys in made
        for role, key in keys
        if (key.public, plan.name, role) not in known
    ]
    desk = desk.say(
        *(
            certify(
                widest(key, name=name, role=role, town=town.code, counter=counter),
                town.authority.private,
            )
            for counter, (key, name, role) in enumerate(wanted, desk.counter)
        )
    )
    statements = b"".join(map(cbor.encode, desk.standing()))
    known_by = [pin for plan, _ in made if plan.part is Part.HUB for pin in pins(plan.folder)]
    for plan, _ in made:
        if plan.https is not None:
            give_pages_certificate(
                plan.folder, names=plan.https[1], daily=town.authority, town=desk.name
            )
        write_whole(plan.folder / STATEMENTS_FILE, statements)
        write_whole(plan.folder / SETTINGS_FILE, _settings(desk, _pinned(plan, known_by)).encode())


def _pinned(plan: Plan, known_by: Sequence[bytes]) -> Plan:
    """It knows the hub that is made beside it by its keys, unless it was told others."""
    over_tls = plan.hub is not None and plan.hub.startswith("https:")
    return replace(plan, hub_pins=known_by) if over_tls and not plan.hub_pins else plan


def make_seed(desk: Authority, plan: Plan, authority: Identity | None) -> Authority:
    """The folder of a node to be: at its first start it becomes that machine by itself.

    Without the authority's key: a machine that will ask to be certified. Raises FileExistsError
    where there is a machine already.
    """
    folder = plan.folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in (KEY_FILE, SEED_FILE, SETTINGS_FILE):
        if (folder / name).exists():
            raise FileExistsError(folder / name)
    seed, role = make_identity(), Role.ENROLMENT
    if authority is not None:
        certificate = widest(
            seed.public, name=plan.name, role=role, town=desk.code, counter=desk.counter
        )
        desk = desk.say(certify(certificate, authority.private))
        save_identity(seed, folder / SEED_FILE)
    write_whole(folder / STATEMENTS_FILE, b"".join(map(cbor.encode, desk.standing())))
    write_whole(folder / SETTINGS_FILE, _settings(desk, plan).encode())  # with it all is there
    return desk


def widest(key: bytes, *, name: str, role: Role, town: str, counter: int) -> Certificate:
    """The most that a machine of that role may be certified for."""
    return Certificate(
        key=key,
        name=name,
        role=role,
        towns=frozenset({town}),
        classes=CLASSES_OF[role],
        audiences=frozenset(Audience) if CLASSES_OF[role] else frozenset(),
        counter=counter,
    )


def _certificates(desk: Authority) -> list[Certificate]:
    """Those that stand."""
    trust = desk.trust
    return [s.certificate for s in trust.statements if s.certificate and trust.towns_of(s)]


def _identities(plan: Plan) -> list[tuple[Role, Identity]]:
    plan.folder.mkdir(parents=True, exist_ok=True)
    match plan.part:
        case Part.HUB:
            if not plan.plain:
                make_tls(plan.folder)
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


def _settings(desk: Authority, plan: Plan) -> str:
    lines = [
        f"name = {quoted(plan.name)}",
        f"role = {quoted(plan.part)}",
        f"towns = [{quoted(desk.code)}]",
        f"offer_seconds = {plan.offer_seconds}",
        f"peers = [{', '.join(map(quoted, plan.peers))}]",
    ]
    if plan.hub:
        lines.append(f"hub = {quoted(plan.hub)}")
    if plan.https is not None:
        lines.append(f"https = {plan.https[0]}")
    if plan.hub_pins:
        lines.append(
            f"hub_pins = [{', '.join(quoted(pin_in_words(pin)) for pin in plan.hub_pins)}]"
        )
    lines += [
        "[town_names]",
        f"{desk.code} = {quoted(desk.name)}",
        "[authorities]",
        f"{desk.code} = [{', '.join(quoted(key.hex()) for key in desk.first)}]",
    ]
    return "\n".join(lines) + "\n"
