"""What a neighbour is said to hold, and whether it is worth going to look.

A word by mDNS is unsigned, and one that is signed may be old: whatever is said, going for nothing
again and again waits longer each time.
"""

from node.lan.standing import Standing
from node.node import Node
from sync.lacking import held_digest
from sync.machine import clock
from sync.scope import own_scope, scope_of_machine

SURE_SECONDS = 3_600.0
"""What mDNS says is unsigned: so often neighbours that seem to be equal make sure of it."""

FREE = 2  # offers in a row on hearsay that moved nothing; then they wait, twice as long
WAIT_SECONDS_MAX = 60.0  # each time


class Hearsay:
    """Of one neighbour."""

    def __init__(self, node: Node, standing: Standing) -> None:
        """Nothing was heard yet."""
        self._node = node
        self._standing = standing
        self._theirs: bytes | None = None  # what they hold, as they say
        self._word: bytes | None = None  # the same, where it makes us go and look
        self._tried: tuple[bytes, bytes | None] | None = None  # ours and theirs, and stayed so
        self._sure_at = -SURE_SECONDS  # when that both are equal was last signed
        self._for_nothing = 0
        self._not_before = 0.0

    def say(self, digest: bytes) -> bool:
        """They said themselves, signed, that they hold this; whether to go and look."""
        self._theirs = digest
        return self._is_news(digest)

    def mention(self, digest: bytes, *, proved: bool) -> bool:
        """MDNS says so; `proved`: of the place where we found them."""
        if proved or self._theirs is None:
            self._theirs = digest
        return self._is_news(digest)

    def _is_news(self, digest: bytes) -> bool:
        ours = self._standing.digest()
        if digest == ours or self._tried == (ours, digest):
            return False
        self._word = digest
        return True

    def take_word(self) -> bytes | None:
        """What makes us go, once."""
        word, self._word = self._word, None
        return word

    def is_worth_going(self, word: bytes | None, key: bytes | None) -> bool:
        """Whether that word, or what is known of them, says that we differ still."""
        return word not in (None, self._standing.digest()) or not self.is_equal(key)

    def is_equal(self, key: bytes | None) -> bool:
        """Whether both hold the same, as they said, or as both once signed."""
        if key is None:
            return False
        return self.is_said_equal() or self._agreed(key)

    def is_said_equal(self) -> bool:
        """As they said."""
        return self._theirs is not None and self._theirs == self._standing.digest()

    def is_sure(self) -> bool:
        """Whether that was signed not long ago."""
        return clock.running() - self._sure_at <= SURE_SECONDS

    def _agreed(self, key: bytes) -> bool:
        ledger = self._node.ledger
        trust = ledger.trust()
        scope = scope_of_machine(trust, key) & own_scope(trust, self._node.identity.public)
        return ledger.known(key).agreed_digest == held_digest(ledger, scope)

    # what going there was worth

    def went(self, *, moved: bool, equal: bool) -> float:
        """An exchange ended; the seconds until it is worth another one."""
        ours = self._standing.digest()
        if moved:
            self._for_nothing = 0
            self._not_before = 0.0
        else:
            self._not_before = clock.running() + self._longer()
        if equal:
            self._theirs, self._tried = ours, None
            self._sure_at = clock.running()
            return 0.0
        self._tried = (ours, self._theirs)
        return self._longer()

    def failed(self) -> float:
        """It could not be held; the seconds to wait."""
        wait = self._longer()
        self._not_before = clock.running() + wait
        return wait

    def wait(self) -> float:
        """The seconds for which what mDNS says is not acted upon."""
        return max(0.0, self._not_before - clock.running())

    def _longer(self) -> float:
        self._for_nothing += 1
        if self._for_nothing <= FREE:
            return 0.0
        return min(2.0 ** (self._for_nothing - FREE - 1), WAIT_SECONDS_MAX)
