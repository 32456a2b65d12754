"""A made-up town to try things with: its machines, and what stands on its boards at first."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from node.feeding import Feed
from node.language.asking import Here, Language
from node.language.names import NAMES_FILE
from node.node import Change, open_node
from provisioning.town import Plan, make_machines, open_town
from sync.machine.clock import Moment
from sync.machine.settings import Part

SAMPLE = Path(__file__).parent / "sample"
_JST = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMachine:
    """One machine of the sample town."""

    id: str
    name: str
    part: Part


MACHINES = (
    SampleMachine(id="hub", name="霧沢町ハブ", part=Part.HUB),
    SampleMachine(id="office", name="霧沢町役場", part=Part.OFFICE),
    SampleMachine(id="kamigo", name="上郷公民館", part=Part.NODE),
    SampleMachine(id="shimogo", name="下郷公民館", part=Part.NODE),
)


def make_sample_town(
    folder: Path,
    addresses: Mapping[str, str],
    *,
    now: Moment,
    offer_seconds: int,
    https: Mapping[str, int] | None = None,
) -> None:
    """Make its machines in `folder`; posts are written into machines that have none yet.

    `addresses`: machine id to URL. The office and the hub meet over the hub's address; the two
    nodes know each other's too, so that posts cross when the hub is gone. `https`: the port of a
    machine's pages over TLS.
    """
    sample = tomllib.loads((SAMPLE / "town.toml").read_text())
    town = open_town(folder / "authority", code=sample["code"], name=sample["name"])
    nodes = [machine for machine in MACHINES if machine.part is Part.NODE]
    make_machines(
        town,
        [
            Plan(
                folder=folder / machine.id,
                name=machine.name,
                part=machine.part,
                hub=None if machine.part is Part.HUB else addresses["hub"],
                peers=[addresses[peer.id] for peer in nodes if peer != machine]
                if machine.part is Part.NODE
                else [],
                offer_seconds=offer_seconds,
                https=(https[machine.id], ["127.0.0.1", "localhost"])
                if https and machine.id in https
                else None,
            )
            for machine in MACHINES
        ],
    )
    language = Here()
    for machine in MACHINES:
        if machine.part is not Part.HUB:
            _fill(folder / machine.id, machine.id, sample["post"], now, language)


def _fill(
    folder: Path, machine: str, posts: list[dict[str, object]], now: Moment, language: Language
) -> None:
    names = folder / NAMES_FILE
    if not names.exists():
        names.write_bytes((SAMPLE / NAMES_FILE).read_bytes())
    node = open_node(folder, language=language)
    try:
        if node.ledger.lanes():
            return
        filled = [
            (node.boards[str(post["board"])], _fields(post, now))
            for post in posts
            if post["at"] == machine
        ]
        changes = [
            Change(board=board, fields=fields)
            for (board, _), fields in zip(filled, node.readings.added_to_all(filled), strict=True)
        ]
        with node.ledger.transaction():  # all or nothing: what has something isn't filled again
            node.write(changes, identity=node.identity)
            if node.settings.part is Part.OFFICE:
                _feed(Feed(node), now)
    finally:
        node.database.close()


def _feed(feed: Feed, now: Moment) -> None:
    issued = now.at - timedelta(hours=2)
    drill = (SAMPLE / "drill.xml").read_text()
    drill = drill.replace("{utc}", issued.strftime("%Y-%m-%dT%H:%M:%SZ"))
    drill = drill.replace("{local}", issued.astimezone(_JST).isoformat(timespec="seconds"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "drill.xml"
        path.write_text(drill)
        feed.take_in(path)
    feed.take_in(SAMPLE / "guide.csv")
    feed.take_in(SAMPLE / "shelters.csv")


def _fields(post: Mapping[str, object], now: Moment) -> dict[str, object]:
    """The fields of a sample post, its days counted from today."""
    today = now.at.astimezone(_JST)
    fields = post["fields"]
    assert isinstance(fields, dict)
    made = {
        name: today.date().isoformat() if value == "today" else value
        for name, value in fields.items()
    }
    if isinstance(days := post.get("days"), int):
        made["starts_on"] = (today + timedelta(days=days)).date().isoformat()
    if isinstance(hours := post.get("hours"), int):
        made["issued"] = _whole_hour(today + timedelta(hours=hours)).isoformat()
        made["operation"], made["state"] = "live", "issued"
    if post["board"] in ("event", "job"):
        made.setdefault("state", {"event": "planned", "job": "open"}[str(post["board"])])
    return made


def _whole_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
