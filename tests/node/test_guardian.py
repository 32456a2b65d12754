"""Another version takes the place of the one that runs only when it is well, and when the power
goes at whatever write, the next look goes on to the same end.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import pytest

from node.updating.guardian import BASE, STARTS_MAX, Guardian, Hands
from node.updating.inbox import INBOX_FOLDER, put_words, waiting_file
from node.updating.shelf import CHOSEN, ON_TRIAL, Outcome, Shelf, Stage, State
from sync.authority import replace_authority
from sync.machine.form import FORM, HELD_BACK
from sync.machine.keys import make_identity
from sync.machine.version_files import ENDING
from sync.release import Release, sign_release

TOWN = "131016"
DAILY, RESERVE, STRANGER, HERE, THERE = (make_identity() for _ in range(5))
FIRST, SECOND = b"the first version" * 1_000, b"the second version" * 1_000


@dataclass
class Machine:
    """One with a shelf; what runs on it is what was chosen when all was started anew last."""

    folder: Path
    well: bool = True  # whether a version does what it is there for
    runs: str = ""  # the digest; "": that of the image
    started: list[tuple[str, bool]] = field(default_factory=list)  # and whether forms were held
    copied: list[str] = field(default_factory=list)
    never_starts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for each in (self.shelf.folder, self.data, self.data / INBOX_FOLDER):
            each.mkdir(parents=True)

    @property
    def data(self) -> Path:
        """Its own folder."""
        return self.folder / "data"

    @property
    def shelf(self) -> Shelf:
        """Its versions."""
        return Shelf(self.folder / "releases")

    @property
    def state(self) -> State:
        """What was decided."""
        return self.shelf.read()

    @property
    def chosen(self) -> str:
        """The digest of what would be started now, which must be there, and whole."""
        link = self.shelf.folder / CHOSEN
        if not link.is_symlink():
            return ""
        digest = sha256(link.read_bytes()).hexdigest()
        assert link.readlink().name == digest + ENDING
        return digest

    def hears(self, *words: bytes) -> None:
        """Those are all the words there are."""
        put_words(self.data / INBOX_FOLDER, key=HERE.public, statements=words)

    def gets(self, content: bytes, *, instead_of: bytes | None = None) -> None:
        """A file, perhaps by the name of another."""
        path = waiting_file(self.data / INBOX_FOLDER, word(instead_of or content))
        path.write_bytes(content)

    @property
    def guardian(self) -> Guardian:
        """As it begins after each start."""
        return Guardian(
            self.data,
            self.shelf.folder,
            town=TOWN,
            authorities=(DAILY.public, RESERVE.public),
            hands=Hands(
                try_on_a_copy=self._try, start_anew=self._start, stays_well=lambda: self.well
            ),
        )

    def _try(self, file: Path) -> bool:
        digest = sha256((self.shelf.folder / ON_TRIAL).read_bytes()).hexdigest()
        assert file.name == digest + ENDING
        self.copied.append(digest)
        return True

    def _start(self, on_trial: bool) -> bool:
        self.runs = self.chosen
        trial = self.state.trial
        assert on_trial is (trial is not None and trial.stage is Stage.IN_PLACE)
        self.started.append((self.runs, (self.shelf.folder / HELD_BACK).exists()))
        return self.runs not in self.never_starts


def word(content: bytes, **other: object) -> Release:
    """On that file."""
    said = Release(
        counter=1,
        number=1,
        version="0.2.0",
        digest=sha256(content).digest(),
        size=len(content),
        base=BASE,
        ledger=FORM,
    )
    return replace(said, **other)  # type: ignore[arg-type]


def signed(release: Release) -> bytes:
    """By the town's authority."""
    return sign_release(release, DAILY.private)


def digest(content: bytes) -> str:
    """As files are named."""
    return sha256(content).hexdigest()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One that runs what is in its image."""
    return Machine(tmp_path)


@pytest.fixture
def updated(machine: Machine) -> Machine:
    """One that runs the first version."""
    machine.hears(signed(word(FIRST)))
    machine.gets(FIRST)
    machine.guardian.look()
    assert machine.runs == digest(FIRST)
    return machine


SECOND_WORD = word(SECOND, counter=2, number=2, version="0.3.0")


def test_a_version_stands_once_it_was_tried_on_a_copy_and_is_well_in_place(
    machine: Machine,
) -> None:
    machine.hears(signed(word(FIRST)))
    assert not machine.guardian.look(), "its file isn't there yet"
    machine.gets(FIRST)
    assert machine.guardian.look()
    assert machine.copied == [digest(FIRST)]
    assert machine.started == [(digest(FIRST), True)], "with the ledger's form held back"
    assert not (machine.shelf.folder / HELD_BACK).exists()
    assert machine.state.standing is not None
    assert machine.state.last is not None
    assert machine.state.last.outcome is Outcome.STANDS
    assert not machine.guardian.look(), "there is nothing more to do"


def test_the_version_before_stays_beside_the_new_one_and_older_ones_go(updated: Machine) -> None:
    third = b"the third version" * 1_000
    for content, said in ((SECOND, SECOND_WORD), (third, word(third, counter=3, number=3))):
        updated.hears(signed(said))
        updated.gets(content)
        updated.guardian.look()
    there = {path.name for path in updated.shelf.folder.glob(f"*{ENDING}")}
    assert there == {digest(third) + ENDING, digest(SECOND) + ENDING}
    assert updated.runs == digest(third)


def test_what_does_not_stay_well_in_place_goes_again_by_itself(updated: Machine) -> None:
    updated.well = False
    updated.hears(signed(SECOND_WORD))
    updated.gets(SECOND)
    updated.guardian.look()
    assert updated.runs == updated.chosen == digest(FIRST)
    assert updated.state.last is not None
    assert updated.state.last.outcome is Outcome.WENT_BACK
    assert not updated.guardian.look(), "the same word is not followed again"


def test_what_never_starts_in_place_goes_again_at_once(updated: Machine) -> None:
    updated.never_starts.add(digest(SECOND))
    updated.hears(signed(SECOND_WORD))
    updated.gets(SECOND)
    updated.guardian.look()
    assert [runs for runs, _ in updated.started] == [
        digest(each) for each in (FIRST, SECOND, FIRST)
    ]
    assert updated.state.last is not None
    assert updated.state.last.outcome is Outcome.WENT_BACK


def test_what_ran_before_is_started_until_it_does(updated: Machine) -> None:
    updated.well = False
    updated.never_starts.add(digest(FIRST))
    updated.hears(signed(SECOND_WORD))
    updated.gets(SECOND)
    for _ in range(2 * STARTS_MAX):
        with pytest.raises(OSError, match="started anew"):
            updated.guardian.look()
    updated.never_starts.clear()
    updated.guardian.look()
    assert updated.runs == digest(FIRST)
    assert updated.state.last is not None
    assert updated.state.last.outcome is Outcome.WENT_BACK


def test_what_is_only_brought_forward_once_it_stands_is_started_once_more(
    updated: Machine,
) -> None:
    updated.hears(signed(replace(SECOND_WORD, ledger=FORM + 1)))
    updated.gets(SECOND)
    updated.guardian.look()
    assert updated.started[-2:] == [(digest(SECOND), True), (digest(SECOND), False)]


def test_an_old_word_is_not_followed_again(updated: Machine) -> None:
    updated.hears(signed(SECOND_WORD))
    updated.gets(SECOND)
    updated.guardian.look()
    updated.hears(signed(word(FIRST)))
    updated.gets(FIRST)
    assert not updated.guardian.look()
    assert updated.chosen == digest(SECOND)


@pytest.mark.parametrize(("permit", "runs"), [(0, SECOND), (1, SECOND), (2, FIRST)])
def test_an_older_version_comes_back_with_a_signed_permit_alone(
    updated: Machine, permit: int, runs: bytes
) -> None:
    updated.hears(signed(SECOND_WORD))
    updated.gets(SECOND)
    updated.guardian.look()
    updated.hears(signed(word(FIRST, counter=3, back_from=permit)))
    updated.gets(FIRST)
    updated.guardian.look()
    assert updated.runs == digest(runs)


def test_no_version_comes_back_that_cannot_read_the_ledger(updated: Machine) -> None:
    updated.hears(signed(replace(SECOND_WORD, ledger=FORM + 1)))
    updated.gets(SECOND)
    updated.guardian.look()
    updated.hears(signed(word(FIRST, counter=3, back_from=2)))
    updated.gets(FIRST)
    updated.guardian.look()
    assert updated.runs == digest(SECOND)
    assert updated.state.last is not None
    assert updated.state.last.outcome is Outcome.OLDER_LEDGER


def test_a_file_that_was_tampered_with_is_never_on_the_shelf(updated: Machine) -> None:
    updated.hears(signed(SECOND_WORD))
    updated.gets(SECOND[:-1] + b"!", instead_of=SECOND)
    assert not updated.guardian.look()
    assert updated.chosen == digest(FIRST)
    assert {p.name for p in updated.shelf.folder.glob(f"*{ENDING}*")} == {digest(FIRST) + ENDING}
    assert updated.state.last is not None
    assert updated.state.last.outcome is Outcome.DAMAGED
    updated.gets(SECOND)
    updated.guardian.look()
    assert updated.runs == digest(SECOND), "the right one may still come"


def test_a_link_in_the_place_of_a_file_is_not_followed(updated: Machine, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(SECOND)
    updated.hears(signed(SECOND_WORD))
    path = waiting_file(updated.data / INBOX_FOLDER, SECOND_WORD)
    path.symlink_to(tmp_path / "elsewhere")
    assert not updated.guardian.look()
    assert updated.chosen == digest(FIRST)
    assert updated.state.last is not None
    assert updated.state.last.outcome is Outcome.DAMAGED


def test_nobody_but_the_authority_decides(updated: Machine) -> None:
    updated.gets(SECOND)
    changed = bytearray(signed(SECOND_WORD))
    changed[-1] ^= 1
    updated.hears(sign_release(SECOND_WORD, STRANGER.private), bytes(changed), b"", b"\x00" * 99)
    assert not updated.guardian.look()
    step = replace_authority(DAILY.public, STRANGER.public, 9, RESERVE.private)
    updated.hears(signed(SECOND_WORD), step)
    assert not updated.guardian.look(), "the daily key has no say any more"
    updated.hears(step, sign_release(SECOND_WORD, STRANGER.private))
    assert updated.guardian.look(), "the one in its place has"
    assert updated.runs == digest(SECOND)


def test_whom_a_machine_believes_is_settled_on_its_first_day(updated: Machine) -> None:
    """Whoever can write its settings can't have their own software run."""
    updated.hears(sign_release(SECOND_WORD, STRANGER.private))
    updated.gets(SECOND)
    hands = Hands(
        try_on_a_copy=lambda file: True, start_anew=lambda on_trial: True, stays_well=lambda: True
    )
    deceived = Guardian(
        updated.data, updated.shelf.folder, town=TOWN, authorities=(STRANGER.public,), hands=hands
    )
    assert not deceived.look()
    assert updated.chosen == digest(FIRST)


def test_a_few_machines_go_first(updated: Machine) -> None:
    first = replace(SECOND_WORD, machines=(THERE.public,))
    updated.gets(SECOND)
    updated.hears(signed(first), signed(word(FIRST)))
    assert not updated.guardian.look()
    updated.hears(signed(replace(SECOND_WORD, counter=3)), signed(first))
    updated.guardian.look()
    assert updated.runs == digest(SECOND)


def test_a_version_for_another_image_is_refused(updated: Machine) -> None:
    updated.hears(signed(replace(SECOND_WORD, base="debian13-amd64-python3.13")))
    updated.gets(SECOND)
    updated.guardian.look()
    assert updated.runs == digest(FIRST)
    assert updated.state.last is not None
    assert updated.state.last.outcome is Outcome.OTHER_BASE


def test_a_version_with_which_the_machine_never_comes_up_is_given_up_before_it_starts(
    updated: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dies(BaseException):
        """The machine is off."""

    def dies(on_trial: bool) -> bool:
        raise Dies

    monkeypatch.setattr(updated, "_start", dies)
    updated.hears(signed(SECOND_WORD))
    updated.gets(SECOND)
    for _ in range(STARTS_MAX):
        updated.guardian.settle()
        assert updated.state.trial is None or updated.chosen == digest(SECOND)
        with pytest.raises(Dies):
            updated.guardian.look()
    assert updated.state.trial is not None
    assert updated.state.trial.stage is Stage.IN_PLACE
    updated.guardian.settle()
    assert updated.chosen == digest(FIRST)
    assert not (updated.shelf.folder / HELD_BACK).exists()
    assert updated.state.last is not None
    assert updated.state.last.outcome is Outcome.WENT_BACK


# the power goes


class Cut(BaseException):
    """The power is gone."""


@pytest.fixture
def cut_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Have it go at the so-manieth time that something is to be made durable: just before it is."""
    left = -1
    really = os.fsync

    def fsync(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Cut
        really(descriptor)

    def at(count: int) -> None:
        nonlocal left
        left = count

    monkeypatch.setattr(os, "fsync", fsync)
    yield at
    monkeypatch.undo()


@pytest.mark.parametrize("well", [True, False])
def test_whenever_the_power_goes_the_next_look_comes_to_the_same_end(
    tmp_path: Path, cut_at: Callable[[int], None], well: bool
) -> None:
    cuts = 0
    while True:
        machine = Machine(tmp_path / str(cuts))
        machine.hears(signed(word(FIRST)))
        machine.gets(FIRST)
        machine.guardian.look()
        machine.well = well
        machine.hears(signed(SECOND_WORD))
        machine.gets(SECOND)
        cut_at(cuts + 1)
        try:
            machine.guardian.look()
        except Cut:
            cuts += 1
        else:
            break
        finally:
            cut_at(-1)
        assert machine.chosen in (digest(FIRST), digest(SECOND)), "and whole"
        machine.guardian.settle()
        machine.runs = machine.chosen  # as the machine starts again
        while machine.guardian.look():
            pass
        assert machine.runs == machine.chosen == digest(SECOND if well else FIRST)
        assert machine.state.last is not None
        assert machine.state.last.outcome is (Outcome.STANDS if well else Outcome.WENT_BACK)
        assert not list(machine.shelf.folder.glob("*.part"))
        assert not (machine.shelf.folder / HELD_BACK).exists()
    assert cuts > 10
