"""Faults that could be put into `sync/`, each as text in the place of other text.

`tests.village.mutants` puts them in, one after another, and sees that villages find each.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Patch(NamedTuple):
    """One piece of text in the place of another. Where two places see to one thing, both are."""

    file: str
    old: str
    new: str


FAULTS: Mapping[str, Sequence[Patch]] = {
    "chain check skipped": [
        Patch(
            "sync/ingest.py",
            "        verify_head(lane, bundle.last, links[-1].head, bundle.signature)\n",
            "",
        ),
    ],
    "merge order turned": [
        Patch("sync/record.py", "        winner = max(\n", "        winner = min(\n"),
    ],
    "held entries dropped": [
        Patch(
            "sync/ingest.py",
            "            ledger.let_go(waiting)\n",
            "            pass\n        ledger.let_go(waiting)\n",
        ),
    ],
    "parents ignored": [
        Patch("sync/record.py", "                or len(parents) != len(named)\n", ""),
    ],
    "ancestors ignored": [
        Patch("sync/record.py", "        below |= versions[bit].ancestors\n", "        pass\n"),
    ],
    "hole counted as erased": [
        Patch(
            "sync/record.py",
            "if any(v.stored.payload is None and not v.stored.ordered_away for v in versions):",
            "if False:",
        ),
    ],
    "what was erased stands as it was before": [
        Patch(
            "sync/record.py",
            "    return any(not below >> bit & 1 for below in replaced for bit in gone)\n",
            "    return False\n",
        ),
    ],
    "an alert without its payload has no name": [
        Patch(
            "sync/record.py",
            "return said if self.header.outside is None else",
            "return said if self.header.outside is None or not self.payload else",
        ),
    ],
    "revocation cut off by one": [
        Patch(
            "sync/histories.py",
            "return entry.number <= cut.number and",
            "return entry.number < cut.number and",
        ),
    ],
    "fork overwritten": [
        Patch(
            "sync/ingest.py",
            "            at, forked = ledger.branch(bundle.lane, at, rest), True\n",
            "            return Kept(payloads=filled)\n",
        ),
    ],
    "frontier without holes": [
        Patch(
            "sync/histories.py",
            "Held(leaf.number, leaf.head, missing)",
            "Held(leaf.number, leaf.head, ())",
        ),
    ],
    "register replay accepted": [
        Patch(
            "sync/machine/memory.py",
            "        if held is not None and held.order >= register.order:\n",
            "        if False:\n",
        ),
    ],
    "audience ignored": [
        Patch(
            "sync/trust.py",
            "        held = tuple(c for c in held if lane.audience in c.audiences)\n",
            "",
        ),
    ],
    "an entry on a branch named by the branch": [
        Patch(
            "sync/writing.py",
            "Reference(EntryId(stretch.lane.id, entry.number), head[:CHECK_BYTES])",
            "Reference(entry, head[:CHECK_BYTES])",
        ),
    ],
    "offer replay accepted": [
        Patch("sync/machine/responding.py", "if opened.counter <= seen:", "if opened.counter < 0:"),
    ],
    "anybody may order payloads away": [
        Patch("sync/order.py", " or not ledger.trust().is_office(lane.author, lane.town):", ":"),
        Patch(
            "sync/histories.py",
            "            or not self.trust().is_office(by.lane.author, by.lane.town)\n",
            "",
        ),
    ],
    "another's record may be changed": [
        Patch(
            "sync/record.py",
            "            author == origin.author\n",
            "            True\n            or author == origin.author\n",
        ),
    ],
    "only the first part is told": [
        Patch(
            "sync/machine/exchanging.py",
            "        if not offered.here.span.after < upto < EVERYWHERE.upto:\n",
            "        if True:\n",
        ),
    ],
    "the hub tells every town": [
        Patch(
            "sync/machine/responding.py",
            "        scope = scope_of(trust, asked) & own_scope(trust, me.public)\n",
            "        scope = own_scope(trust, me.public)\n",
        ),
    ],
    "any centre hides anybody's post": [
        Patch(
            "sync/hiding.py",
            "(by == author or trust.succeeds(by, author, town))",
            "True",
        ),
    ],
    "what was lifted stays hidden": [
        Patch(
            "sync/decision.py",
            "stands=record.complete and record.understood and not record.withdrawn,",
            "stands=record.complete and record.understood,",
        ),
    ],
}
