"""`/decisions`: what was decided, by whom and why; for those who keep the place."""

from flask import Blueprint, render_template

from kiosk_ui import dates
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import only_keepers
from node.decided import DECIDED_MAX, TAKEN_DOWN, Said, decided
from node.words import say
from sync.admission import ADMIT
from sync.hiding import HIDE
from sync.suspension import SUSPEND
from sync.switch_off import SWITCH_OFF

_WORDS = {
    HIDE: (say("投稿を隠す"), say("また出した")),
    SUSPEND: (say("担当者をしばらく止める"), say("また入れるようにした")),
    ADMIT: (say("のせ方の決まり"), ""),
    TAKEN_DOWN: (say("ほかの方の投稿を取り下げる"), ""),
    SWITCH_OFF: (say("町では使わない"), say("また使うようにした")),
}


def decided_pages(screen: Screen) -> Blueprint:
    """`/decisions`."""
    pages = Blueprint("decided", __name__)
    pages.before_request(lambda: only_keepers(screen))

    @pages.get("/decisions")
    def listed() -> str:
        person = screen.keeper()
        return render_template(
            "decisions.html",
            listed=[
                {
                    "heading": _WORDS[each.what][0],
                    "about": each.about,
                    "reason": say(each.reason),
                    "said": _told(screen, each.said),
                    "second": each.second,
                    "lifting": _WORDS[each.what][1],
                    "lifted": _told(screen, each.lifted) if each.lifted else "",
                }
                for each in decided(screen.node)
            ],
            most=DECIDED_MAX,
            declined=[
                (screen.draw_waiting(each).title, say(each.reason))
                for each in screen.desk.declined(person)
            ],
        )

    return pages


def _told(screen: Screen, said: Said) -> str:
    who = f"{said.place}　{said.person}" if said.person else said.place
    return f"{who}　{dates.written_in_words(said.written, screen.now())}"
