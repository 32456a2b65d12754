"""Makes whatever Python is started with this folder on its path software of some time ago.

It has never heard of `switch-off`: to it such a record is one of a kind that it doesn't know.
"""

import importlib.metadata
from collections.abc import Sequence

from node.views.switches import Switches
from node.views.views import Views
from sync.switch_off import SwitchedOff

_made, _version = Views.__init__, importlib.metadata.version


def _without_switches(self: Views, *arguments: object, **named: object) -> None:
    _made(self, *arguments, **named)  # type: ignore[arg-type]  # as they came
    self._decisions = tuple(kind for kind in self._decisions if kind is not self.switches)
    self._no_posts.discard(self.switches.board)
    del self._groups[self.switches.board]


def _none(self: Switches, town: str) -> Sequence[SwitchedOff]:
    return []


def _older(distribution_name: str) -> str:
    return "0.0.1" if distribution_name == "kairan" else _version(distribution_name)


Views.__init__ = _without_switches  # type: ignore[method-assign]
Switches.of = _none  # type: ignore[method-assign]
importlib.metadata.version = _older
