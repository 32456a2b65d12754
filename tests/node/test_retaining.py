"""What is over goes in its time, by an office that knows the time from two; staff may keep it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from node.boards import BOARDS
from node.boards.declaration import Board, Retained
from node.erasing import orders
from node.erasure_requests import ask, grant, requests
from node.known_by import KnownBy
from node.moderation.desk import Desk
from node.moderation.elsewhere import decline_elsewhere, elsewhere
from node.moderation.sources import KIOSK
from node.moderation.wishing import say
from node.node import NotAllowed, NotSignedIn, edition
from node.people import begin
from node.post import Post, PostState
from node.reading import begin_reading
from node.retaining import REPORT_DAYS, WAITING_DAYS, coming, in_words, keep, kept, release, retain
from node.saying import Saying
from node.witnesses import AHEAD, witnessed
from sync.entry import Quality
from sync.ingest import Kept, ingest_statement
from sync.machine.clock import Moment
from sync.revocation import revoke
from sync.sealed_record import REPORT, WAITING
from tests.node.builders import CHOIR, JOB_FIELDS, Village, meet, post_event

DAY = timedelta(days=1)
FIRST = datetime(2026, 11, 22, 3, tzinfo=UTC)
OVER = datetime(2026, 12, 5, 3, tzinfo=UTC)  # the day of the choir


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path / "town")


class Here:
    """An office and a node, and what day it is for both."""

    def __init__(self, village: Village) -> None:
        self.office, self.node = village.office(), village.node("上郷")
        self._running = 0.0

    def says(self, at: datetime, quality: Quality = Quality.TRUSTED) -> None:
        """The node says how it is, and what it wrote comes to the office."""
        self._running += 10 * 86_400
        saying = Saying(self.node, running=lambda: self._running)
        self._running += 2 * 86_400
        with self.node.ledger.transaction():
            saying._say(Moment(at, quality))
        meet(self.node, self.office)

    def passes(self, at: datetime) -> int | None:
        """Both know that it is that time; what the office ordered away, and the node hears it."""
        self.says(at)
        ordered = retain(self.office, Moment(at, Quality.TRUSTED))
        meet(self.node, self.office)
        return ordered

    def state(self, post: Post) -> PostState:
        found = self.node.post(post.address)
        assert found is not None
        return found.state


@pytest.fixture
def here(village: Village) -> Here:
    return Here(village)


def test_an_event_goes_a_year_after_it_was_over(here: Here) -> None:
    post = post_event(here.node)
    assert here.passes(FIRST) == 0
    assert here.passes(OVER + 364 * DAY) == 0
    assert here.state(post) is PostState.SHOWN
    assert here.passes(OVER + 365 * DAY) == 1
    assert here.state(post) is PostState.ERASED
    assert here.passes(OVER + 366 * DAY) == 0, "and is ordered away but once"


def test_what_its_author_dates_back_stays_as_long_as_it_was_held(here: Here) -> None:
    post = post_event(here.node, starts_on="1990-01-01")
    assert here.passes(FIRST) == 0
    assert here.passes(FIRST + 364 * DAY) == 0
    assert here.state(post) is PostState.SHOWN
    assert here.passes(FIRST + 365 * DAY) == 1


def test_a_job_goes_half_a_year_after_its_last_change(here: Here) -> None:
    post = here.node.add(BOARDS["job"], JOB_FIELDS)
    assert here.passes(FIRST) == 0
    here.node.edit(post, {**JOB_FIELDS, "pay": "時給1,200円"}, seen=edition(post))
    later = FIRST + 100 * DAY
    assert here.passes(later) == 0
    assert here.passes(later + 179 * DAY) == 0
    assert here.passes(later + 180 * DAY) == 1
    found = here.node.post(post.address)
    assert found is not None
    assert (found.state, found.fields) == (PostState.ERASED, {})


def test_what_was_taken_down_doesnt_wait_for_its_day(here: Here) -> None:
    post = post_event(here.node, starts_on="2040-01-01")
    here.node.remove(post, seen=edition(post))
    assert here.passes(FIRST) == 0
    assert here.passes(FIRST + 365 * DAY) == 1


def test_what_stands_in_the_guide_stays_and_what_stood_there_goes(here: Here) -> None:
    guide = here.office.boards["guide"]
    stands = here.office.add(guide, {"title": "上郷診療所", "category": "medical"})
    gone = here.office.add(guide, {"title": "下郷診療所", "category": "medical"})
    here.office.remove(gone, seen=edition(gone))
    assert here.passes(FIRST) == 0
    assert here.passes(FIRST + 3_650 * DAY) == 1
    assert here.state(stands) is PostState.SHOWN
    assert here.state(gone) is PostState.ERASED


@pytest.mark.parametrize("quality", [Quality.UNKNOWN, Quality.HINTED])
def test_nothing_goes_by_a_clock_that_nobody_vouches_for(here: Here, quality: Quality) -> None:
    post_event(here.node)
    late = OVER + 500 * DAY
    assert here.passes(FIRST) == 0
    here.says(late)
    assert retain(here.office, Moment(late, quality)) is None
    here.says(late, quality)
    assert retain(here.office, Moment(late, Quality.TRUSTED)) is None


def test_neither_our_clock_nor_another_makes_anything_go_alone(here: Here) -> None:
    post_event(here.node)
    assert here.passes(FIRST) == 0
    late = OVER + 500 * DAY
    assert retain(here.office, Moment(late, Quality.TRUSTED)) == 0, "the other said less"
    here.says(late)
    assert retain(here.office, Moment(FIRST, Quality.TRUSTED)) is None, "nor one far ahead of us"
    assert witnessed(here.office, Moment(late - AHEAD, Quality.TRUSTED)) == late - AHEAD
    assert retain(here.office, Moment(late, Quality.TRUSTED)) == 1


def test_a_machine_that_was_revoked_is_no_witness(here: Here, village: Village) -> None:
    moment = Moment(FIRST, Quality.TRUSTED)
    assert witnessed(here.office, moment) is None
    here.says(FIRST)
    assert witnessed(here.office, moment) == FIRST
    word = revoke(here.node.identity.public, 1, {}, village.town.authority.private)
    assert isinstance(ingest_statement(here.office.ledger, word), Kept)
    assert witnessed(here.office, moment) is None


def test_what_people_wrote_to_have_something_erased_goes_a_year_after_the_answer(
    here: Here,
) -> None:
    staff = begin(here.office, "佐藤")
    begin_reading(here.office)
    meet(here.node, here.office)
    ask(here.node, post_event(here.node), {"whose": "mine", "why": "over", "name": "山田 花"})
    assert here.passes(FIRST) == 0
    (request,) = requests(here.office)
    grant(here.office, [request], by=staff)
    assert here.passes(FIRST + DAY) == 0
    assert here.passes(FIRST + 365 * DAY) == 0
    assert here.passes(FIRST + 366 * DAY) == 1
    assert requests(here.office) == []


def test_what_waited_for_the_offices_look_goes_from_there_once_it_was_looked_at_or_for_long(
    here: Here,
) -> None:
    staff = begin(here.office, "佐藤")
    begin_reading(here.office)
    meet(here.office, here.node)
    place = here.node.identity.public
    say(here.office, place, waits=frozenset({"event"}), allowance=20, by=staff)
    meet(here.office, here.node)
    desk, board = Desk(here.node), here.node.boards["event"]
    for _ in range(2):
        desk.take_in(board, CHOIR, opened=False, by=None, source=KIOSK)
    meet(here.node, here.office)
    assert here.passes(FIRST) == 0
    looked_at, other = elsewhere(here.office, staff)
    decline_elsewhere(here.office, looked_at.address, "宣伝のため", by=staff)
    assert here.passes(FIRST + DAY) == 1
    assert [each.address for each in elsewhere(here.office, staff)] == [other.address]
    assert here.passes(FIRST + (WAITING_DAYS - 1) * DAY) == 0
    assert here.passes(FIRST + WAITING_DAYS * DAY) == 1
    assert elsewhere(here.office, staff) == []
    assert here.node.views.sealed[WAITING].all() == []
    desk.keep_asking()
    (waiting,) = desk.waiting(begin(here.node, "山田"))
    assert waiting.fields == CHOIR, "it still waits where it was written"


def test_what_visitors_said_of_a_post_goes_a_year_later_also_where_it_was_sealed(
    here: Here,
) -> None:
    begin(here.office, "佐藤")
    begin_reading(here.office)
    meet(here.office, here.node)
    post = post_event(here.node, starts_on="2040-01-01")  # which stays for long
    desk = Desk(here.node)
    desk.reporting.take_in(post, "personal", "ひみつ", source=KIOSK, since=post.written)
    meet(here.node, here.office)
    assert here.passes(FIRST) == 0
    assert here.passes(FIRST + (REPORT_DAYS - 1) * DAY) == 0
    assert len(here.office.views.sealed[REPORT].all()) == 1
    assert here.passes(FIRST + REPORT_DAYS * DAY) == 1
    assert here.office.views.sealed[REPORT].all() == []
    assert here.node.views.sealed[REPORT].all() == []
    assert here.state(post) is PostState.SHOWN


def test_a_node_orders_nothing_away(here: Here) -> None:
    post_event(here.node)
    assert retain(here.node, Moment(OVER + 999 * DAY, Quality.TRUSTED)) is None


def test_staff_see_it_beforehand_and_may_keep_it(here: Here) -> None:
    staff = begin(here.office, "佐藤")
    post = post_event(here.node)
    other = post_event(here.node, title="残らない会")
    assert here.passes(FIRST) == 0
    before = Moment(OVER + 340 * DAY, Quality.TRUSTED)
    assert {each.post.id for each in coming(here.office, before)} == {post.id, other.id}
    assert coming(here.office, Moment(OVER + 300 * DAY, Quality.TRUSTED)) == []
    with pytest.raises(NotSignedIn):
        keep(here.office, post, "record", by=None)
    keep(here.office, post, "record", by=staff)
    assert [each.post.id for each in coming(here.office, before)] == [other.id]
    assert here.passes(OVER + 400 * DAY) == 1
    assert (here.state(post), here.state(other)) == (PostState.SHOWN, PostState.ERASED)
    ((decision, found),) = kept(here.office)
    assert (found.id, decision.reason) == (post.id, "町の記録として残すため")
    release(here.office, post, by=staff)
    assert kept(here.office) == []
    assert here.passes(OVER + 401 * DAY) == 1


def test_a_nodes_word_keeps_nothing(here: Here) -> None:
    keeper = begin(here.node, "館長")
    post = post_event(here.node)
    with pytest.raises(NotAllowed):
        keep(here.node, post, "record", by=keeper)


def test_what_stands_side_by_side_goes_in_one_range(here: Here) -> None:
    for number in range(30):
        post_event(here.node, title=f"{number}番の会")
    assert here.passes(FIRST) == 0
    assert here.passes(OVER + 365 * DAY) == 30
    (order,) = orders(here.office)
    assert (order.entries, order.obeyed) == (30, True)
    assert len(here.office.ledger.orders()) == 1


def test_since_when_something_is_held_is_noted_once_a_day_and_grows_with_no_post(
    here: Here,
) -> None:
    post = post_event(here.node)
    here.passes(FIRST)
    here.passes(FIRST + 9 * DAY)
    known = KnownBy(here.office.database)
    assert known.day(post.id) == date(2026, 11, 22)
    count = "SELECT count(*) FROM known_by"
    before = here.office.database.connection.execute(count).fetchone()
    retain(here.office, Moment(FIRST + 9 * DAY, Quality.TRUSTED))
    assert here.office.database.connection.execute(count).fetchone() == before


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_every_board_says_how_long_and_why(board: Board) -> None:
    assert in_words(board).startswith("このお知らせは、")
    assert "消えます" in in_words(board)
    assert board.retention_why.endswith("。")
    assert board.retained is not Retained.AFTER_ITS_DAY or board.order.field
