"""What this machine holds, in the 8 bytes that neighbours compare; reckoned once a version."""

from threading import Lock

from node.node import Node
from sync.announcement import held_in_short
from sync.machine.opening import open_identity
from sync.machine.own_keys import has_key
from sync.machine.settings import FEED_KEY_FILE


class Standing:
    """Of one machine, for all its threads."""

    def __init__(self, node: Node) -> None:
        """Nothing is reckoned yet."""
        self._node = node
        self._lock = Lock()
        self._version = -1
        self._digest = b""
        self._own = {node.identity.public}
        if has_key(node.settings.folder, FEED_KEY_FILE):
            self._own.add(open_identity(node.settings, FEED_KEY_FILE).public)

    def digest(self) -> bytes:
        """Of what is held now."""
        with self._lock:
            version = self._node.version()
            if version != self._version:
                self._digest = held_in_short(self._node.ledger, self._node.settings.town)
                self._version = version
            return self._digest

    def written_here(self) -> int:
        """How many entries were; it grows with each."""
        return sum(
            item.held.number for item in self._node.ledger.lanes() if item.lane.author in self._own
        )
