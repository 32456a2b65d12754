"""Every command of `bench/` runs and prints its figures; how large they are is nobody's test."""

import re
from itertools import islice

import pytest

from bench import exchange, memory, notice, post, rebuild, search, serving, walk
from bench.village_text import posts
from node.boards.event import EVENT
from node.form import parse


def test_an_exchange_is_measured_beside_its_limit(capsys: pytest.CaptureFixture[str]) -> None:
    exchange.main(["--n", "30", "--new", "4", "--authors", "2", "--rounds", "1"])
    printed = capsys.readouterr().out
    assert "| cold, 30 from the hub |" in printed
    assert "| no-op |" in printed
    assert "| 2 + 2 both ways |" in printed
    assert "zstd 19" in printed


def test_a_post_is_measured_beside_a_bare_row(capsys: pytest.CaptureFixture[str]) -> None:
    post.main(["--sizes", "5", "--posts", "3"])
    printed = capsys.readouterr().out
    assert "| 5 held | bare SQLite insert (limit) |" in printed
    assert "| 5 held | form over HTTP |" in printed


def test_a_rebuild_is_measured_beside_a_bare_copy(capsys: pytest.CaptureFixture[str]) -> None:
    rebuild.main(["--n", "10", "--authors", "2", "--rounds", "1"])
    printed = capsys.readouterr().out
    assert "| rows alone, copied (limit) |" in printed
    assert "| `kairan rebuild` |" in printed


def test_it_is_measured_how_soon_each_process_notices_the_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    notice.main(["--posts", "2", "--idle", "0.2"])
    printed = capsys.readouterr().out
    assert "| the offer begins |" in printed
    assert "| the board that shows it has come |" in printed
    assert "did not show it yet: 0" in printed


def test_the_made_up_posts_are_what_a_person_could_type_and_the_same_each_time() -> None:
    made = list(islice(posts(seed=7), 200))
    assert [parse(EVENT, {name: str(value) for name, value in p.items()}) for p in made] == made
    assert list(islice(posts(seed=7), 200)) == made
    assert list(islice(posts(seed=8), 200)) != made


def test_a_search_is_measured_beside_the_bare_query(capsys: pytest.CaptureFixture[str]) -> None:
    search.main(["--n", "40", "--rounds", "1"])
    printed = capsys.readouterr().out
    assert "| made of all posts |" in printed
    assert "bare FTS5 (limit)" in printed


@pytest.mark.slow
def test_a_hubs_memory_is_measured_while_it_packs(capsys: pytest.CaptureFixture[str]) -> None:
    memory.main(["--n", "300", "--brought", "20", "--authors", "2"])
    printed = capsys.readouterr().out
    assert re.search(r"\| the one that packs \| 0 MB \| \d+ MB \| [1-9]\d* MB \|", printed)
    assert re.search(r"\| together \| [1-9]\d* MB \| [1-9]\d* MB \|", printed)


@pytest.mark.slow
def test_serving_is_measured_to_a_crowd_to_listeners_and_on_a_slow_phone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    quick = ["--posts", "5", "--connections", "10", "--seconds", "1", "--alerts", "1"]
    serving.main([*quick, "--phones", "1"])
    printed = capsys.readouterr().out
    assert "| kept |" in printed
    assert "| a stream hears of it" in printed
    assert "| board | 4 |" in printed
    assert "answered with 204" in printed
    assert "Non-2xx" not in printed


@pytest.mark.slow
def test_errands_are_walked_in_the_sample_town(capsys: pytest.CaptureFixture[str]) -> None:
    walk.main([])
    printed = capsys.readouterr().out
    assert printed.count("| phone |") == 5
    assert printed.count("| kiosk, ") == 10
