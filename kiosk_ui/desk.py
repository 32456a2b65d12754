"""The desk of those who keep the place: it is in Japanese, whatever language its page was asked in.

Its words are in no catalogue, so a page of it would be half in one language and half in another,
and would be read aloud as what it isn't. So all of it is drawn, and marked, as Japanese.
"""

from pathlib import PurePath

from flask import Flask, before_render_template, template_rendered
from jinja2 import Template

from kiosk_ui.languages import JAPANESE, language, languages, translator
from node.words import reader

DESK = frozenset(
    {
        *(
            "_keeping",
            "choose",
            "code",
            "connections",
            "decisions",
            "design",
            "_design_more",
            "erase",
        ),
        *(
            "erase_confirm",
            "erasures",
            "erasures_opened",
            "hidden",
            "hide",
            "joining",
            "kept",
            "keypad",
            "letter",
        ),
        *(
            "letters",
            "letters_of_post",
            "looked",
            "people",
            "people_telephone",
            "reading_keys",
            "reports",
            "second",
            "second_person",
        ),
        *("sign_in", "sign_in_name", "sign_in_telephone", "signing_in", "suspended", "towns"),
        *("waiting", "waiting_one", "wishes", "choosing", "decided", "erasing", "keeping"),
        *("wishing", "words", "status", "telephoning", "handling", "switch", "switching"),
        *("ending", "looking", "membership", "neighbours", "refusals", "subscribing", "suspending"),
        *("telling", "closed", "elsewhere", "passphrase", "sessions", "sign_in_elsewhere"),
        *("signing_in_elsewhere", "_easier", "_easier_found", "easing", "easier"),
    }
)
"""What only those see who keep the place and tend machines: they read Japanese, and so it
stays: no catalogue has it."""


def keep_desk_in_japanese(app: Flask) -> None:
    """While a page of the desk is drawn, whoever reads it reads Japanese."""

    @before_render_template.connect_via(app)
    def begin(_: Flask, template: Template, context: dict[str, object], **_more: object) -> None:
        if _is_of_desk(template):
            reader.set(None)
            context["language"] = languages()[JAPANESE]

    @template_rendered.connect_via(app)
    def end(_: Flask, template: Template, **_more: object) -> None:
        if _is_of_desk(template):
            reader.set(translator(language().key))


def _is_of_desk(template: Template) -> bool:
    return PurePath(template.name or "").stem in DESK
