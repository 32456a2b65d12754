"""Who is who in a town, for whoever keeps its keys: by what was said so far, and stands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from node.membership import Membership, membership
from provisioning.paper import PLACES
from provisioning.sealed_key import Place
from sync.letters import fingerprint
from sync.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One certified machine."""

    key: str  # hex
    fingerprint: str
    name: str
    roles: tuple[str, ...]
    classes: tuple[str, ...]
    by: tuple[str, ...]  # fingerprints of the authority keys that say so
    revoked: bool
    in_doubt: bool  # its seed was used by another machine, too
    cuts: int  # lanes that hold in part all the same, where it is revoked
    successors: tuple[str, ...]  # keys in hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A town's keys and machines."""

    keys: Mapping[str, str]  # what speaks for it now, by place: fingerprints
    replaced: tuple[str, ...]
    machines: tuple[Listed, ...]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return asdict(self)


def listing(trust: Trust, town: str) -> Listing:
    """By all statements that are held."""
    office = trust.in_office(town)
    machines = [
        _listed(trust, town, key) for key in sorted(trust.keys()) if town in trust.towns(key)
    ]
    return Listing(
        keys={
            place.name.lower(): fingerprint(key)
            for place, key in zip(Place, office.keys, strict=False)
        },
        replaced=tuple(sorted(map(fingerprint, office.replaced))),
        machines=tuple(sorted(machines, key=lambda m: (m.name, m.roles, m.key))),
    )


def in_words(found: Listing, town_name: str) -> str:
    """For people."""
    lines = [f"{town_name}の鍵"]
    lines += [f"  {PLACES[Place[place.upper()]]}  {said}" for place, said in found.keys.items()]
    lines += [f"  前の鍵      {said}（もう通りません）" for said in found.replaced]
    lines += ["", f"機械（{len(found.machines)}台分の証明）"]
    names = {machine.key: machine.name for machine in found.machines}
    for machine in found.machines:
        state = "使えます"
        if machine.roles == ("enrolment",):
            state = "準備ファイル"
        if machine.in_doubt:
            state = "確かめ待ち（同じ準備ファイルから2台以上できています。kairan confirm）"
        if machine.revoked:
            state = "取り消しました"
        if machine.cuts:
            state += f"（{machine.cuts}本の列は途中まで残しました）"
        lines.append(
            f"  {machine.fingerprint}  {'・'.join(machine.roles)}  {machine.name}: {state}"
        )
        lines += [f"    後を継ぐ機械: {names.get(heir, heir[:16])}" for heir in machine.successors]
    return "\n".join(lines)


def _listed(trust: Trust, town: str, key: bytes) -> Listed:
    certificates = [c for c in trust.certificates(key) if town in c.towns]
    revocation = trust.revocation(key, town)
    return Listed(
        key=key.hex(),
        fingerprint=fingerprint(key),
        name=trust.name(key),
        roles=tuple(sorted({str(c.role) for c in certificates})),
        classes=tuple(
            class_.name.lower() for class_ in sorted({k for c in certificates for k in c.classes})
        ),
        by=tuple(
            sorted(
                {
                    fingerprint(s.signer)
                    for s in trust.statements
                    if s.certificate and s.certificate.key == key and town in trust.towns_of(s)
                }
            )
        ),
        revoked=revocation is not None,
        in_doubt=membership(trust, key, town) is Membership.IN_DOUBT,
        cuts=len(revocation.cuts) if revocation else 0,
        successors=tuple(sorted(heir.hex() for heir in trust.successors(key, town))),
    )
