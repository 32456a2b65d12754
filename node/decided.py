"""What was decided in this town, by whom and why: as far as this machine holds it.

Nothing is forgotten by being lifted: a decision stays readable, with who lifted it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from node.hiding import hidden
from node.node import Node
from node.people import DUTIES
from node.switching import switches
from node.taking_down import taken_down
from node.words import say, together
from sync.admission import ADMIT
from sync.admission import GROUPS as ADMISSIONS
from sync.decision import Decision
from sync.entry import EntryId, RecordId, Written, read_header
from sync.hiding import GROUPS as HIDINGS
from sync.hiding import HIDE
from sync.record import Record, resolve
from sync.suspension import GROUPS as SUSPENSIONS
from sync.suspension import SUSPEND
from sync.switch_off import GROUPS as SWITCHES
from sync.switch_off import SWITCH_OFF

DECIDED_MAX = 200
TAKEN_DOWN = "taken down"
"""Of a post: no record of its own, but what the post's last entry says."""
_GROUPS: Mapping[str, Mapping[str, str]] = {
    **HIDINGS,
    **SUSPENSIONS,
    **ADMISSIONS,
    **SWITCHES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Somebody's word: at which place, who was signed in, when by that machine's clock."""

    place: str
    person: str  # "" where nobody was, or that account isn't known here
    written: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision."""

    what: str  # the board of its record
    about: str  # "" where that isn't held here
    reason: str
    said: Said
    second: str  # who agreed, where it took two
    lifted: Said | None


def decided(node: Node) -> Sequence[Decided]:
    """What stands first, then what was lifted; of each place the newest first."""
    found = [
        *_about_records(node),
        *_wishes(node),
        *_switched_off(node),
        *_taken_down(node),
    ]
    found.sort(key=lambda each: (each.lifted is not None, -each.said.written.seconds))
    return found[:DECIDED_MAX]


def _about_records(node: Node) -> Iterator[Decided]:
    people = _people(node)
    titles = {
        decision.id: post.text(board.title)
        for decision, post in hidden(node)
        if (board := node.boards.get(post.board))
    }
    for what, decisions in (
        (HIDE, node.views.hidings.all()),
        (SUSPEND, node.views.suspensions.all()),
    ):
        for each in decisions:
            if each.opened:  # it says again what another one says, or is another town's
                continue
            record = _record(node, each.id)
            if record is None:
                continue
            about = (
                titles.get(each.id) or _title(node, each)
                if what == HIDE
                else people.get(each.about.lane + each.about.number.to_bytes(8, "big"), "")
            )
            yield Decided(
                what=what,
                about=about,
                reason=each.reason,
                said=_said(node, each.id, people),
                second=people.get(each.second, "") if each.second else "",
                lifted=None if each.stands else _lifted(node, record, people),
            )


def _wishes(node: Node) -> Iterator[Decided]:
    people, name = _people(node), node.ledger.trust().name
    for each in node.views.admissions.of(node.settings.town):
        waiting = [node.boards[board].label for board in sorted(each.waits) if board in node.boards]
        yield Decided(
            what=ADMIT,
            about=name(each.place),
            reason=say(
                "確かめてから出す：{text}。ほかは1日{allowance}件まで。",
                text=together(waiting) if waiting else say("なし"),
                allowance=each.allowance,
            ),
            said=_said(node, each.versions[-1], people, record=each.id),
            second="",
            lifted=None,
        )


def _switched_off(node: Node) -> Iterator[Decided]:
    people, known = _people(node), switches(node)
    for each in node.views.switches.of(node.settings.town):
        if (record := _record(node, each.id)) is not None:
            board = known.get(each.what)
            yield Decided(
                what=SWITCH_OFF,
                about=say("「{label}」への手紙", label=board.label) if board else "",
                reason=each.reason,
                said=_said(node, each.id, people),
                second="",
                lifted=None if each.stands else _lifted(node, record, people),
            )


def _taken_down(node: Node) -> Iterator[Decided]:
    people = _people(node)
    for post, reason, entry in taken_down(node):
        board = node.boards.get(post.board)
        yield Decided(
            what=TAKEN_DOWN,
            about=post.text(board.title) if board else "",
            reason=reason,
            said=_said(node, entry, people, record=post.id),
            second="",
            lifted=None,
        )


def _record(node: Node, id_: RecordId) -> Record | None:
    return resolve(node.ledger.record(id_), trust=node.ledger.trust(), groups=_GROUPS)


def _lifted(node: Node, record: Record, people: Mapping[bytes, str]) -> Said:
    """Whoever has the last word on it."""
    return _said(node, record.versions[-1], people, record=record.id)


def _said(
    node: Node, entry: EntryId, people: Mapping[bytes, str], *, record: RecordId | None = None
) -> Said:
    stored = next(each for each in node.ledger.record(record or entry) if each.id == entry)
    header = read_header(stored.header, stored.lane.id)
    return Said(
        place=node.ledger.trust().name(stored.lane.author),
        person=people.get(header.account or b"", ""),
        written=header.written,
    )


def _people(node: Node) -> Mapping[bytes, str]:
    """As headers name them."""
    town = node.settings.town
    return {
        account.in_headers: f"{account.name}（{DUTIES[account.duty]}）"
        for place in node.views.accounts.places(town)
        for account in node.views.accounts.at(town, place)
    }


def _title(node: Node, decision: Decision) -> str:
    """Of a post that is to be seen again."""
    for stretch in node.ledger.stretches(decision.about.lane):
        post = node.views.by_id(EntryId(stretch.id, decision.about.number))
        board = node.boards.get(post.board) if post else None
        if post and board:
            return post.text(board.title)
    return ""
