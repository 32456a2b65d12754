"""Why bundles are not taken in, in words for a keeper."""

from collections.abc import Iterable

from node.words import say
from sync.trust import Refusal

WORDS = {
    Refusal.FOREIGN: say("この町のものではありません"),
    Refusal.TOWN: say("書いた機械は、この町の機械ではありません"),
    Refusal.CLASS: say("書いた機械に許されていない種類です"),
    Refusal.AUDIENCE: say("書いた機械に許されていない宛先です"),
    Refusal.INCARNATION: say("作り直された回数が多すぎる機械です"),
    Refusal.SIGNATURE: say("署名が合いません"),
    Refusal.CONTRADICTS: say("前に受け取ったものと食い違っています"),
    Refusal.REVOKED: say("書いた機械は、町が取り消しています"),
    Refusal.MALFORMED: say("読めません"),
    Refusal.TOO_LARGE: say("大きすぎます"),
    Refusal.TOO_MANY_WAITING: say("前の便を待つものが多すぎます"),
}


def in_words(reasons: Iterable[Refusal]) -> str:
    """All of them, each said once."""
    return "、".join(WORDS[reason] for reason in sorted(set(reasons)))
