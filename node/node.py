"""One village machine opened: its ledger, its posts, and what may be done to them.

Nothing here knows a board by name or a screen by sight.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

from node.boards.declaration import PICTURES, READING, Board
from node.hearing import Hearing
from node.language.asking import Elsewhere, Language
from node.language.names import read_names
from node.membership import Membership, membership
from node.notebook import Notebook
from node.pictures.picture import parts
from node.post import Post, PostState
from node.readings import Readings, confirmed_names
from node.said_boards import SAID_BOARDS
from node.views import Views
from node.views.search import Hit
from sync.account import Account
from sync.decision import Decision
from sync.entry import RecordId
from sync.lane import Audience, Class, Lane
from sync.ledger import Changes
from sync.machine import clock, keys
from sync.machine.database import Database
from sync.machine.keys import Identity
from sync.machine.mishap import Mishap, read_mishap
from sync.machine.opening import open_identity, take_in_statements, with_ledger
from sync.machine.settings import (
    NOTEBOOK_FILE,
    NotProvisioned,
    Part,
    Settings,
    read_settings,
)
from sync.machine.sqlite import SqliteLedger
from sync.record import OUTSIDE, WITHDRAWN, WITHDRAWN_WHY
from sync.suspension import suspends
from sync.writing import Draft, write

SOFTWARE = version("kairan")

_CLASSES = {"alert": Class.ALERT, "board": Class.BOARD}


class ChangedMeanwhile(Exception):
    """Somebody else changed the post after it was read."""


class NotAllowed(Exception):
    """It can't be done at this machine; where it was posted, or at the office."""


class NotSignedIn(Exception):
    """It could be done here by somebody who may, and nobody who may is signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One post to be written: new, or taking the place of versions of an existing one."""

    board: Board
    fields: Mapping[str, object]
    replaces: Post | None = None
    opened: bool = False  # a new one: to towns that subscribe
    by: Account | None = None  # who was signed in
    pictures: Sequence[bytes] = ()  # that are new with it

    @property
    def audience(self) -> Audience:
        """Whom it is for; what takes the place of something, for whom that was."""
        opened = self.replaces.opened if self.replaces else self.opened
        return Audience.OPEN if opened else Audience.TOWN


class Node:
    """A node or an office: the boards of one town at one place."""

    def __init__(
        self, settings: Settings, database: Database, *, language: Language | None = None
    ) -> None:
        """Over the ledger in that database. `language` reads Japanese. Raises NotProvisioned."""
        if settings.part is Part.HUB:
            raise NotProvisioned("これはハブです。ハブに掲示板はありません。")
        self.settings = settings
        self.identity = open_identity(settings)
        self.database = database
        self.views = Views(self.database, here=self.identity.public)
        self.hearing = Hearing(self.database)
        self.readings = Readings(language or Elsewhere(settings.folder), self.names)
        self.ledger = SqliteLedger(self.database, settings.authorities, self._project)
        if self.views.made_by() != SOFTWARE:
            self.rebuild()
        take_in_statements(settings, self.ledger)

    def _project(self, changes: Changes) -> None:
        self.views.project(self.ledger, changes)
        if changes.registers:
            self.hearing.note(
                self.ledger,
                me=self.identity.public,
                source=changes.source,
                neighbours=Notebook(self.settings.folder / NOTEBOOK_FILE).neighbours(),
                now=clock.now(),
            )

    @property
    def boards(self) -> Mapping[str, Board]:
        """The boards this software declares."""
        return SAID_BOARDS

    @property
    def town_name(self) -> str:
        """What people call the town."""
        return self.name_of(self.settings.town)

    def name_of(self, town: str) -> str:
        """What people here call a town."""
        said = (
            each.name
            for each in sorted(self.ledger.trust().subscriptions)
            if (each.by, each.town) == (self.settings.town, town)
        )
        return self.settings.town_names.get(town) or next(said, "") or town

    # reading

    def posts(
        self,
        board: Board,
        *,
        limit: int = 1_000,
        offset: int = 0,
        section: str | None = None,
        since: str = "",
    ) -> Sequence[Post]:
        """What stands on a board; `section` and `since` as `Views.board` has them."""
        return self.views.board(board, limit=limit, offset=offset, section=section, since=since)

    def sections(self, board: Board) -> Mapping[str, int]:
        """How many posts stand in each section of a board."""
        return self.views.sections(board)

    def post(self, address: str) -> Post | None:
        """The record of that address, however it stands."""
        return self.views.post(address)

    def search(
        self, words: Sequence[str], *, board: str = "", days: Sequence[date] = ()
    ) -> Sequence[Hit]:
        """What is shown and has all these words; as `Search.find` has it."""
        return self.views.search.find(words, board=board, days=days)

    def by_code(self, code: str) -> Sequence[Post]:
        """What is shown and has that short code."""
        return self.views.search.by_code(code)

    def newer(self, post: Post) -> Post | None:
        """What its issuer has said since, for a post that is superseded."""
        match post.fields.get(OUTSIDE):
            case {"key": str(key)}:
                held = self.views.by_outside_key(post.town, key)
            case _:
                return None
        return held[0] if held and held[0].state is PostState.SHOWN else None

    def author_name(self, post: Post) -> str:
        """What people call the machine it was written at."""
        return self.ledger.trust().name(post.author)

    def names(self) -> Mapping[str, str]:
        """Names to how they are read here: the machine's own list, then the office's posts."""
        names: dict[str, str] = {}
        for board in self.boards.values():
            if not board.open_to_anyone:
                names |= confirmed_names(
                    board, (post.fields for post in self.posts(board, limit=20_000))
                )
        return names | read_names(self.settings.folder)

    def mishap(self) -> Mishap | None:
        """What happened to its ledger, until an administrator has dismissed it."""
        return read_mishap(self.settings.folder)

    def version(self) -> int:
        """Grows whenever something changed: what was drawn at one version stays true at it."""
        return self.ledger.version()

    # writing

    def may_post(self, board: Board) -> bool:
        """Whether a person at this machine may post to the board."""
        return (board.open_to_anyone or self.is_office) and self._may_write(board)

    def _may_write(self, board: Board, audience: Audience | None = None) -> bool:
        """Whether what this machine writes there holds anywhere."""
        return self.may_say_anything and self.ledger.trust().may_write(
            self.identity.public,
            self.settings.town,
            _CLASSES[board.lane_class],
            audience or Audience[board.audience.upper()],
        )

    @property
    def membership(self) -> Membership:
        """Whether this machine is one of its town's."""
        return membership(
            self.ledger.trust(),
            self.identity.public,
            self.settings.town,
            is_mute=self.identity.is_closed,
        )

    @property
    def may_say_anything(self) -> bool:
        """Whether it can sign, and what it signs isn't put out."""
        return not self.identity.is_closed and not self.is_revoked

    def may_open(self, board: Board) -> bool:
        """Whether what is posted at this machine may be for towns that subscribe too."""
        return board.may_be_opened and self._may_write(board, Audience.OPEN)

    @property
    def is_revoked(self) -> bool:
        """Whether this machine knows that what it writes holds nowhere any more."""
        return self.ledger.trust().is_revoked(self.identity.public, self.settings.town)

    def may_change(self, post: Post) -> bool:
        """At the machine where it was posted, at the one that took its place, and at the office."""
        own, trust = self.identity.public, self.ledger.trust()
        return (
            post.state is PostState.SHOWN
            and post.town == self.settings.town
            and self._may_write(self.boards[post.board])
            and (
                post.author == own
                or self.is_office
                or trust.succeeds(own, post.author, self.settings.town)
            )
        )

    def accounts(self) -> Sequence[Account]:
        """Those of this machine, and of the one whose place it took; also those that ended."""
        town, own, trust = self.settings.town, self.identity.public, self.ledger.trust()
        return [
            account
            for place in self.views.accounts.places(town)
            if place == own or trust.succeeds(own, place, town)
            for account in self.views.accounts.at(town, place)
        ]

    def known(self, address: str) -> Account | None:
        """Whoever was let in here by that address and whose duty didn't end."""
        return next((a for a in self.accounts() if a.address == address and a.stands), None)

    def account(self, address: str) -> Account | None:
        """Whoever may act here by that address now: let in, and not suspended."""
        found = self.known(address)
        return None if found is None or self.suspended(found) else found

    def suspended(self, account: Account) -> Sequence[Decision]:
        """The decisions by which that account may not act now."""
        stretch, head = self.ledger.stretch(account.id.lane), self.ledger.head_at(*account.id)
        if stretch is None or head is None:
            return ()
        trust = self.ledger.trust()
        return [
            decision
            for decision in self.views.suspensions.about(stretch.lane.id, account.id.number)
            if suspends(decision, trust, account, head=head)
        ]

    @property
    def is_guarded(self) -> bool:
        """Whether people sign in here to speak for the place; so since there was an account."""
        return bool(self.accounts())

    def lets(self, by: Account | None, board: Board) -> bool:
        """Whether somebody may act for the place on a board; who that is, is looked up anew."""
        if not self.is_guarded:
            return True
        now = self.account(by.address) if by else None
        return now is not None and now.may_act_on(board.name)

    def add(
        self,
        board: Board,
        fields: Mapping[str, object],
        *,
        opened: bool = False,
        by: Account | None = None,
        pictures: Sequence[bytes] = (),
    ) -> Post:
        """Post it, perhaps for towns that subscribe too; what is returned is on the disk.

        `pictures`: those that the fields name. Raises NotAllowed, NotSignedIn.
        """
        if not self.may_post(board) or (opened and not self.may_open(board)):
            raise NotAllowed
        if not board.open_to_anyone and not self.lets(by, board):
            raise NotSignedIn
        read = self.readings.added(board, fields)
        change = Change(board=board, fields=read, opened=opened, by=by, pictures=pictures)
        (record,) = self.write([change], identity=self.identity)
        return self._written(record)

    def edit(
        self,
        post: Post,
        fields: Mapping[str, object],
        *,
        seen: str,
        by: Account | None = None,
        pictures: Sequence[bytes] = (),
    ) -> Post:
        """Give it these fields in the place of those it has; `seen` is `edition` of what was read.

        `pictures`: those that are named anew. Raises ChangedMeanwhile, NotAllowed, NotSignedIn.
        """
        read = self.readings.added(self.boards[post.board], fields)  # before others must wait
        return self._change(
            post,
            lambda now: _changed_groups(self.boards[now.board], now.fields, read),
            seen=seen,
            by=by,
            pictures=pictures,
        )

    def remove(self, post: Post, *, seen: str, by: Account | None = None, why: str = "") -> Post:
        """Take it down; `why`: where it is somebody else's (`node.taking_down`).

        Raises ChangedMeanwhile, NotAllowed, NotSignedIn.
        """
        fields = {WITHDRAWN: True} | ({WITHDRAWN_WHY: why} if why else {})
        return self._change(post, lambda _: fields, seen=seen, by=by)

    def _change(
        self,
        post: Post,
        fields: Callable[[Post], Mapping[str, object]],
        *,
        seen: str,
        by: Account | None,
        pictures: Sequence[bytes] = (),
    ) -> Post:
        with self.ledger.transaction():
            now = self.post(post.address)
            if now is None or not self.may_change(now):
                raise NotAllowed
            if not self.lets(by, self.boards[now.board]):
                raise NotSignedIn
            if edition(now) != seen:
                raise ChangedMeanwhile
            changed = fields(now)
            if not changed:
                return now
            change = Change(
                board=self.boards[now.board],
                fields=changed,
                replaces=now,
                by=by,
                pictures=pictures,
            )
            (record,) = self.write([change], identity=self.identity)
        return self._written(record)

    def _written(self, record: RecordId) -> Post:
        """The post as the views have it, once the transaction is over that made it so."""
        post = self.views.by_id(record)
        assert post is not None
        return post

    def write(self, changes: Iterable[Change], *, identity: Identity) -> list[RecordId]:
        """Write them in the name of a key of this machine; durable when this returns."""
        drafts: dict[Lane, list[tuple[int, Draft]]] = {}
        records: dict[int, RecordId] = {}
        changes = list(changes)
        with self.ledger.transaction():
            for at, change in enumerate(changes):
                lane = self._lane(change, identity, _CLASSES[change.board.lane_class])
                drafts.setdefault(lane, []).append((at, _draft(change)))
            for lane, numbered in drafts.items():
                ids = write(
                    self.ledger,
                    lane,
                    [draft for _, draft in numbered],
                    key=identity.private,
                    written=clock.now().written,
                    salt=keys.salt,
                )
                for (at, draft), id_ in zip(numbered, ids, strict=True):
                    records[at] = draft.record or id_
            for at, change in enumerate(changes):
                self._add_pictures(records[at], change, identity)
        return [records[at] for at in sorted(records)]

    def _add_pictures(self, record: RecordId, change: Change, identity: Identity) -> None:
        """Each part is signed for itself, so that the next goes on where a line broke."""
        lane = self._lane(change, identity, Class.PICTURE)
        for content in change.pictures:
            for part in parts(change.board.name, content):
                write(
                    self.ledger,
                    lane,
                    [replace(part, record=record)],
                    key=identity.private,
                    written=clock.now().written,
                    salt=keys.salt,
                )

    def _lane(self, change: Change, identity: Identity, class_: Class) -> Lane:
        ordinal, random = self.ledger.own_incarnation(identity.public)
        return Lane(
            town=self.settings.town,
            author=identity.public,
            ordinal=ordinal,
            random=random,
            class_=class_,
            audience=change.audience,
        )

    @property
    def is_office(self) -> bool:
        """Whether this machine is an office of its town."""
        return self.ledger.trust().is_office(self.identity.public, self.settings.town)

    # tending

    def rebuild(self) -> None:
        """Make the views anew from the ledger."""
        self.views.rebuild(self.ledger, SOFTWARE)


def open_node(folder: Path, *, language: Language | None = None) -> Node:
    """The node in that folder; `language` as Node has it. Raises NotProvisioned."""
    settings = read_settings(folder)
    return with_ledger(
        settings.ledger_path, lambda database: Node(settings, database, language=language)
    )


def edition(post: Post) -> str:
    """Names the versions a person saw, so that nobody overwrites what they have not read."""
    return ".".join(f"{version.lane[:6].hex()}-{version.number}" for version in post.versions)


def _draft(change: Change) -> Draft:
    kind = f"{change.board.name}/write"
    account = change.by.in_headers if change.by else None
    if change.replaces is None:
        return Draft(kind=kind, fields=change.fields, account=account)
    return Draft(
        kind=kind,
        fields=change.fields,
        record=change.replaces.id,
        parents=change.replaces.versions,
        counter=change.replaces.counter + 1,
        account=account,
    )


def _changed_groups(
    board: Board, before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, object]:
    """Every field of each group in which something changed; None clears a field."""
    pictures = (
        {PICTURES: after.get(PICTURES)} if before.get(PICTURES) != after.get(PICTURES) else {}
    )
    in_form = {field.name for field in board.form_fields()}
    changed = {
        field.changes_with
        for field in board.form_fields()
        if before.get(field.name) != after.get(field.name)
    }
    fields: dict[str, object] = dict(pictures)
    for field in board.fields:
        if field.changes_with in changed:
            source = after if field.name in in_form else before
            for name in (field.name, READING + field.name):
                fields[name] = source.get(name)
    return {name: value for name, value in fields.items() if value is not None or name in before}
