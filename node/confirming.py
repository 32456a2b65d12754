"""At the office: which of the machines that were set up with one seed people know."""

from dataclasses import dataclass

from node.node import Node
from sync.certificate import Role
from sync.enrolment import confirm
from sync.ingest import ingest_statement
from sync.letters import as_meant, fingerprint


class CannotConfirm(Exception):
    """It can't be done. The message is for the person at the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A machine of which there are several, by its seed."""

    name: str
    seed: bytes
    children: tuple[bytes, ...]


def doubts(node: Node) -> list[Doubt]:
    """All that are known here."""
    trust = node.ledger.trust()
    return [
        Doubt(name=trust.name(min(children)), seed=seed, children=tuple(sorted(children)))
        for seed, children in sorted(trust.in_doubt.items())
        if any(node.settings.town in trust.towns(child) for child in children)
    ]


def confirm_child(node: Node, typed: str) -> str:
    """The machine with that fingerprint is the one; its name. Raises CannotConfirm."""
    wanted = as_meant("".join(typed.split()))
    with node.ledger.transaction():
        trust, town = node.ledger.trust(), node.settings.town
        found = [
            (seed, child)
            for statement in trust.statements
            if statement.certificate is not None and statement.certificate.by is not None
            for seed, child in [
                (statement.certificate.by.certificate.key, statement.certificate.key)
            ]
            if town in statement.certificate.towns and "".join(fingerprint(child).split()) == wanted
        ]
        if not found:
            raise CannotConfirm(f"指紋「{typed}」の、確かめ待ちの機械はありません。")
        vouchers = [
            statement.encoded
            for statement in trust.statements
            if statement.certificate is not None
            and statement.certificate.key == node.identity.public
            and statement.certificate.role is Role.OFFICE
            and town in trust.towns_of(statement)
        ]
        if not vouchers or trust.is_revoked(node.identity.public, town):
            raise CannotConfirm("確かめることができるのは、役場の機械だけです。")
        seed, child = found[0]
        said = confirm(
            seed,
            child,
            1 + trust.confirmations(seed),
            min(vouchers),
            node.identity.private,
        )
        ingest_statement(node.ledger, said)
        return node.ledger.trust().name(child)
