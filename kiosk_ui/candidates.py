"""`/kiosk/words`: for who types kana at the kiosk, words of this place that begin so.

They are the words in the boards' titles and lists, and the names of this place. Asked by this
machine's own browser alone, and no more often than somebody can type.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from threading import Lock

from flask import Blueprint, Response, abort, jsonify, request

from kiosk_ui.kiosk import at_this_machine
from kiosk_ui.screen import Screen
from node.boards.declaration import FieldType
from node.language.kana import sound
from node.language.names import read_names
from node.language.spans import has_kanji
from node.readings import reading_of
from sync.machine import clock

TYPED_MAX = 12
WORDS_MAX = 6
POSTS_MAX = 500  # of a board, whose words are offered
TIMES_MAX = 30
"""So often it is answered in TIMES_SECONDS."""

TIMES_SECONDS = 5.0


class Pace:
    """How often something was done lately."""

    def __init__(self) -> None:
        """It never was."""
        self._times: list[float] = []
        self._lock = Lock()

    def allows(self, now: float) -> bool:
        """Whether it may be done once more now; counts it if so."""
        with self._lock:
            self._times = [at for at in self._times if now - at < TIMES_SECONDS]
            allowed = len(self._times) < TIMES_MAX
            self._times += [now] if allowed else []
        return allowed


class Candidates:
    """The words of the boards as they stand, by how they sound."""

    def __init__(self, screen: Screen) -> None:
        """Looks at nothing yet."""
        self._screen = screen
        self._version = -1
        self._words: Mapping[str, list[str]] = {}
        self._lock = Lock()

    def beginning(self, typed: str) -> list[str]:
        """A few words that begin with that sound, the most frequent first."""
        wanted = sound(typed[:TYPED_MAX])
        if not wanted:
            return []
        with self._lock:
            version = self._screen.node.version()
            if version != self._version:
                self._words, self._version = self._by_sound(), version
        found = [words for heard, words in self._words.items() if heard.startswith(wanted)]
        return list(dict.fromkeys(word for words in found for word in words))[:WORDS_MAX]

    def _by_sound(self) -> Mapping[str, list[str]]:
        counted = Counter(self._of_boards())
        for word, kana in read_names(self._screen.node.settings.folder).items():
            counted[word, sound(kana)] += POSTS_MAX
        by_sound: dict[str, list[str]] = {}
        for (word, heard), _ in counted.most_common():
            by_sound.setdefault(heard, []).append(word)
        return by_sound

    def _of_boards(self) -> Iterator[tuple[str, str]]:
        for board in self._screen.node.boards.values():
            short = [
                field.name
                for field in board.fields
                if field.type is FieldType.TEXT and (field.in_list or field.name == board.title)
            ]
            for post in self._screen.node.posts(board, limit=POSTS_MAX):
                for name in short:
                    text = post.text(name)
                    for span in reading_of(board, post.fields, name):
                        word = text[span.start : span.end]
                        if len(word) > 1 and has_kanji(word) and word[0] not in "0123456789":
                            yield word, sound(span.kana)


def candidate_words(screen: Screen) -> Blueprint:
    """`/kiosk/words?typed=`."""
    pages = Blueprint("candidates", __name__)
    candidates, pace = Candidates(screen), Pace()

    @pages.get("/kiosk/words")
    def words() -> Response:
        if not at_this_machine():
            abort(404)
        if not pace.allows(clock.running()):
            return Response(status=429)
        return jsonify(candidates.beginning(request.args.get("typed", "")))

    return pages
