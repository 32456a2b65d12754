"""A key on paper: a stranger's reader reads its QR, and typed off by hand it is the same key."""

import html
import re

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.paper import page
from provisioning.sealed_key import (
    COST_MIN,
    LINES,
    MistypedLine,
    Place,
    SealedKey,
    WrongPassphrase,
    read_sealed,
    seal,
)
from sync.errors import Malformed
from sync.letters import ALPHABET, fingerprint, letters, read_letters
from sync.machine.keys import Identity, make_identity, secret

PASSPHRASE = "きりさわの杉の木は三本"
SCALE = 4


@pytest.fixture(scope="module")
def identity() -> Identity:
    return make_identity()


@pytest.fixture(scope="module")
def key(identity: Identity) -> SealedKey:
    return seal(identity, PASSPHRASE, town="990019", place=Place.RESERVE, cost=COST_MIN)


def scanned(printed: str) -> str:
    """What another reader makes of the picture on the page."""
    size = int(re.findall(r'class="qr" viewBox="0 0 (\d+)', printed)[0]) * SCALE
    picture = bytearray(b"\xff" * size * size)
    for found in re.findall(r"M(\d+) (\d+)h(\d+)v1", printed):
        x, y, wide = (int(number) * SCALE for number in found)
        for row in range(y, y + SCALE):
            picture[row * size + x : row * size + x + wide] = bytes(wide)
    (code,) = zxingcpp.read_barcodes(memoryview(bytes(picture)).cast("B", shape=[size, size]))
    return str(code.text)


def test_the_qr_of_a_paper_gives_the_key_back(key: SealedKey, identity: Identity) -> None:
    printed = page(key, public=identity.public, town_name="霧沢町")
    assert read_sealed(scanned(printed)).open(PASSPHRASE).public == identity.public


def test_so_do_its_letters_typed_by_hand(key: SealedKey, identity: Identity) -> None:
    printed = html.unescape(page(key, public=identity.public, town_name="霧沢町"))
    (lines,) = re.findall(r"<pre>(.*?)</pre>", printed, re.DOTALL)
    typed = lines.lower().replace("0", "o").replace("1", "l", 3).replace("  ", "")
    typed = re.sub(r"^l:", "1:", typed)
    assert read_sealed(typed).open(PASSPHRASE).public == identity.public
    assert fingerprint(identity.public) in printed


def test_a_paper_shows_nothing_that_opens_it(key: SealedKey, identity: Identity) -> None:
    printed = page(key, public=identity.public, town_name="霧沢町")
    assert PASSPHRASE not in printed
    assert secret(identity).hex() not in printed
    assert letters(secret(identity)) not in re.sub(r"\s", "", printed)
    assert "http" not in printed.replace("http://www.w3.org", "")


@pytest.mark.parametrize("number", range(1, LINES + 1))
def test_a_line_that_was_mistyped_is_named(key: SealedKey, number: int) -> None:
    lines = key.text().splitlines()
    letter = lines[number][5]
    lines[number] = lines[number].replace(letter, "A" if letter != "A" else "B", 1)
    with pytest.raises(MistypedLine) as wrong:
        read_sealed("\n".join(lines))
    assert wrong.value.number == number


def test_letters_that_changed_places_are_noticed(key: SealedKey) -> None:
    lines = key.text().splitlines()
    one, other = lines[3][3], lines[3][4]
    if one != other:
        lines[3] = lines[3][:3] + other + one + lines[3][5:]
        with pytest.raises(MistypedLine):
            read_sealed("\n".join(lines))


@pytest.mark.parametrize("number", [1, 4, LINES])
def test_a_line_that_is_missing_is_named(key: SealedKey, number: int) -> None:
    lines = [line for line in key.lines() if not line.startswith(f"{number}:")]
    with pytest.raises(MistypedLine) as wrong:
        read_sealed("\n".join(lines))
    assert wrong.value.number == number


def test_lines_of_two_papers_make_no_key(key: SealedKey) -> None:
    other = seal(make_identity(), PASSPHRASE, town="990019", place=Place.RESERVE, cost=COST_MIN)
    mixed = read_sealed("\n".join([*key.lines()[:4], *other.lines()[4:]]))
    with pytest.raises(WrongPassphrase):
        mixed.open(PASSPHRASE)


def test_a_wrong_passphrase_opens_nothing(key: SealedKey) -> None:
    with pytest.raises(WrongPassphrase):
        key.open(PASSPHRASE + "。")


def test_a_passphrase_may_be_typed_in_any_width(identity: Identity) -> None:
    made = seal(identity, "ABC 123 かな", town="990019", place=Place.DAILY, cost=COST_MIN)
    assert made.open("ＡＢＣ　１２３ かな").public == identity.public


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from(ALPHABET + " :/\n-1234567あ")))
def test_any_text_is_a_key_or_refused(text: str) -> None:
    with pytest.raises((MistypedLine, Malformed)):
        read_sealed(text)


@given(st.binary(max_size=100))
def test_letters_say_what_was_written(data: bytes) -> None:
    assert read_letters(letters(data)) == data
    assert read_letters(letters(data).lower().replace("0", "o").replace("1", "i")) == data


@pytest.mark.parametrize("text", ["9" * 5_000 + ": ABCD", "１: ABCD", "1:" + "A" * 100_000])
def test_text_that_was_made_to_be_odd_is_refused(text: str) -> None:
    with pytest.raises((MistypedLine, Malformed)):
        read_sealed(text)


def test_a_stranger_can_t_have_us_use_up_the_memory(key: SealedKey) -> None:
    endless = SealedKey(key.sealed[:2] + bytes([31]) + key.sealed[3:])
    with pytest.raises(Malformed):
        read_sealed(endless.text())
