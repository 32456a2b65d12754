"""What waits for whoever keeps the place: told on every page while somebody is signed in."""

from dataclasses import dataclass
from datetime import timedelta

from kiosk_ui import dates
from kiosk_ui.screen import Screen
from node.moderation.elsewhere import elsewhere

LOOK_DAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ToLookAt:
    """How much there is to look at."""

    waiting: int
    long: bool  # nobody looked for days, so far as this machine's clock may say so
    reports: int


def to_look_at(screen: Screen) -> ToLookAt | None:
    """None for anybody who keeps nothing here."""
    person = screen.signed_in()
    if person is None or not person.tends_people:
        return None
    waiting = screen.desk.waiting(person)
    oldest = dates.from_seconds(waiting[0].since.seconds) if waiting else None
    return ToLookAt(
        waiting=len(waiting) + len(elsewhere(screen.node, person)),
        long=oldest is not None and screen.now() - oldest >= timedelta(days=LOOK_DAYS),
        reports=len(screen.desk.reporting.open(person)),
    )
