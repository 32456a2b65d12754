"""What a board is: a declaration, from which forms, lists, pages and feeds are drawn.

A declaration is data and nothing else. It says what a post must say, who may write it and
how it is ordered; the engine that draws it lives elsewhere and knows no board by name.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

EASY = "easy"
"""The field that says all of it in やさしい日本語."""
READING = "reading/"
"""Before a field's name: the reserved field that holds its reading, and changes with it."""


PICTURES = "pictures"
"""The reserved field that names a post's pictures."""


class FieldType(Enum):
    """How a value is typed, checked and shown. All values are kept as text but FLAG and TABLE."""

    TEXT = "text"  # one line
    LONG_TEXT = "long_text"  # several lines
    DATE = "date"  # YYYY-MM-DD
    TIME = "time"  # HH:MM, 24 hours
    MOMENT = "moment"  # RFC 3339 with an offset, as its issuer wrote it
    CHOICE = "choice"  # the key of one of `choices`
    FLAG = "flag"  # bool
    NUMBER = "number"  # decimal digits
    PHONE = "phone"
    LINK = "link"  # http or https
    TABLE = "table"  # list of [label, text] pairs, shown row by row as they came


class Retained(Enum):
    """From when on a post's time counts; never from before all of it was there."""

    AFTER_ITS_DAY = "after_its_day"  # the last that it is ordered by
    AFTER_CHANGE = "after_change"
    WHILE_IT_STANDS = "while_it_stands"  # and so long after a newer one took its place


class Writer(Enum):
    """Who may write to a board."""

    ANYONE = "anyone"
    OFFICE = "office"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value a CHOICE may take, and what people read for it."""

    key: str
    label: str
    loud: bool = False  # shown so that nobody overlooks it (中止, 訓練)
    over: bool = False  # what the post says no longer stands (解除, 締め切りました)
    practice: bool = False  # it is not the real thing (訓練, 試験)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing a post says."""

    name: str  # its key in the payload
    label: str  # what people read
    type: FieldType = FieldType.TEXT
    reading: str = ""  # of the label, in hiragana
    hint: str = ""  # one sentence under the label in the form
    required: bool = False
    law: str = ""  # the law that wants it on the notice, as people cite it
    group: str = ""  # fields of one group only make sense together and change together
    choices: tuple[Choice, ...] = ()
    default: str = ""
    length_max: int = 200  # characters
    not_before: str = ""  # the field of the same type that it can't come before
    in_form: bool = True  # False: only a feed fills it
    in_list: bool = False  # shown in the list under the title
    shown: bool = True  # False: kept, but not drawn on the page
    narrows: bool = False  # people look through the board by it
    by_keepers: bool = False  # only who is signed in is asked for it

    @property
    def changes_with(self) -> str:
        """The name of the group it changes with; alone, its own."""
        return self.group or self.name


def in_easy_japanese() -> Field:
    """For boards whose posts may be told in やさしい日本語 too, beside the text.

    An edit by somebody who isn't asked for it drops it: it could say what no longer holds.
    """
    return Field(
        name=EASY,
        label="やさしい日本語",
        type=FieldType.LONG_TEXT,
        hint="「やさしい日本語」をえらんだ人に見せます。短い文で、だいじなことだけを書いてください。",
        length_max=2000,
        shown=False,
        by_keepers=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a board is listed."""

    field: str  # "" for the time of writing
    newest_first: bool = False
    until: str = ""  # the field of the same type that says when it is over, if that is later


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """Which fields make an entry of somebody's calendar."""

    starts_on: str
    starts_at: str = ""
    ends_on: str = ""
    ends_at: str = ""
    place: str = ""
    cancelled: frozenset[str] = frozenset()  # the states in which it doesn't take place
    unsure: frozenset[str] = frozenset()  # those in which nobody should count on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Which fields make an entry of somebody's address book."""

    name: str
    phone: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board, as declared."""

    name: str  # in addresses and kinds: "event"
    label: str  # "イベント"
    reading: str
    purpose: str  # one sentence for the top of its page
    lane_class: str  # "board", or "alert" where it must overtake everything
    audience: str  # "town", or "open": a post may be for towns that subscribe too
    writers: frozenset[Writer]
    fields: tuple[Field, ...]
    order: Order
    title: str = "title"  # the field that names the post
    title_reading: str = "title_reading"
    state: str = ""  # the CHOICE field that says whether it still stands
    section: str = ""  # the CHOICE or TEXT field by which the list is cut into sections
    urgency: str = ""  # the NUMBER field, 1 to 5, that says how much it presses
    retention_days: int = 365
    retained: Retained = Retained.AFTER_CHANGE
    retention_why: str = ""  # for whoever asks why it isn't longer or shorter
    appointment: Appointment | None = None
    contact: Contact | None = None
    pictures: bool = False  # a post may have some
    letters: str = ""  # what the button says that writes to whoever is behind a post; "": none
    letters_apart: bool = False  # each post has a key of its own for them, destroyed with it
    letters_left_to_town: str = ""  # why the law has a town decide whether they are passed on
    left_out: Callable[[Mapping[str, str]], frozenset[str]] | None = None
    """Of outside keys held, with the issuer's times, those that only stand in for newer ones."""
    _named: Mapping[str, Field] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Fields are looked for by name for every post."""
        object.__setattr__(self, "_named", {each.name: each for each in reversed(self.fields)})

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return self._named.get(name)

    def is_over(self, fields: Mapping[str, object]) -> bool:
        """Whether the post says itself that it no longer stands."""
        field = self.field(self.state) if self.state else None
        said = fields.get(self.state)
        return field is not None and any(c.over and c.key == said for c in field.choices)

    def groups(self) -> dict[str, str]:
        """Field name to the group it changes with, as does its reading."""
        groups = {
            name: field.changes_with
            for field in self.fields
            for name in (field.name, READING + field.name)
        }
        return groups | ({PICTURES: PICTURES} if self.pictures else {})

    def form_fields(self) -> Iterator[Field]:
        """The fields a person fills in, in order."""
        return (field for field in self.fields if field.in_form)

    @property
    def may_be_opened(self) -> bool:
        """Whether a post here may be for towns that subscribe too."""
        return self.audience == "open"

    @property
    def open_to_anyone(self) -> bool:
        """Whether a visitor at the kiosk may post here."""
        return Writer.ANYONE in self.writers
