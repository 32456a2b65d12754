"""What the law leaves to the town, switched off and on again by the office's staff.

docs/spec/3-trust.md, "Switched off"; docs/decisions/0058. A switch is there where a board's
declaration says that the law leaves something to the town, and for nothing that isn't there.
"""

from collections.abc import Mapping, Sequence

from node.boards.declaration import Board
from node.deciding import withdrawal
from node.form import readable
from node.node import Node, NotAllowed, NotSignedIn
from node.own_lane import write_decision, write_decisions
from node.people import tending
from node.words import Said, say, together
from sync.account import Account, Duty
from sync.decision import REASON_CHARACTERS_MAX
from sync.switch_off import GROUPS, LETTERS, WRITE_SWITCH_OFF, SwitchedOff, as_fields, off
from sync.writing import Draft


class NoReason(Exception):
    """Nothing is switched off without a reason that fits."""


def switches(node: Node) -> Mapping[str, Board]:
    """By what an entry calls it: the boards whose letters a town may switch off."""
    return {
        LETTERS + board.name: board
        for board in node.boards.values()
        if board.letters and board.letters_left_to_town
    }


def letters_are_off(node: Node, board: Board) -> bool:
    """Whether this machine's town passes on no letters about posts there."""
    what = LETTERS + board.name
    return what in switches(node) and what in off(_said(node), town=node.settings.town)


def standing(node: Node, what: str) -> Sequence[SwitchedOff]:
    """What keeps it off here, and why."""
    return [each for each in _said(node) if each.stands and each.what == what]


def why_letters_are_off(node: Node, board: Board) -> Said:
    """For people: each reason, and which office said so."""
    name = node.ledger.trust().name
    found = {(each.reason, name(each.author)) for each in standing(node, LETTERS + board.name)}
    return together(say("{reason}（{by}）", reason=reason, by=by) for reason, by in sorted(found))


def switch_off(node: Node, what: str, reason: str, *, by: Account | None) -> None:
    """Raises NotAllowed, NotSignedIn, NoReason; KeyError for no switch of ours."""
    said = readable_reason(reason)
    with node.ledger.transaction():
        person = _staff(node, what, by)
        if standing(node, what):
            return
        fields = as_fields(what, said)
        draft = Draft(kind=WRITE_SWITCH_OFF, fields=fields, account=person.in_headers)
        write_decision(node, draft)


def switch_on(node: Node, what: str, *, by: Account | None) -> None:
    """Take back all that keeps it off. Raises NotAllowed, NotSignedIn; KeyError as above."""
    with node.ledger.transaction():
        person = _staff(node, what, by)
        drafts = [
            withdrawal(node, each.id, kind=WRITE_SWITCH_OFF, groups=GROUPS, by=person.in_headers)
            for each in standing(node, what)
        ]
        if drafts:
            write_decisions(node, drafts)


def readable_reason(typed: str) -> str:
    """What was typed, as it can be shown in a line. Raises NoReason."""
    plain = " ".join(readable(typed).split())
    if not 0 < len(plain) <= REASON_CHARACTERS_MAX:
        raise NoReason
    return plain


def _staff(node: Node, what: str, by: Account | None) -> Account:
    """Whoever decides, looked up anew: of the office's staff, signed in there."""
    switches(node)[what]
    person = tending(node, by)
    if person.duty is not Duty.STAFF:
        raise NotSignedIn
    if not node.is_office:
        raise NotAllowed
    return person


def _said(node: Node) -> Sequence[SwitchedOff]:
    return node.views.switches.of(node.settings.town)
