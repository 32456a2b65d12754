"""Where residents' posts and reports come in, and where whoever keeps the place looks at them.

What goes straight in, what waits and what comes of it: docs/decisions/0027-moderation.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files

from node.boards.declaration import PICTURES, Board
from node.moderation.allowance import Allowance
from node.moderation.elsewhere import Gone, Sent
from node.moderation.reporting import Reporting
from node.moderation.sources import KIOSK, Sources
from node.moderation.waiting import State, WaitingPost, WaitingPosts
from node.moderation.wishing import wish_of
from node.node import Change, Node, NotAllowed
from node.people import tending
from node.post import Post
from node.words import say
from sync.account import Account
from sync.admission import Wish
from sync.entry import Quality
from sync.machine import clock, keys
from sync.machine.clock import Moment
from sync.record import address

ALLOWANCE_WHERE_NOBODY_LOOKS = 200
"""From phones: enough for any village's day, and an end to a flood."""

CODE_DIGITS = 10
MENDED = "mended"
"""The field that says of a post that somebody else changed words of it before it was let in."""

REASONS: Mapping[str, str] = {
    "personal": say("個人のことが書かれているため"),
    "false": say("内容を確かめられなかったため"),
    "offensive": say("人を傷つけるおそれがあるため"),
    "advertising": say("宣伝や勧誘のため"),
    "duplicate": say("同じ投稿がもうのっているため"),
    "other": say("この掲示板に合わない内容のため"),
}

_SCHEMA = files("node.moderation").joinpath("tables.sql")


class Desk:
    """The desk of one machine."""

    def __init__(self, node: Node) -> None:
        """Makes the tables where they are missing."""
        node.database.make(_SCHEMA.read_text().split(";\n"))
        self.node = node
        self.sources = Sources()
        self._waiting = WaitingPosts(node.database)
        self._allowance = Allowance(node.database)
        self._sent = Sent(node, self._waiting)
        self._log_holds_words = False
        self.reporting = Reporting(node, self._new_code)

    # what the place wishes

    def wish(self) -> Wish:
        """What is wished here of residents' posts."""
        found = wish_of(self.node, self.node.identity.public)
        if not found.said and not self.node.is_guarded:
            return replace(found, allowance=ALLOWANCE_WHERE_NOBODY_LOOKS)
        return found

    def used(self, board: Board) -> int:
        """How many posts went straight in since the allowance was filled up."""
        return self._allowance.used(board.name)

    # coming in

    def take_in(
        self,
        board: Board,
        fields: Mapping[str, object],
        *,
        opened: bool,
        by: Account | None,
        source: str,
        moment: Moment | None = None,
        pictures: Sequence[bytes] = (),
    ) -> Post | WaitingPost:
        """A post: let in, or waiting for a look; what is returned is on the disk.

        Raises NotAllowed, NotSignedIn, Full, TooLarge.
        """
        node = self.node
        speaks_for_the_place = by is not None and node.lets(by, board)
        if not board.open_to_anyone or speaks_for_the_place:
            return node.add(board, fields, opened=opened, by=by, pictures=pictures)
        if not node.may_post(board) or (opened and not node.may_open(board)):
            raise NotAllowed
        now = moment or clock.now()
        read = node.readings.added(board, fields)  # before the transaction: it may take a while
        with node.ledger.transaction():
            wish = self.wish()
            if board.name in wish.waits or not self._goes_in(board, source, wish, now):
                found = self._waiting.add(
                    board=board.name,
                    fields=fields,
                    opened=opened,
                    source=source,
                    since=now.written,
                    code=self._new_code,
                    pictures=pictures,
                )
                self._sent.send()
                return found
            change = Change(board=board, fields=read, opened=opened, by=by, pictures=pictures)
            (record,) = node.write([change], identity=node.identity)
        made = node.views.by_id(record)
        assert made is not None, "it was written just now"
        return made

    def _goes_in(self, board: Board, source: str, wish: Wish, now: Moment) -> bool:
        """Whether it needs no look; whoever stands at a machine that nobody keeps isn't counted."""
        if source == KIOSK and not wish.said and not self.node.is_guarded:
            return True
        return self._allowance.take(board.name, source, wish, now)

    def _new_code(self) -> str:
        while True:
            code = keys.digits(CODE_DIGITS)
            if self.by_code(code) is None and self.reporting.by_code(code) is None:
                return code

    def by_code(self, code: str) -> WaitingPost | None:
        """What somebody holds a receipt of."""
        return self._waiting.by_code(code)

    def take_back(self, code: str) -> WaitingPost | None:
        """Let go of what waits, for whoever has its receipt; how it stands then, None for no such.

        Who was faster has decided: what doesn't wait any more stays as it is.
        """
        with self.node.ledger.transaction():
            found = self._waiting.by_code(code)
            if found is not None and found.state is State.WAITING:
                self._waiting.take_back(found.id)
                self._sent.take_back(found.id)
        self.node.database.empty_log()  # where somebody reads it, `let_go` does
        return self._waiting.by_code(code)

    # looking

    def waiting(self, by: Account) -> Sequence[WaitingPost]:
        """What waits for that person's look, the oldest first."""
        return [each for each in self._waiting.waiting() if by.may_act_on(each.board)]

    def declined(self, by: Account) -> Sequence[WaitingPost]:
        """What was not let in and may still be, the newest first."""
        return [each for each in self._waiting.declined() if by.may_act_on(each.board)]

    def one(self, id_: int, *, by: Account | None) -> WaitingPost:
        """One to look at. Raises Gone, NotAllowed, NotSignedIn."""
        person, found = tending(self.node, by), self._waiting.get(id_)
        if found is None or found.fields is None:
            raise Gone
        if not person.may_act_on(found.board):
            raise NotAllowed
        return found

    def let_in(
        self, id_: int, *, by: Account | None, fields: Mapping[str, object] | None = None
    ) -> str:
        """Make a post of it, in the name of whoever looked; its address.

        `fields`: as that person mended them, which the post then says. Raises Gone, NotAllowed,
        NotSignedIn, TooLarge.
        """
        node = self.node
        before = self.one(id_, by=by)
        board = node.boards.get(before.board)
        if board is None or not node.may_post(board):
            raise NotAllowed
        said = before.fields or {}
        if fields is not None and PICTURES in said:  # words are mended, pictures aren't
            fields = {**fields, PICTURES: said[PICTURES]}
        mended = fields is not None and dict(fields) != dict(said)
        content = node.readings.added(board, fields if fields is not None else said)
        with node.ledger.transaction():
            person, now = tending(node, by), self.one(id_, by=by)
            pictures = self._waiting.pictures(id_)
            return self._write(now, board, content, mended=mended, by=person, pictures=pictures)

    def _write(
        self,
        waiting: WaitingPost,
        board: Board,
        content: Mapping[str, object],
        *,
        mended: bool,
        by: Account | None,
        pictures: Sequence[bytes] = (),
    ) -> str:
        change = Change(
            board=board,
            fields={**content, MENDED: True} if mended else content,
            opened=waiting.opened and self.node.may_open(board),
            by=by,
            pictures=pictures,
        )
        (record,) = self.node.write([change], identity=self.node.identity)
        self._waiting.let_in(waiting.id, post=address(record), mended=mended)
        return address(record)

    def picture(self, id_: int, digest: bytes, *, by: Account | None) -> bytes | None:
        """One of what waits. Raises Gone, NotAllowed, NotSignedIn."""
        self.one(id_, by=by)
        held = self._waiting.pictures(id_)
        return next((each for each in held if sha256(each).digest() == digest), None)

    def decline(self, id_: int, reason: str, *, by: Account | None) -> None:
        """Don't let it in. Raises Gone, NotAllowed, NotSignedIn; KeyError for no reason of ours."""
        said = REASONS[reason]
        with self.node.ledger.transaction():
            if self.one(id_, by=by).state is not State.WAITING:
                raise Gone
            self._waiting.decline(id_, said)

    def let_go(self, now: Moment) -> bool:
        """Of words that were declined, or nobody looked at, long ago, by a clock that is right, and
        of what was reported of posts that nobody sees any more; whether there was any.

        Nothing of them is left in the file's log either; where somebody reads it, with the next.
        """
        gone = bool(self.reporting.close())
        if now.quality >= Quality.CARRIED:
            gone |= self._let_go(int(now.at.timestamp()))
        self._log_holds_words |= gone
        if self._log_holds_words:
            self._log_holds_words = not self.node.database.empty_log()
        return gone

    def _let_go(self, seconds: int) -> bool:
        with self.node.ledger.transaction():
            gone = self._waiting.left_the_desk() + self._waiting.let_go(seconds)
            for id_ in (late := self._waiting.not_looked_at(seconds)):
                self._sent.take_back(id_)
        return bool(gone or late)

    # where the office looks

    def asks_the_office(self, waiting: WaitingPost) -> bool:
        """Whether the office was asked about it, since nobody looks here."""
        return self._sent.is_sent(waiting)

    def keep_asking(self) -> None:
        """Ask the office about what waits where nobody looks, and do what it decided."""
        self._sent.send()
        for waiting, granted, decision in list(self._sent.decided()):
            board = self.node.boards.get(waiting.board)
            if granted and (board is None or not self.node.may_post(board)):
                continue
            # Pictures don't go there, and what nobody has looked at isn't posted.
            said = {k: v for k, v in (waiting.fields or {}).items() if k != PICTURES}
            content = self.node.readings.added(board, said) if board else {}
            with self.node.ledger.transaction():
                now = self._waiting.get(waiting.id)
                if now is None or now.state is not State.WAITING:
                    continue  # somebody here was faster
                if granted and board is not None:
                    self._write(now, board, content, mended=False, by=None)
                else:
                    self._waiting.decline(now.id, decision.reason)
