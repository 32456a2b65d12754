"""A post, as other records name it: by its first entry, and so that a fork's other isn't meant."""

from dataclasses import dataclass

from sync.entry import CHECK_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The record that begins there."""

    lane: bytes  # the lane's id, also on a branch
    number: int
    check: bytes  # of the head there

    @property
    def as_array(self) -> list[object]:
        """As it stands in fields."""
        return [self.lane, self.number, self.check]


def read_about(said: object) -> About | None:
    """What an array names; None if it is none of ours."""
    match said:
        case [bytes(lane), int(number), bytes(check)] if (
            len(lane) == 32
            and not isinstance(number, bool)
            and number >= 1
            and len(check) == CHECK_BYTES
        ):
            return About(lane=lane, number=number, check=check)
        case _:
            return None
