"""What Hypothesis makes up."""

from hypothesis import strategies as st

from sync.bundle import Bundle, Parcel
from sync.frontier import Held, Range, Summary
from sync.telling import BASE_BYTES, Told
from sync.writing import Draft
from tests.sync.builders import OTHER_TOWN, TOWN, key, lane, run

INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.binary(max_size=40) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(INTEGERS | TEXT, inner, max_size=5),
    max_leaves=12,
)
FIELDS = st.dictionaries(TEXT, VALUES, max_size=4)
HASHES = st.binary(min_size=32, max_size=32)


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    """A run of somebody's lane, some of its payloads left out."""
    drafts = [Draft(kind="event/write", fields=draw(FIELDS)) for _ in range(draw(SMALL))]
    first = draw(st.integers(1, len(drafts)))
    last = draw(st.integers(first, len(drafts)))
    author = draw(AUTHORS)
    of = lane(author, town=draw(st.sampled_from([TOWN, OTHER_TOWN])), life=draw(SMALL))
    empty = draw(st.sets(st.integers(first, last)))
    return run(author, drafts, of=of, first=first, last=last, empty=empty)


@st.composite
def helds(draw: st.DrawFn) -> Held:
    """How far a lane is held, with holes."""
    edges = sorted(draw(st.sets(st.integers(1, 1_000), max_size=8)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    holes: list[Range] = []
    for first, last in pairs:
        if not holes or holes[-1].last + 1 < first:
            holes.append(Range(first, last))
    return Held(draw(st.integers(1_000, (1 << 63) - 1)), draw(HASHES), tuple(holes))


SMALL = st.integers(1, 5)
AUTHORS = st.sampled_from(["上郷", "下郷", "役場"])
STATEMENTS = AUTHORS.map(lambda name: TOWN.certify(key(name)))
BUNDLES = bundles()
SUMMARIES = st.builds(
    Summary,
    statements=st.frozensets(HASHES, max_size=5),
    lanes=st.dictionaries(HASHES, helds(), max_size=5),
)
TOLD = st.builds(
    Told,
    base=st.just(b"") | st.binary(min_size=BASE_BYTES, max_size=BASE_BYTES),
    summary=st.none() | SUMMARIES,
)
PARCELS = st.builds(
    Parcel,
    statements=st.lists(STATEMENTS, max_size=3).map(tuple),
    bundles=st.lists(BUNDLES, max_size=3).map(tuple),
)
