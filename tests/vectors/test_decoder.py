import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.decoder import READERS, Refused, decode

HERE = Path(__file__).parent
DECODER = HERE / "decoder.py"
EXAMPLES: list[dict[str, Any]] = [
    example | {"file": path.name}
    for path in sorted(HERE.glob("*.json"))
    for example in json.loads(path.read_text())["vectors"]
]
GOOD = [example for example in EXAMPLES if example["refused"] is None]
SIGNED = {"head signature", "bundle", "statement", "fork proof", "offer", "answer", "register"}
HASHED = {"cbor", "lane", "header", "payload", "chain", "summary", "frontier", "branch"}


def read(example: dict[str, Any], digits: str | None = None) -> str:
    """What the decoder makes of it, in JSON: it sees the bytes, and what is known beside them."""
    given = {"kind": example["kind"], "hex": digits or example["hex"], "given": example["given"]}
    told = decode(given)
    if "heads_last" in (example["expect"] or {}):
        told = {"first": told["first"], "last": told["last"], "heads_last": told["heads"][-1]}
    return json.dumps(told, default=bytes.hex, sort_keys=True)


def with_one_byte_changed(example: dict[str, Any]) -> list[str]:
    data = bytes.fromhex(example["hex"])
    return [(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]).hex() for at in range(len(data))]


def of(kinds: set[str]) -> list[Any]:
    """The good examples of some kinds; the very long ones, written with repetitions, left out."""
    chosen = [example for example in GOOD if example["kind"] in kinds and "(" not in example["hex"]]
    assert {example["kind"] for example in chosen} == kinds
    return [pytest.param(example, id=f"{example['file']} {example['name']}") for example in chosen]


@pytest.mark.parametrize(
    "example", [pytest.param(e, id=f"{e['file']} {e['name']}") for e in EXAMPLES]
)
def test_every_example_is_read_or_refused_as_it_says(example: dict[str, Any]) -> None:
    if example["refused"] is None:
        assert read(example) == json.dumps(example["expect"], sort_keys=True)
    else:
        with pytest.raises(Refused) as refused:
            read(example)
        right = {example["refused"]} | (
            {"malformed"} if example["refused"] == "too large" else set()
        )
        assert str(refused.value) in right


def test_there_are_examples_of_every_page_and_a_reader_for_every_kind() -> None:
    assert [path.name[0] for path in sorted(HERE.glob("*.json"))] == list("01234567")
    assert {example["kind"] for example in EXAMPLES} == set(READERS)


def test_no_kind_is_refused_throughout() -> None:
    assert {example["kind"] for example in GOOD} == set(READERS)


@pytest.mark.parametrize("example", of(SIGNED))
def test_whichever_byte_of_something_signed_is_changed_it_is_refused(
    example: dict[str, Any],
) -> None:
    for digits in with_one_byte_changed(example):
        with pytest.raises(Refused):
            read(example, digits)


@pytest.mark.parametrize("example", of(HASHED))
def test_whichever_byte_of_something_unsigned_is_changed_it_is_refused_or_is_something_else(
    example: dict[str, Any],
) -> None:
    good = read(example)
    for digits in with_one_byte_changed(example):
        try:
            assert read(example, digits) != good
        except Refused:
            continue


def test_a_signature_of_another_good_example_is_refused() -> None:
    signed: dict[str, list[str]] = {}
    for example in GOOD:
        if example["kind"] == "statement":
            signed.setdefault(example["hex"][-128:], []).append(example["hex"])
    ends = list(signed)
    for end, other in zip(ends, ends[1:] + ends[:1], strict=True):
        for digits in signed[end]:
            with pytest.raises(Refused, match="signature"):
                decode({"kind": "statement", "hex": digits[:-128] + other, "given": {}})


def test_the_decoder_imports_nothing_of_the_project() -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(DECODER.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add((node.module or "").split(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"cbor2", "pycose", "zstandard"}
    assert "importlib" not in imported


def test_the_decoder_stays_short() -> None:
    assert len(DECODER.read_text().splitlines()) < 550
