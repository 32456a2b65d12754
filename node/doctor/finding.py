"""One thing that is wrong: its name for programs, and sentences for a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Grave(StrEnum):
    """How soon somebody should do something."""

    NOW = "now"  # something doesn't work
    SOON = "soon"  # it works, and one day it won't
    KNOW = "know"  # good to know; it may mend itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong, and what to do."""

    name: str
    grave: Grave
    said: tuple[str, ...]  # sentences, each a line
    todo: str = ""  # where they don't say it themselves
    for_keeper: bool = False  # it is said on the screen and by `kairan status` too

    @property
    def lines(self) -> list[str]:
        """All that is said of it."""
        return [*self.said, *([self.todo] if self.todo else [])]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "name": self.name,
            "grave": str(self.grave),
            "said": " ".join(each.strip() for each in self.said),
            "todo": self.todo,
        }


_HEADINGS = {
    Grave.NOW: "いますぐ直すこと",
    Grave.SOON: "近いうちにすること",
    Grave.KNOW: "知っておくこと",
}


def in_words(machine: str, findings: Iterable[Finding]) -> str:
    """For whoever tends the machine, the gravest first."""
    found = list(findings)
    if not found:
        return f"{machine}: 悪いところは見つかりませんでした。"
    lines = [f"{machine}: {len(found)}件あります。"]
    for grave, heading in _HEADINGS.items():
        of_it = [each for each in found if each.grave is grave]
        if of_it:
            lines += ["", f"■ {heading}"]
        for each in of_it:
            lines.append(f"・{each.said[0]}")
            lines += [f"  {line.strip()}" for line in each.said[1:]]
            if each.todo:
                lines.append(f"  → {each.todo}")
    return "\n".join(lines)
