"""What is sealed opens to its readers, where it stands, and to nobody else and nowhere else."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync import cbor, sealing
from sync.errors import Malformed, TooLarge, Unverified
from sync.escrow import escrow_public, escrow_secret
from sync.limits import SEALED_PLAIN_BYTES_MAX, SEALED_READERS_MAX
from sync.machine.keys import content_key, identity_of, make_identity, reading_secret, secret
from sync.sealing import NotForUs, Place, open_sealed, public, read_sealed, seal, tag

HERE = Place(town="990019", kind="letter/write", lane=bytes(32), number=7)
EMPLOYER, KEEPER, STRANGER = reading_secret(), reading_secret(), reading_secret()
WORDS = "働きたいです".encode()


def closed(plain: bytes = WORDS, *, key: bytes = bytes(range(32))) -> bytes:
    return seal(plain, to=[public(EMPLOYER), public(KEEPER)], at=HERE, content_key=key)


@pytest.mark.parametrize("secret", [EMPLOYER, KEEPER])
def test_each_reader_opens_it_alone(secret: bytes) -> None:
    assert open_sealed(read_sealed(closed()), [STRANGER, secret], at=HERE) == WORDS


def test_nobody_else_opens_it() -> None:
    with pytest.raises(NotForUs):
        open_sealed(read_sealed(closed()), [STRANGER], at=HERE)


@pytest.mark.parametrize(
    "there",
    [
        replace(HERE, town="990027"),
        replace(HERE, kind="report/write"),
        replace(HERE, lane=b"\1" * 32),
        replace(HERE, number=8),
    ],
)
def test_what_was_moved_opens_to_nobody(there: Place) -> None:
    with pytest.raises(Unverified):
        open_sealed(read_sealed(closed()), [EMPLOYER], at=there)


def test_what_two_write_alike_looks_like_nothing_alike() -> None:
    one, other = closed(key=content_key()), closed(key=content_key())
    assert read_sealed(one).body != read_sealed(other).body
    assert WORDS not in one


@pytest.mark.parametrize(("length", "size"), [(0, 256), (255, 256), (256, 512), (5_000, 8_192)])
def test_its_size_tells_no_more_than_a_step(length: int, size: int) -> None:
    assert len(read_sealed(closed(bytes(length))).body) == size + 16


def test_words_that_end_like_the_filling_come_back_whole() -> None:
    for plain in (b"", b"\x80", b"\x80\0\0", b"\0" * 300):
        assert open_sealed(read_sealed(closed(plain)), [KEEPER], at=HERE) == plain


def test_too_long_or_to_too_many_is_refused_before_it_is_sealed() -> None:
    with pytest.raises(TooLarge):
        closed(bytes(SEALED_PLAIN_BYTES_MAX + 1))
    many = [public(reading_secret()) for _ in range(SEALED_READERS_MAX + 1)]
    for to in (many, []):
        with pytest.raises(TooLarge):
            seal(WORDS, to=to, at=HERE, content_key=content_key())


@pytest.mark.parametrize("point", [bytes(32), b"\1" + bytes(31)])
def test_a_key_that_would_make_everybody_a_reader_is_refused(point: bytes) -> None:
    with pytest.raises(Malformed):
        seal(WORDS, to=[point], at=HERE, content_key=content_key())


def test_two_readers_cant_be_told_different_things() -> None:
    """A sender who closes two content keys, one to each, is found out by whom he lied to."""
    honest = read_sealed(closed())
    other = sealing.wrap(content_key(), to=public(KEEPER), at=HERE)
    parts = {**honest.parts, tag(public(KEEPER)): other}
    with pytest.raises(Unverified):
        open_sealed(replace(honest, parts=parts), [KEEPER], at=HERE)


def changed(part: int, value: object) -> bytes:
    parts = cbor.decode(closed(), bytes_max=1 << 16)
    assert isinstance(parts, list)
    parts[part] = value
    return cbor.encode(parts)


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        changed(0, 2),
        changed(0, True),
        changed(1, []),
        changed(1, [[bytes(8), bytes(79)]]),
        changed(1, [[b"\2" * 8, bytes(80)], [b"\1" * 8, bytes(80)]]),
        changed(1, [[b"\1" * 8, bytes(80)]] * 2),
        changed(1, [[n.to_bytes(8, "big"), bytes(80)] for n in range(SEALED_READERS_MAX + 1)]),
        changed(2, bytes(31)),
        changed(3, bytes(300)),
        changed(3, bytes(16)),
        changed(3, bytes((32 << 10) + 16)),
    ],
)
def test_another_form_is_refused(encoded: bytes) -> None:
    with pytest.raises(Malformed):
        read_sealed(encoded)


def tried(encoded: bytes) -> object:
    return open_sealed(read_sealed(encoded), [EMPLOYER, KEEPER], at=HERE)


@given(st.binary(max_size=2_000))
@example(changed(1, [[tag(public(EMPLOYER)), bytes(80)]]))
def test_any_bytes_are_refused_and_never_fail_otherwise(encoded: bytes) -> None:
    with pytest.raises((Malformed, Unverified, NotForUs)):
        tried(encoded)


@given(st.data())
def test_one_bit_that_is_another_is_noticed(data: st.DataObject) -> None:
    encoded = bytearray(closed())
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= 1 << data.draw(st.integers(0, 7))
    with suppress(Malformed, Unverified, NotForUs):
        # What one reader's part says the other doesn't look at.
        assert tried(bytes(encoded)) == WORDS


@given(st.binary(max_size=2_000))
def test_whatever_is_sealed_comes_back(plain: bytes) -> None:
    assert tried(closed(plain)) == plain


# escrow


def test_the_reserve_opens_what_was_sealed_to_its_public_key() -> None:
    reserve = make_identity()
    public_half = escrow_public(reserve.public)
    assert public(escrow_secret(secret(reserve))) == public_half
    wrapped = sealing.wrap(EMPLOYER, to=public_half, at=HERE)
    assert sealing.unwrap(wrapped, escrow_secret(secret(reserve)), at=HERE) == EMPLOYER


def test_the_map_of_the_curves_is_the_one_of_the_standard() -> None:
    """RFC 8032's first key (§7.1), and the X25519 key that libsodium makes of it."""
    of = identity_of(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    assert of.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert (
        escrow_public(of.public).hex()
        == "d85e07ec22b0ad881537c2f44d662d1a143cf830c57aca4305d85c7a90f6b62e"
    )


@pytest.mark.parametrize("authority", [b"\1" + bytes(31), b"\xff" * 32, b""])
def test_no_key_of_nobody_is_sealed_for(authority: bytes) -> None:
    with pytest.raises(Malformed):
        escrow_public(authority)
