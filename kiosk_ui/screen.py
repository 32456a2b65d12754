"""What every view is given: the node, the clock, and what this process remembers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flask import has_request_context, request

from kiosk_ui.closed_pages import ClosedPages
from kiosk_ui.drafts import Drafts
from kiosk_ui.drawn import MOMENT, Drawn, Moment
from kiosk_ui.heartbeat import Heartbeat
from kiosk_ui.kiosk import at_the_kiosk, at_this_machine
from kiosk_ui.picture_slots import Tray
from kiosk_ui.press import Press
from kiosk_ui.reach import Reach
from kiosk_ui.sent_before import SentBefore
from kiosk_ui.sessions import Session, Sessions
from kiosk_ui.shown import Shown, draw
from node.boards.declaration import Board
from node.mail.receipt_key import ReceiptKeys
from node.moderation.desk import Desk
from node.moderation.sources import KIOSK
from node.moderation.waiting import WaitingPost
from node.node import Node, NotSignedIn
from node.pins import Pins
from node.post import Post, PostState
from node.speech.voice import Voice
from node.telephoning import Telephone
from sync.account import Account, Duty
from sync.entry import EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The screens of one node."""

    node: Node
    now: Callable[[], datetime]
    desk: Desk
    pins: Pins
    passphrases: Pins  # what opens accounts elsewhere, over TLS
    closed_pages: ClosedPages | None = None  # where that is
    sessions: Sessions
    drafts: Drafts
    reach: Reach = field(default_factory=Reach)  # how phones reach this machine
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    sent_before: SentBefore = field(default_factory=SentBefore)
    receipts: ReceiptKeys = field(default_factory=ReceiptKeys)
    tray: Tray = field(default_factory=Tray)
    drawn: Drawn = field(default_factory=Drawn)
    voice: Voice = field(default_factory=Voice)
    press: Press = field(default_factory=Press)
    telephone: Telephone = field(default_factory=Telephone)
    start_anew: Callable[[], None] = lambda: None  # this process ends; another takes its place

    def moment(self) -> Moment:
        """How things stand now: what is drawn later is no older.

        A request that changes nothing looks once: it may be shown what was so when it came.
        """
        if not has_request_context() or request.method != "GET":
            return self._look()
        found: Moment | None = request.environ.get(MOMENT)
        if found is None:
            found = request.environ[MOMENT] = self._look()
        return found

    def _look(self) -> Moment:
        return self.node.version(), int(self.now().timestamp() // 60)

    def draw(self, post: Post) -> Shown:
        """A post in words, as of now."""
        ours = post.town == self.node.settings.town
        town = "" if ours else self.node.name_of(post.town)
        return draw(self.node.boards[post.board], post, self.now(), town=town)

    def signed_in(self) -> Account | None:
        """Whoever is signed in, looked up anew: an account may have ended meanwhile."""
        session = self.sessions.of_this_request()
        if session is None or session.choosing:
            return None
        account = self.node.account(session.account)
        if self.sessions.elsewhere and not self._still_opens(session):
            account = None
        if account is None:
            self.sessions.end()
        return account

    def _still_opens(self, session: Session) -> bool:
        """Whether what opened it elsewhere is what opens that account there now."""
        return bool(session.proof) and session.proof == self.passphrases.proof(session.account)

    def keeper(self) -> Account:
        """Whoever keeps the place and is signed in. Raises NotSignedIn."""
        person = self.signed_in()
        if person is None or not person.tends_people:
            raise NotSignedIn
        return person

    def tends_office(self) -> bool:
        """Whether whoever is signed in is of the office's staff, and this is the office."""
        person = self.signed_in()
        return person is not None and person.duty is Duty.STAFF and self.node.is_office

    def source(self) -> str:
        """Where this request's visitor stands, for shares of what is bounded."""
        return KIOSK if at_this_machine() else self.desk.sources.phone(request.remote_addr or "")

    def draw_waiting(self, waiting: WaitingPost) -> Shown:
        """What waits for a look, in words, as the post that it may become."""
        post = Post(
            id=EntryId(bytes(32), 0),
            address="",
            board=waiting.board,
            state=PostState.SHOWN,
            fields=waiting.fields or {},
            versions=(),
            counter=1,
            written=waiting.since,
            changed=waiting.since,
            author=self.node.identity.public,
            town=self.node.settings.town,
            opened=waiting.opened,
        )
        return self.draw(post)

    def give_up(self, wrong: Exception) -> None:
        """If that says that the ledger's file is lost, make way for who begins anew."""
        if self.node.database.give_up(wrong):
            self.start_anew()

    def board(self, name: str) -> Board | None:
        """The board of that name."""
        return self.node.boards.get(name)

    def outside_address(self, path: str) -> str:
        """A page's address for another machine's browser."""
        if at_the_kiosk() and (addresses := self.reach.addresses()):
            return addresses[0] + path
        return f"{request.scheme}://{request.host}{path}"
