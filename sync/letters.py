"""Bytes as letters that people read off a screen or a paper and type.

Base32 without I, L, O and U (Crockford's): what looks like a 1 or a 0 is one.
"""

from hashlib import sha256

from sync.errors import Malformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans({"I": "1", "L": "1", "O": "0"})
_FINGERPRINT_BYTES = 10


def letters(data: bytes) -> str:
    """Each five bits a letter; the last ones filled up with zeros."""
    count = -(-len(data) * 8 // 5)
    bits = int.from_bytes(data, "big") << count * 5 - len(data) * 8
    return "".join(ALPHABET[bits >> 5 * at & 31] for at in reversed(range(count)))


def as_meant(text: str) -> str:
    """Whatever case they are in, and what was taken for another."""
    return text.upper().translate(_ALIKE)


def read_letters(text: str) -> bytes:
    """What they stand for. Raises Malformed."""
    bits = 0
    for letter in as_meant(text):
        value = ALPHABET.find(letter)
        if value < 0:
            raise Malformed(f"{letter!r} is none of the letters")
        bits = bits << 5 | value
    data_bytes, filling = divmod(len(text) * 5, 8)
    if filling > 4 or bits & (1 << filling) - 1:
        raise Malformed("not as many letters as bytes have")
    return (bits >> filling).to_bytes(data_bytes, "big")


def grouped(text: str, size: int = 4) -> str:
    """With gaps, so that nobody loses the place."""
    return " ".join(text[at : at + size] for at in range(0, len(text), size))


def fingerprint(key: bytes) -> str:
    """What people compare: 80 bits of a key's hash."""
    return grouped(letters(sha256(key).digest()[:_FINGERPRINT_BYTES]))
