import ast
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pycose.exceptions import CoseException

from tests.vectors import decoder
from tests.vectors.kit import notation
from tests.vectors.rules import reader

HERE = Path(__file__).parent
DECODER, READERS = HERE / "decoder.py", [*(HERE / "rules").glob("*.py")]
LINES_MAX = 170


def examples(folder: Path) -> list[dict[str, Any]]:
    return [
        example | {"file": path.name}
        for path in sorted(folder.glob("*.json"))
        for example in json.loads(path.read_text())["vectors"]
    ]


BYTES, RULES = examples(HERE), examples(HERE / "rules")
GOOD = [example for example in BYTES if example["refused"] is None]
SIGNED = {"bundle", "statement", "fork proof", "offer", "answer"}
HASHED = {"cbor", "lane", "header", "payload", "summary"}


def bytes_of(example: dict[str, Any]) -> bytes:
    repeated = r"\((\w+)\*(\d+)\)"
    return bytes.fromhex(re.sub(repeated, lambda m: m[1] * int(m[2]), example["hex"]))


def read(example: dict[str, Any], data: bytes | None = None) -> dict[str, Any]:
    """What the decoder makes of it, as the examples write it: it sees bytes and what is given."""
    given = {name: bytes.fromhex(value) for name, value in example["given"].items()}
    told = decoder.decode(example["kind"], bytes_of(example) if data is None else data, given)
    if "value" in told:
        told["value"] = notation(told["value"])
    as_read: dict[str, Any] = json.loads(json.dumps(told, default=bytes.hex))
    return as_read


def refusal(act: Callable[[], object]) -> str:
    """Why it is refused; empty where it isn't."""
    try:
        act()
    except (CoseException, reader.Refused) as why:
        return str(why) or "signature"
    except decoder.MALFORMED:
        return "malformed"
    return ""


def named(some: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(example, id=f"{example['file']} {example['name']}") for example in some]


def of(kinds: set[str]) -> list[Any]:
    """The good examples of some kinds; the very long ones, written with repetitions, left out."""
    chosen = [example for example in GOOD if example["kind"] in kinds and "(" not in example["hex"]]
    assert {example["kind"] for example in chosen} == kinds
    return named(chosen)


def is_right(found: dict[str, Any], example: dict[str, Any]) -> bool:
    """Whether it is what is expected; of long examples less is told."""
    expect = example["expect"]
    return bool(expect) and {key: found[key] for key in expect} == expect


def changed(example: dict[str, Any]) -> list[bytes]:
    """The same with each of its bytes changed."""
    data = bytes_of(example)
    return [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(len(data))]


@pytest.mark.parametrize("example", named(BYTES))
def test_every_example_of_bytes_is_read_or_refused_as_it_says(example: dict[str, Any]) -> None:
    if example["refused"] is None:
        assert is_right(read(example), example)
    else:
        right = "malformed" if example["refused"] == "too large" else example["refused"]
        assert refusal(lambda: read(example)) == right


@pytest.mark.parametrize("example", named(RULES))
def test_every_example_of_a_rule_comes_out_as_it_says(example: dict[str, Any]) -> None:
    def found() -> dict[str, Any]:
        return reader.read(example["kind"], bytes_of(example), example["given"])

    if example["refused"] is None:
        assert found() == example["expect"]
    else:
        assert refusal(found) == example["refused"]


def test_there_are_examples_of_every_page() -> None:
    assert {path.name[0] for path in HERE.rglob("*.json")} == set("012345679")


def test_no_kind_is_refused_throughout() -> None:
    assert {example["kind"] for example in GOOD} == {example["kind"] for example in BYTES}


def test_no_kind_is_of_bytes_and_of_rules() -> None:
    assert not {example["kind"] for example in BYTES} & {example["kind"] for example in RULES}


@pytest.mark.parametrize("example", of(SIGNED))
def test_whichever_byte_of_something_signed_is_changed_it_is_refused(
    example: dict[str, Any],
) -> None:
    for data in changed(example):
        assert refusal(lambda data=data: read(example, data))  # type: ignore[misc]


@pytest.mark.parametrize("example", of(HASHED))
def test_whichever_byte_of_something_unsigned_is_changed_it_is_refused_or_is_something_else(
    example: dict[str, Any],
) -> None:
    good = read(example)
    for data in changed(example):
        try:
            assert read(example, data) != good
        except decoder.MALFORMED:
            continue


def test_a_signature_of_another_good_example_is_refused() -> None:
    signed: dict[bytes, list[dict[str, Any]]] = {}
    for example in GOOD:
        if example["kind"] == "statement":
            signed.setdefault(bytes_of(example)[-64:], []).append(example)
    ends = list(signed)
    for end, other in zip(ends, ends[1:] + ends[:1], strict=True):
        for example in signed[end]:
            forged = bytes_of(example)[:-64] + other
            assert refusal(lambda e=example, f=forged: read(e, f)) == "signature"  # type: ignore[misc]


def imported_by(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add((node.module or "").split(".")[0])
    assert "importlib" not in found
    return found - set(sys.stdlib_module_names)


def test_the_decoder_imports_nothing_of_the_project() -> None:
    assert imported_by(DECODER) == {"cbor2", "pycose", "zstandard"}
    for path in READERS:
        assert imported_by(path) <= {"cbor2", "cryptography", "pycose", "tests", "zstandard"}
        assert "sync" not in path.read_text().split()


def test_the_decoder_stays_short() -> None:
    lines = DECODER.read_text().splitlines()
    assert len(lines) <= LINES_MAX
    assert max(map(len, lines)) <= 100
    assert not any(";" in line for line in lines)
