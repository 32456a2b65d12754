"""Examples for docs/spec/13-releases.md."""

from collections.abc import Iterator

from tests.vectors.kit import H, Vector, public, read_as, statement

TYPE = "kairan-release"
GIVEN: dict[int, object] = {
    1: 5,
    2: 3,
    3: "0.2.0",
    4: H(b"a file"),
    5: 48_000_000,
    6: "debian12-amd64-python3.11",
    7: [],
    8: 0,
    9: 1,
}
FIRST = sorted([public("kamisato"), public("shimosato")])


def vectors() -> Iterator[Vector]:
    for name, shows, changed in (
        ("all", "every machine of the town should run that file", {}),
        ("first", "two machines go first", {7: FIRST}),
        ("back", "who runs a file of at most number 4 may go back to number 3", {8: 4}),
        ("largest", "the largest file, for the most machines", {5: 1 << 30, 7: _keys(64)}),
    ):
        payload = GIVEN | changed
        encoded = statement(payload, type_=TYPE)
        yield Vector(
            name=f"release-{name}",
            shows=shows,
            kind="statement",
            bytes=encoded,
            expect=read_as([public("authority"), TYPE, payload], encoded),
        )
    wrong: tuple[tuple[str, str, dict[int, object]], ...] = (
        ("counter-0", "counters begin at 1", {1: 0}),
        ("number-0", "numbers begin at 1", {2: 0}),
        ("number-true", "true is not the integer 1", {2: True}),
        ("no-version", "a version without a name", {3: ""}),
        ("version-long", "a version's name of 33 characters", {3: "1" * 33}),
        ("digest-short", "a digest of 31 bytes", {4: H(b"a file")[1:]}),
        ("empty", "a file without a byte", {5: 0}),
        ("large", "a file of more than 1 GiB", {5: (1 << 30) + 1}),
        ("no-base", "a base without a name", {6: ""}),
        ("unsorted", "machines out of order", {7: FIRST[::-1]}),
        ("twice", "a machine named twice", {7: FIRST[:1] * 2}),
        ("machine-short", "a machine's key of 31 bytes", {7: [FIRST[0][1:]]}),
        ("crowd", "65 machines", {7: _keys(65)}),
        ("back-negative", "a permit below 0", {8: -1}),
        ("form-0", "forms begin at 1", {9: 0}),
        ("more", "another key", {10: 0}),
    )
    for name, shows, changed in wrong:
        yield Vector(
            name=f"release-{name}",
            shows=shows,
            kind="statement",
            bytes=statement(GIVEN | changed, type_=TYPE),
            given={},
            refused="malformed",
        )
    lacking = {key: value for key, value in GIVEN.items() if key != 8}
    yield Vector(
        name="release-less",
        shows="a key that is absent",
        kind="statement",
        bytes=statement(lacking, type_=TYPE),
        given={},
        refused="malformed",
    )


def _keys(count: int) -> list[bytes]:
    return sorted(H(bytes([number])) for number in range(count))
