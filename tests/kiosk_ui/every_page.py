"""Every page that there is, in the states that look different, and where and by whom it is seen.

One list for all who look: axe and our measure (`test_accessibility`), eyes (`screenshots`), a walk
of a mini-browser. It is held against the application's own map of addresses, so that a page made
later is looked at from the day it is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from flask import Flask
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException

from tests.kiosk_ui.lived_in import FIRST_ONE, KEEPER, NEW_ONE, STAFF, LivedIn


class Where(Enum):
    """At which screens somebody sees it."""

    ANYWHERE = "anywhere"
    KIOSK = "kiosk"
    PHONE = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One page in one state."""

    path: str
    who: str = ""  # of those signed in; "" for anybody
    where: Where = Where.ANYWHERE
    filled: Mapping[str, str] = field(default_factory=dict)  # selector to what is written there
    pressed: tuple[str, ...] = ()  # selectors: what is pressed then, one after another
    daily: bool = False  # looked at every day; the others in the slow suite

    def is_seen(self, *, at_kiosk: bool) -> bool:
        """Whether it is seen at such a screen."""
        if self.who:
            return at_kiosk
        return self.where in (Where.ANYWHERE, Where.KIOSK if at_kiosk else Where.PHONE)

    def show(self, page: Page, address: str) -> None:
        """Have the browser show it."""
        page.goto(address + self.path)
        for selector, text in self.filled.items():
            page.locator(selector).fill(text)
        for selector in self.pressed:
            pressed = page.locator(selector).first
            if pressed.evaluate("(element) => element.matches('a, button')"):
                with page.expect_navigation():
                    pressed.click()
            else:
                pressed.click()


NO_PAGES: Mapping[str, str] = {
    "aloud.recording": "a voice, in test_aloud",
    "candidates.words": "words for the keyboard",
    "captive.state": "for phones' systems",
    "captive.welcome": "to phones of a network that the machine makes, in test_captive",
    "carrying.file": "a file to carry",
    "doorway.greet": "for machines",
    "doorway.hand_on": "for machines",
    "elsewhere.certificate": "a file",
    "health.healthz": "for machines",
    "idle.state": "for the kiosk's script",
    "live.live": "a stream",
    "live.now": "for the page's script",
    "looks.change": "leads back to the page",
    "papers.week": "paper: looked at in test_papers",
    "papers.booklet": "paper",
    "papers.large": "paper",
    "papers.of_board": "paper",
    "papers.of_post": "paper",
    "papers.slips": "paper",
    "receipts.save": "a file to keep, in test_receipts_kept",
    "erasure.save": "a file to keep",
    "pictures.of_post": "a picture",
    "pictures.held": "a picture",
    "pictures.waiting": "a picture",
    "saving.of_board": "a file to keep",
    "saving.of_post": "a file to keep",
    "static_files.static_file": "style, scripts",
    "static_files.worker": "a script",
    "static_files.icon": "an icon",
    "stick.stick": "a piece of the kiosk's page",
    "taking.calendar": "a file",
    "taking.contact": "a file",
    "taking.of_board": "a file",
    "joining.joining": "a machine that nobody certified, in test_enrolment",
    "signing_in_elsewhere.ask": "over TLS, in test_signing_in_elsewhere",
    "signing_in_elsewhere.listed": "over TLS, in test_signing_in_elsewhere",
    "waiting.one_there": "drawn as waiting.one; at an office where nobody keeps the centre",
}
"""What answers GET and is no page that somebody looks at here, and why."""


def every_page(made: LivedIn) -> dict[str, Sight]:
    """By a name that is good for a file."""
    return {
        **_boards(made),
        **_posts(made),
        **_writing(made),
        **_receipts(made),
        **_around(made),
        **_keeping(made),
    }


def endpoints(app: Flask) -> set[str]:
    """Everything that answers GET."""
    return {
        rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or frozenset())
    }


def endpoint(app: Flask, sight: Sight) -> str:
    """What answers there."""
    path, _, _ = sight.path.partition("?")
    try:
        found, _ = app.url_map.bind("").match(path, "GET")
    except HTTPException:
        return ""
    return str(found)


def _boards(made: LivedIn) -> dict[str, Sight]:
    return {
        "home": Sight(path="/", daily=True),
        "list": Sight(path="/boards/event", daily=True),
        "past": Sight(path="/boards/event?past=", daily=True),
        "day": Sight(path="/boards/event?view=day", daily=True),
        "week": Sight(path="/boards/event?view=week", daily=True),
        "month": Sight(path="/boards/event?view=month", daily=True),
        "jobs": Sight(path="/boards/job", daily=True),
        "narrowed": Sight(path="/boards/job?narrow=&place=霧沢町上郷", daily=True),
        "alerts": Sight(path="/boards/disaster", daily=True),
        "sections": Sight(path="/boards/guide", daily=True),
        "section": Sight(path="/boards/guide?section=shelter&page=2", daily=True),
        "search": Sight(path="/search"),
        "found": Sight(path="/search?q=会"),
        "found-nothing": Sight(path="/search?q=鱈"),
    }


def _posts(made: LivedIn) -> dict[str, Sight]:
    at = {name: f"/records/{post.address}" for name, post in made.post.items()}
    return {
        "event": Sight(path=at["event"], daily=True),
        "posted": Sight(path=f"{at['job']}?done=posted"),
        "job": Sight(path=at["job"], daily=True),
        "cancelled": Sight(path=at["cancelled"]),
        "with-picture": Sight(path=at["with picture"]),
        "drill": Sight(path=at["drill"], daily=True),
        "alert": Sight(path=at["alert"]),
        "guide": Sight(path=at["guide"]),
        "is-hidden": Sight(path=at["hidden"]),
        "withdrawn": Sight(path=at["withdrawn"]),
        "taken-down": Sight(path=at["taken down"]),
        "erased": Sight(path=at["erased"]),
        "aloud": Sight(path=f"{at['event']}/aloud"),
        "take": Sight(path=f"{at['event']}/take"),
        "report": Sight(path=f"{at['event']}/report"),
        "report-problem": Sight(path=f"{at['event']}/report", pressed=("main button.primary",)),
        "erasure-ask": Sight(path=f"{at['event']}/erasure"),
        "erasure-problem": Sight(path=f"{at['event']}/erasure", pressed=(".send button",)),
        "write": Sight(path=f"{at['written to']}/write"),
        "write-organiser": Sight(path=f"{at['cancelled']}/write"),
        "sent": Sight(
            path=f"{at['written to']}/write",
            where=Where.KIOSK,  # phones may send so many forms
            filled={"textarea": "週に三日、働けますか。"},
            pressed=(".send button",),
        ),
    }


def _writing(made: LivedIn) -> dict[str, Sight]:
    job = f"/records/{made.post['job'].address}"
    keepers = f"/records/{made.post['of the keeper'].address}"
    return {
        "form": Sight(path="/boards/event/new", daily=True),
        "form-problems": Sight(path="/boards/job/new", pressed=(".send button",)),
        "may-not-post": Sight(path="/boards/disaster/new"),
        "steps": Sight(path="/boards/job/steps", where=Where.KIOSK, daily=True),
        "steps-problem": Sight(
            path="/boards/job/steps", where=Where.KIOSK, pressed=(".send button",)
        ),
        "keyboard": Sight(
            path="/boards/event/steps", where=Where.KIOSK, pressed=("main input[name=title]",)
        ),
        "edit": Sight(path=f"{job}/edit", who=KEEPER),
        "remove": Sight(path=f"{job}/remove", who=KEEPER),
        "remove-own": Sight(path=f"{keepers}/remove", who=KEEPER),
    }


def _receipts(made: LivedIn) -> dict[str, Sight]:
    return {
        "receipts": Sight(path="/receipts"),
        "waits": Sight(path=f"/receipts/{made.code['waiting']}"),
        "take-back": Sight(path=f"/receipts/{made.code['waiting']}/take-back"),
        "taken-back": Sight(path=f"/receipts/{made.code['taken back']}"),
        "declined": Sight(path=f"/receipts/{made.code['declined']}"),
        "reported": Sight(path=f"/receipts/{made.code['report']}"),
        "erasure-about": Sight(path="/erasure"),
        "erasure-asked": Sight(path=f"/erasure/{made.code['asked']}?done=asked"),
        "erasure-granted": Sight(path=f"/erasure/{made.code['granted']}"),
        "erasure-unknown": Sight(path="/erasure/12345678"),
        "six-words": Sight(path="/receipt"),
        "six-words-open": Sight(
            path="/receipt",
            where=Where.KIOSK,
            filled={"#typed": made.words},
            pressed=(".step .send button",),
        ),
        "six-words-kana": Sight(path="/receipt", pressed=(".kana button",)),
        "six-words-one": Sight(path="/receipt", pressed=(".kana button", ".word-choices button")),
    }


def _around(made: LivedIn) -> dict[str, Sight]:
    return {
        "idle": Sight(path="/attract", where=Where.KIOSK, daily=True),
        "languages": Sight(path="/languages"),
        "papers": Sight(path="/paper"),
        "carry": Sight(path="/carry", daily=True),
        "thanks": Sight(path=made.thanks, where=Where.PHONE),
        "status": Sight(path="/status", daily=True),
        "towns": Sight(path="/towns", daily=True),
        "closed": Sight(path="/closed"),
        "nowhere": Sight(path="/nowhere", daily=True),
        "away": Sight(path="/away", daily=True),
        "design": Sight(path="/design", daily=True),
        "sign-in": Sight(path="/sign-in"),
        "sign-in-telephone": Sight(path="/sign-in-telephone", where=Where.KIOSK),
        "sign-in-pin": Sight(path=f"/sign-in/{made.account}", where=Where.KIOSK),
        "sign-in-wrong": Sight(
            path=f"/sign-in/{made.account}",
            where=Where.KIOSK,
            pressed=(".keys button[value='1']", ".keys .primary"),
        ),
    }


def _keeping(made: LivedIn) -> dict[str, Sight]:
    at = {name: f"/records/{post.address}" for name, post in made.post.items()}
    of_the_keeper = {
        "people": "/people",
        "wishes": "/wishes",
        "waiting": "/waiting",
        "waiting-one": f"/waiting/{made.waits}",
        "waiting-mend": f"/waiting/{made.waits}/mend",
        "reports": "/reports",
        "hide": f"{at['event']}/hide",
        "hidden": "/hidden",
        "hide-many": "/boards/event/choose",
        "lift-many": "/hidden/choose",
        "decisions": "/decisions",
        "letters": "/letters",
        "letters-of-post": f"/letters/{made.post['written to'].address}",
        "looked": "/looked",
        "reading-keys": "/reading-keys",
        "passphrase": "/passphrase",
        "home-keeper": "/",
        "event-keeper": at["event"],
        "list-keeper": "/boards/event",
    }
    of_the_staff = {
        "erasures": "/erasures",
        "erase": f"{at['job']}/erase",
        "kept": "/kept",
        "handling": "/handling",
        "switch": "/switches/letters/job",
        "towns-office": "/towns",
        "people-office": "/people",
        "people-telephone": "/people/telephone",
        "wishes-office": "/wishes",
        "alert-form": "/boards/disaster/new",
    }
    return {
        "sign-in-name": Sight(path="/sign-in-name", who=FIRST_ONE),
        "sign-in-choose": Sight(path="/sign-in-pin", who=NEW_ONE),
        **{name: Sight(path=path, who=KEEPER) for name, path in of_the_keeper.items()},
        **{name: Sight(path=path, who=STAFF) for name, path in of_the_staff.items()},
        "alert-moment": Sight(
            path="/boards/disaster/new", who=STAFF, pressed=(".picking-details summary",)
        ),
        "switch-sure": Sight(
            path="/switches/letters/job",
            who=STAFF,
            filled={"textarea": "県の労働局に、令和8年11月に確かめたため"},
            pressed=(".send button",),
        ),
        "code": Sight(
            path="/people",
            who=KEEPER,
            pressed=("main details summary", "form[action$='/code'] button"),
        ),
        "letter": Sight(
            path=f"/letters/{made.post['written to'].address}",
            who=KEEPER,
            pressed=(
                "main details summary",
                "main details .choice",
                "main details .send button",
            ),
        ),
    }
