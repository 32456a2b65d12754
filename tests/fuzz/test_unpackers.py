"""Whatever bytes a search guided by coverage comes upon, each unpacker reads or refuses them."""

import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.unpackers import refusals, seeds, unpackers

ROOT = Path(__file__).resolve().parents[2]
SEARCH_SECONDS = 8  # for each of two dozen; what the long ones found is kept in corpus/
ONE_SECONDS_MAX = 10  # for one input
MEMORY_MB_MAX = 1_024
BYTES_MAX = 1 << 14

each = pytest.mark.parametrize("name", unpackers())


@each
def test_what_earlier_searches_found_is_read_or_refused(name: str) -> None:
    unpack, refused = unpackers()[name], refusals()
    for content in seeds(name):
        with suppress(*refused):
            unpack(content)


@pytest.mark.slow
@each
def test_a_search_finds_nothing_that_breaks_it(name: str, tmp_path: Path) -> None:
    if find_spec("atheris") is None:
        pytest.skip("atheris is made for Linux on x86-64 alone")
    found, given = tmp_path / "found", tmp_path / "given"
    found.mkdir()
    given.mkdir()
    for number, content in enumerate(seeds(name)):
        (given / str(number)).write_bytes(content)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.fuzz.unpackers", name, found, given),
            f"-max_total_time={SEARCH_SECONDS}",
            f"-timeout={ONE_SECONDS_MAX}",
            f"-rss_limit_mb={MEMORY_MB_MAX}",
            f"-max_len={BYTES_MAX}",
            f"-artifact_prefix={tmp_path}/",
            "-print_final_stats=1",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=15 * SEARCH_SECONDS,
    )
    print(done.stderr[-2_000:])
    broken = {file.name: file.read_bytes().hex() for file in tmp_path.iterdir() if file.is_file()}
    assert (done.returncode, broken) == (0, {}), done.stderr[-6_000:]
    assert "stat::number_of_executed_units" in done.stderr
