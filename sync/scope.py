"""How much of which towns two machines compare (docs/spec/4-ledger.md, "Scope").

All of a machine's own towns, and the open lanes of those that they subscribe to. What is in both
machines' scopes may go from one to the other, and nothing else: whoever sends sees to it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from sync.fork import ForkProof
from sync.lane import Lane
from sync.register import Register
from sync.statement import Statement
from sync.subscription import is_open, taken_by
from sync.trust import Trust


@dataclass(frozen=True, slots=True)
class Scope:
    """Towns, whole or only their open lanes."""

    whole: frozenset[str]
    opened: frozenset[tuple[str, tuple[bytes, ...]]] = frozenset()  # and the keys that vouch

    def __and__(self, other: "Scope") -> "Scope":
        """What is in both."""
        return Scope(
            self.whole & other.whole,
            frozenset(
                pair
                for one, beside in ((self, other), (other, self))
                for pair in one.opened
                if pair[0] in beside.whole or pair in beside.opened
            ),
        )

    @property
    def towns(self) -> frozenset[str]:
        """Of which there is anything in it."""
        return self.whole | {town for town, _ in self.opened}


def scope_of(trust: Trust, towns: Collection[str]) -> Scope:
    """These towns, and what they take of others."""
    whole = frozenset(towns)
    return Scope(whole, frozenset(taken_by(whole, trust.subscriptions).items()))


def scope_of_machine(trust: Trust, key: bytes) -> Scope:
    """What a machine holds, by what certifies it."""
    return scope_of(trust, trust.towns(key))


def own_scope(trust: Trust, key: bytes) -> Scope:
    """The same of this machine: what only towns that we take from say of it gives it no more."""
    return scope_of(trust, trust.towns(key) & trust.authorities.keys())


Towns = Collection[str] | Scope
"""Towns stand for themselves and what they take."""


def sight(trust: Trust, of: Towns) -> "Sight":
    """To see with who knows that much what lies in there."""
    return Sight(trust, of if isinstance(of, Scope) else scope_of(trust, of))


@dataclass(frozen=True)
class Sight:
    """What of all that is known lies in a scope."""

    trust: Trust
    scope: Scope

    def covers(self, lane: Lane) -> bool:
        """Whether that lane does."""
        if lane.town in self.scope.whole:
            return True
        return (
            lane.town in self.scope.towns and is_open(lane) and self._vouched.refusal(lane) is None
        )

    def towns_of(self, statement: Statement) -> frozenset[str]:
        """The towns in the scope in which a statement holds."""
        found = self.trust.towns_of(statement) & self.scope.whole
        if self.scope.opened:
            others = self._vouched.towns_of(statement) - self.scope.whole
            match statement.says:
                case ForkProof(lane=lane):
                    others = others if self.covers(lane) else frozenset()
            found |= others
        return found

    def hears(self, register: Register) -> bool:
        """Whether a register does; of a town that others only subscribe to, none."""
        here = register.town in self.scope.whole
        return here and self.trust.hears(register.author, register.town)

    @cached_property
    def _vouched(self) -> Trust:
        """As a machine sees it that knows no other keys than those."""
        ours = {t: keys for t, keys in self.trust.authorities.items() if t in self.scope.whole}
        return Trust({**ours, **dict(self.scope.opened)}, self.trust.statements)
