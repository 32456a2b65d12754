"""What can be wrong with what was sent, split by who must act."""


class Malformed(Exception):
    """What was sent cannot be read."""


class TooLarge(Malformed):
    """What was sent is larger than anything we accept."""


class NotThere(Malformed):
    """The other side has nothing of the kind that was asked for."""


class Unverified(Exception):
    """What was sent is not signed by whom it says."""


class WrongKey(Exception):
    """Whoever answers has another key than we were told; what it has. Nothing was sent."""


class NotEncrypted(Exception):
    """Whoever answers doesn't do so over TLS as we expect; why. Nothing was sent."""


class Unreachable(Exception):
    """The other side could not be reached; we will try again."""


class Busy(Unreachable):
    """The other side has no time just now; in a moment it may."""


class Interrupted(Unreachable):
    """The line broke under way; with less to carry it may come through."""
