"""What an image says of itself, in one sector before its first partition: what it is, and the
digest of all that starts a machine, so that a copy that was cut short or damaged goes nowhere.
"""

import re
from dataclasses import dataclass

from provisioning.disk.layout import SECTOR

DESCRIBED_AT = 512 << 10
_SAYS = re.compile(
    rb"kairan image 1\nversion ([\w.+-]{1,40})\nmade ([0-9]{1,12})\nsha256 ([0-9a-f]{64})\n\0*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Of one image."""

    version: str  # of the software in it
    made: int  # seconds since 1970: when its packages were locked
    digest: str  # of what old machines start from, and of all partitions

    def encoded(self) -> bytes:
        """As one sector."""
        text = f"kairan image 1\nversion {self.version}\nmade {self.made}\nsha256 {self.digest}\n"
        return text.encode().ljust(SECTOR, b"\0")


def described(head: bytes) -> Description | None:
    """By what an image begins with; None where it is no image of ours."""
    found = _SAYS.fullmatch(head[DESCRIBED_AT : DESCRIBED_AT + SECTOR])
    if found is None:
        return None
    version, made, digest = (part.decode() for part in found.groups())
    return Description(version=version, made=int(made), digest=digest)


def with_description(head: bytes, description: Description) -> bytes:
    """The beginning of a disk, with that in it."""
    end = DESCRIBED_AT + SECTOR
    return head[:DESCRIBED_AT] + description.encoded() + head[end:]
