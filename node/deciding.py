"""What this machine signs about a record, and how that is lifted again.

Whose word that is and who may lift it, docs/spec/3-trust.md says; who may say it here, those do who
call this.
"""

from collections.abc import Mapping

from node.node import Node, NotAllowed
from node.views.words import Words
from sync.about import About
from sync.decision import Decision, as_fields
from sync.entry import CHECK_BYTES, RecordId
from sync.record import WITHDRAWN, resolve
from sync.writing import Draft


def about(
    node: Node,
    record: RecordId,
    *,
    kind: str,
    field: str,
    reason: str,
    by: bytes | None = None,
    second: bytes | None = None,
) -> Draft:
    """A decision about a record that is held. Raises NotAllowed where it isn't (any more)."""
    stretch, head = node.ledger.stretch(record.lane), node.ledger.head_at(*record)
    if stretch is None or head is None:
        raise NotAllowed
    named = About(lane=stretch.lane.id, number=record.number, check=head[:CHECK_BYTES])
    fields = as_fields(field, named, reason, second=second)
    return Draft(kind=kind, fields=fields, account=by)


def withdrawal(
    node: Node,
    record: RecordId,
    *,
    kind: str,
    groups: Mapping[str, Mapping[str, str]],
    by: bytes | None,
) -> Draft:
    """What lifts a decision that is held."""
    found = resolve(node.ledger.record(record), trust=node.ledger.trust(), groups=groups)
    assert found is not None, "what stands in the views resolves"
    return Draft(
        kind=kind,
        fields={WITHDRAWN: True},
        record=found.id,
        parents=found.versions,
        counter=found.counter + 1,
        account=by,
    )


def answer_to(
    node: Node, record: RecordId, *, granted: Words, declined: Words
) -> tuple[bool, Decision] | None:
    """What was decided of just that record, and whether it was granted, which comes first."""
    stretch, head = node.ledger.stretch(record.lane), node.ledger.head_at(*record)
    if stretch is None or head is None:
        return None
    for grants, decisions in ((True, granted), (False, declined)):
        for decision in decisions.about(stretch.lane.id, record.number):
            if decision.town == stretch.lane.town and head.startswith(decision.about.check):
                return grants, decision
    return None


def may_lift(node: Node, decision: Decision) -> bool:
    """Whether this machine's word ends it: its own, its predecessor's, or any at the office."""
    return decision.town == node.settings.town and (
        node.is_office or is_ours(node, decision.author)
    )


def is_ours(node: Node, author: bytes) -> bool:
    """Whether that was written by this machine, or by the one whose place it took."""
    own, trust, town = node.identity.public, node.ledger.trust(), node.settings.town
    return author == own or trust.succeeds(own, author, town)
