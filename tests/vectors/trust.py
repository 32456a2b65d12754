"""Examples for docs/spec/3-trust.md."""

from collections.abc import Iterator

from tests.vectors.kit import (
    OTHER_TOWN,
    THIRD_TOWN,
    TOWN,
    H,
    Lane,
    Vector,
    cbor,
    certificate,
    child,
    child_claims,
    claims,
    confirmation,
    crockford,
    public,
    read_as,
    sealed,
    seed_certificate,
    statement,
)

ROLES = ("office", "node", "feed", "hub", "enrolment")


def _expected(type_: str, payload: object, encoded: bytes) -> dict[str, object]:
    known = type_ != "kairan-something"
    return read_as([public("authority"), type_, payload if known else cbor(payload)], encoded)


def certificate_vectors() -> Iterator[Vector]:
    accepted = {
        role: (f"all that a certificate of this role may name: {role}", claims(role, role))
        for role in ROLES
    }
    accepted |= {
        "two-towns": (
            "one certificate for two towns",
            claims("hub", "hub", towns=sorted([TOWN, OTHER_TOWN])),
        ),
        "little": (
            "a node that may write one class for one audience",
            claims("n", "node", classes=[4], audiences=[1]),
        ),
        "nothing": ("a node that may write nothing", claims("n", "node", classes=[], audiences=[])),
        "longest-name": ("a name of 100 characters", claims("n", "node", sub="里" * 100)),
        "one-life": ("a certificate for one incarnation", claims("n", "node", incarnations=1)),
        "unknown-claim": (
            "unknown claims are passed over",
            claims("n", "node") | {7: b"id", -70000: [1]},
        ),
    }
    for name, (shows, payload) in accepted.items():
        encoded = statement(payload)
        yield Vector(
            name=f"certificate-{name}",
            shows=shows,
            kind="statement",
            bytes=encoded,
            expect=_expected("kairan-certificate", payload, encoded),
        )
    for name, shows, wrong in (
        ("node-alert", "a node may write no alerts", claims("n", "node", classes=[1, 2, 3, 4])),
        ("node-release", "a node may write no releases", claims("n", "node", classes=[5])),
        ("feed-trust", "a feed may write nothing of trust", claims("n", "feed", classes=[1, 2, 4])),
        ("feed-message", "a feed may write no messages", claims("n", "feed", classes=[2, 3, 4])),
        ("hub-board", "a hub may write nothing", claims("n", "hub", classes=[4], audiences=[1])),
        (
            "enrolment-trust",
            "an enrolment key may write nothing",
            claims("n", "enrolment", classes=[1]),
        ),
        ("unknown-role", "a role that doesn't exist", claims("n", "mayor", classes=[])),
        ("unknown-class", "a class that doesn't exist", claims("n", "office", classes=[4, 6])),
        ("unknown-audience", "an audience that doesn't exist", claims("n", "node", audiences=[3])),
        ("towns-unsorted", "towns out of order", claims("n", "node", towns=[TOWN, OTHER_TOWN])),
        ("towns-twice", "a town named twice", claims("n", "node", towns=[TOWN, TOWN])),
        ("towns-none", "a certificate for no town", claims("n", "node", towns=[])),
        (
            "towns-check-digit",
            "a town whose check digit is wrong",
            claims("n", "node", towns=["131017"]),
        ),
        ("classes-unsorted", "classes out of order", claims("n", "node", classes=[3, 1])),
        ("classes-twice", "a class named twice", claims("n", "node", classes=[3, 3])),
        ("classes-true", "true is not the integer 1", claims("n", "node", classes=[True])),
        ("audiences-unsorted", "audiences out of order", claims("n", "node", audiences=[2, 1])),
        ("counter-0", "counters begin at 1", claims("n", "node", counter=0)),
        ("incarnations-0", "a certificate for no incarnation", claims("n", "node", incarnations=0)),
        ("incarnations-true", "true is not the integer 1", claims("n", "node", incarnations=True)),
        ("name-101", "a name of 101 characters", claims("n", "node", sub="里" * 101)),
        (
            "short-key",
            "a key of 31 bytes",
            claims("n", "node", cnf={1: {1: 1, -1: 6, -2: bytes(31)}}),
        ),
        (
            "other-curve",
            "a key of another curve",
            claims("n", "node", cnf={1: {1: 1, -1: 4, -2: bytes(32)}}),
        ),
        (
            "no-cnf",
            "a certificate of no key",
            {k: v for k, v in claims("n", "node").items() if k != 8},
        ),
        ("array", "claims that aren't a map", ["node"]),
    ):
        yield Vector(
            name=f"certificate-{name}",
            shows=f"{shows}: refused whole",
            kind="statement",
            bytes=statement(wrong),
            refused="malformed",
        )


def envelope_vectors() -> Iterator[Vector]:
    payload, by = cbor(claims("n", "node")), public("authority")
    type_ = "kairan-certificate"
    good = statement(claims("n", "node"))
    for name, shows, encoded in (
        (
            "unprotected",
            "a header outside the signature",
            sealed(payload, type_=type_, key_id=by, signer="authority", unprotected={4: by}),
        ),
        (
            "algorithm",
            "another algorithm",
            sealed(
                payload,
                type_=type_,
                key_id=by,
                signer="authority",
                protected={1: -7, 4: by, 16: type_},
            ),
        ),
        (
            "more-protected",
            "another protected header",
            sealed(
                payload,
                type_=type_,
                key_id=by,
                signer="authority",
                protected={1: -8, 3: 0, 4: by, 16: type_},
            ),
        ),
        (
            "short-signer",
            "a signer that isn't a key",
            sealed(payload, type_=type_, key_id=by[:8], signer="authority"),
        ),
        ("tagged", "COSE's tag for COSE_Sign1", b"\xd2" + good),
        (
            "detached",
            "a payload that isn't there",
            b"\x84" + good[1:].replace(cbor(payload), b"\xf6"),
        ),
        (
            "signature-63",
            "a signature of 63 bytes",
            b"\x84" + good[1:-66] + b"\x58\x3f" + good[-63:],
        ),
        (
            "payload-not-cbor",
            "a certificate that isn't CBOR",
            sealed(b"\xff", type_=type_, key_id=by, signer="authority"),
        ),
    ):
        yield Vector(
            name=f"statement-{name}",
            shows=shows,
            kind="statement",
            bytes=encoded,
            refused="malformed",
        )
    yield Vector(
        name="statement-wrong-signature",
        shows="signed by another than it names",
        kind="statement",
        bytes=sealed(payload, type_=type_, key_id=by, signer="somebody"),
        refused="signature",
    )
    yield Vector(
        name="statement-one-bit",
        shows="a good statement with one bit of its signature changed",
        kind="statement",
        bytes=good[:-1] + bytes([good[-1] ^ 1]),
        refused="signature",
    )
    yield Vector(
        name="statement-over-4096-bytes",
        shows="longer than the limit",
        kind="statement",
        bytes=statement(claims("n", "node") | {-70000: bytes(4096)}),
        refused="too large",
    )


def other_statement_vectors() -> Iterator[Vector]:
    board = Lane(author="kamisato")
    newer = {1: public("kamisato"), 2: 2, 3: [[board.array, 7, H(b"a head")]]}
    for name, shows, type_, payload in (
        (
            "revocation",
            "nothing of that key counts any more",
            "kairan-revocation",
            {1: public("kamisato"), 2: 1, 3: []},
        ),
        (
            "revocation-cut",
            "what the key wrote up to a number counts again",
            "kairan-revocation",
            newer,
        ),
        (
            "successor",
            "a new machine in the place of an old one",
            "kairan-successor",
            {1: public("kamisato"), 2: public("kamisato new"), 3: 1},
        ),
        (
            "authority",
            "another key in an authority's place",
            "kairan-authority",
            {1: public("authority"), 2: public("next authority"), 3: 1},
        ),
        (
            "unknown",
            "a type of later: kept and passed on, without meaning",
            "kairan-something",
            {"any": ["thing"]},
        ),
    ):
        encoded = statement(payload, type_=type_)
        yield Vector(
            name=f"statement-{name}",
            shows=shows,
            kind="statement",
            bytes=encoded,
            expect=_expected(type_, payload, encoded),
        )


def permission_vectors() -> Iterator[Vector]:
    authorities = {TOWN: [public("authority").hex()], OTHER_TOWN: [public("other authority").hex()]}
    rank = {"office": (2, 2), "node": (1, 1), "feed": (1, 2)}

    def permission(
        name: str, shows: str, lane: Lane, statements: list[bytes], outcome: int | str
    ) -> Vector:
        return Vector(
            name=f"permission-{name}",
            shows=shows,
            kind="permission",
            bytes=cbor(lane.array),
            given={"authorities": authorities, "statements": [s.hex() for s in statements]},
            expect={"rank": outcome}
            if isinstance(outcome, int)
            else ({"waiting": True} if outcome == "waiting" else None),
            refused=outcome if isinstance(outcome, str) and outcome != "waiting" else None,
        )

    for role in ROLES:
        for class_ in range(1, 7):
            lane = Lane(author=role, class_=class_)
            may = class_ in {
                "office": (1, 2, 3, 4, 5, 6),
                "node": (1, 3, 4, 6),
                "feed": (2, 4, 6),
            }.get(role, ())
            yield permission(
                f"{role}-class-{class_}",
                f"the widest certificate of a {role}, and a lane of class {class_}",
                lane,
                [certificate(role, role)],
                rank[role][class_ == 2] if may else "class",
            )
    node = Lane(author="node")
    board = certificate("node", "node", classes=[4], audiences=[1])
    trust = certificate("node", "node", classes=[1], audiences=[2], counter=2)
    here = certificate("node", "node")
    stranger = certificate("node", "node", signer="somebody")
    for name, shows, lane, statements, outcome in (
        (
            "none",
            "no certificate of the author is held",
            node,
            [certificate("office", "office")],
            "waiting",
        ),
        (
            "by-a-stranger",
            "signed by nobody's authority: as if it weren't there",
            node,
            [stranger],
            "waiting",
        ),
        (
            "other-town",
            "certified for another town",
            Lane(author="node", town=OTHER_TOWN),
            [here],
            "town",
        ),
        (
            "foreign",
            "no authority of the town is known",
            Lane(author="node", town=THIRD_TOWN),
            [here],
            "foreign",
        ),
        (
            "audience",
            "certified for another audience",
            Lane(author="node", audience=2),
            [board],
            "audience",
        ),
        (
            "add-up",
            "several certificates add up",
            Lane(author="node", class_=1, audience=2),
            [board, trust],
            1,
        ),
        (
            "not-crosswise",
            "but each lane needs one that names all of it",
            Lane(author="node", class_=1),
            [board, trust],
            "audience",
        ),
        ("life-8", "the last life that is allowed", Lane(author="node", ordinal=8), [here], 1),
        ("life-9", "one life too many", Lane(author="node", ordinal=9), [here], "incarnation"),
        (
            "wrong-authority",
            "another town's authority has no say",
            node,
            [certificate("node", "node", signer="other authority")],
            "waiting",
        ),
        (
            "two-towns",
            "one authority can't speak for two towns",
            node,
            [certificate("node", "node", towns=[OTHER_TOWN, TOWN])],
            "waiting",
        ),
    ):
        yield permission(name, shows, lane, statements, outcome)


def wrong_replacement_vectors() -> Iterator[Vector]:
    good: dict[int, object] = {1: public("authority"), 2: public("next authority"), 3: 1}
    for name, shows, wrong in (
        ("counter-0", "counters begin at 1", good | {3: 0}),
        ("counter-true", "true is not the integer 1", good | {3: True}),
        ("short-key", "a key of 31 bytes", good | {2: bytes(31)}),
        ("more", "another key of the map", good | {4: 1}),
        ("no-counter", "a key of the map is absent", {1: good[1], 2: good[2]}),
    ):
        yield Vector(
            name=f"authority-{name}",
            shows=shows,
            kind="statement",
            bytes=statement(wrong, type_="kairan-authority"),
            refused="malformed",
        )


def enrolment_vectors() -> Iterator[Vector]:
    """What a machine says of itself with its seed, and what an office says of that."""
    type_ = "kairan-certificate"
    for name, shows, encoded, value in (
        (
            "child",
            "a machine certifies itself with its seed",
            child("kamisato"),
            [public("seed"), type_, child_claims("kamisato")],
        ),
        (
            "request",
            "what a machine shows that asks to be certified: no statement of any ledger",
            statement({1: "上郷", 2: TOWN}, signer="kamisato", type_="kairan-request"),
            [public("kamisato"), "kairan-request", cbor({1: "上郷", 2: TOWN})],
        ),
        (
            "confirmation",
            "an office says which child it is",
            confirmation("kamisato"),
            [
                public("town hall"),
                "kairan-confirmation",
                {
                    1: public("seed"),
                    2: public("kamisato"),
                    3: 1,
                    4: certificate("town hall", "office"),
                },
            ],
        ),
    ):
        yield Vector(
            name=f"enrolment-{name}",
            shows=shows,
            kind="statement",
            bytes=encoded,
            expect=read_as(value, encoded),
        )
    bad = seed_certificate()[:-1] + bytes([seed_certificate()[-1] ^ 1])
    node, office = certificate("seed", "node"), certificate("town hall", "office")
    signed = statement(child_claims("kamisato"), signer="authority")
    for name, shows, encoded, why in (
        ("signer", "the seed's certificate, signed by another key", signed, "malformed"),
        ("role", "a child that isn't a node", child("kamisato", role="feed"), "malformed"),
        ("name", "a child of another name", child("kamisato", sub="mayor"), "malformed"),
        ("towns", "a child of another town", child("kamisato", towns=[OTHER_TOWN]), "malformed"),
        ("lives", "a child of more lives", child("kamisato", incarnations=5), "malformed"),
        ("itself", "a seed's own child", child("seed"), "malformed"),
        ("class", "a child that may write alerts", child("kamisato", classes=[2]), "malformed"),
        ("node-voucher", "the voucher is a node's", child("kamisato", node), "malformed"),
        (
            "voucher-of-another",
            "the voucher is another key's",
            child("kamisato", certificate("somebody", "enrolment", sub="kamisato")),
            "malformed",
        ),
        ("grandchild", "a voucher with a voucher", child("shimosato", child("seed2")), "malformed"),
        ("voucher-signature", "a voucher that is forged", child("kamisato", bad), "signature"),
        ("voucher-no-cose", "a voucher that is none", child("kamisato", b"?"), "malformed"),
        (
            "confirmation-node",
            "a node confirms nobody",
            confirmation("kamisato", by="node", voucher=certificate("node", "node")),
            "malformed",
        ),
        (
            "confirmation-signer",
            "another's certificate",
            confirmation("kamisato", by="node", voucher=office),
            "malformed",
        ),
        ("confirmation-counter-0", "from 1 on", confirmation("kamisato", counter=0), "malformed"),
    ):
        yield Vector(
            name=f"enrolment-{name}",
            shows=shows,
            kind="statement",
            bytes=encoded,
            refused=why,
        )


def vectors() -> Iterator[Vector]:
    yield from enrolment_vectors()
    yield from wrong_replacement_vectors()
    yield from certificate_vectors()
    yield from envelope_vectors()
    yield from other_statement_vectors()


def letters_vectors() -> Iterator[Vector]:
    """Bytes as letters that people read and type."""
    for name, shows, data, text in (
        ("none", "no bytes", b"", ""),
        ("one", "eight bits, and two zeros", b"\xff", "ZW"),
        ("five", "just eight letters", b"\x00\x44\x32\x14\xc7", "01234567"),
        ("zs", "the last of the letters", b"\xff" * 5, "ZZZZZZZZ"),
    ):
        yield Vector(
            name=f"letters-{name}",
            shows=shows,
            kind="letters",
            bytes=data,
            expect={"letters": text},
        )
    for machine in ("kamisato", "town hall"):
        yield Vector(
            name=f"fingerprint-{machine.replace(' ', '-')}",
            shows="what people compare of a key",
            kind="fingerprint of a key",
            bytes=public(machine),
            expect={"fingerprint": crockford(H(public(machine))[:10])},
        )


def rules() -> Iterator[Vector]:
    yield from letters_vectors()
    yield from permission_vectors()
