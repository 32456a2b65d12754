"""What images are made of is what was locked, or none is made; tests/image builds and boots one."""

from hashlib import sha256
from pathlib import Path

import pytest

from node.refused import Refused
from provisioning.debian import check_whole
from provisioning.package_cache import (
    DEBS,
    DISK_DEBS,
    LOCK_FILE,
    Lock,
    fetch,
    wanted_beside_it,
    wanted_by_the_program,
    wanted_now,
    wanted_of_debian,
    whole,
)
from tests.cli.kairan import Said, here

DEB = "debs/tzdata_2026f-0+deb12u1_all.deb"
EPOCH_DEB = "debs/bsdutils_1%3a2.38.1-5_amd64.deb"
DISK_DEB = "disk-debs/linux-image-amd64_6.1.1-1_amd64.deb"
WHEEL = "wheels/flask-3.1.3-py3-none-any.whl"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """One that holds what its lock says."""
    for name in (DEB, EPOCH_DEB, DISK_DEB, WHEEL):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    digests = {
        name: sha256(name.encode()).hexdigest() for name in (DEB, EPOCH_DEB, DISK_DEB, WHEEL)
    }
    Lock(digests, 1_700_000_000, wanted_now()).write(tmp_path)
    return tmp_path


def built(cache: Path) -> Said:
    return here("provision", "image", "--cache", cache, "--rootfs", cache / "root.tar")


def test_a_lock_says_what_each_file_is_and_is_read_again(cache: Path) -> None:
    lock = whole(cache)
    assert lock == Lock.read(cache)
    assert set(lock.debs(DEBS)) == {
        (DEB, "tzdata", "2026f-0+deb12u1", "all"),
        (EPOCH_DEB, "bsdutils", "1:2.38.1-5", "amd64"),
    }
    assert set(lock.debs(DISK_DEBS)) == {(DISK_DEB, "linux-image-amd64", "6.1.1-1", "amd64")}


def test_nothing_is_fetched_where_all_is_there(cache: Path) -> None:
    before = (cache / LOCK_FILE).read_bytes()
    assert fetch(cache) == whole(cache)
    assert (cache / LOCK_FILE).read_bytes() == before


@pytest.mark.parametrize("name", [DEB, DISK_DEB, WHEEL])
def test_nothing_is_built_where_a_package_is_missing_or_another(cache: Path, name: str) -> None:
    (cache / name).write_text("another")
    refused = built(cache)
    assert refused.code == 1
    assert Path(name).name in refused.err
    (cache / name).unlink()
    assert Path(name).name in built(cache).err
    assert not (cache / "root.tar").exists()


def test_a_plan_is_told_and_nothing_is_fetched_or_made(cache: Path, tmp_path: Path) -> None:
    def planned(*more: object) -> Said:
        before = sorted(tmp_path.rglob("*"))
        said = here("provision", "image", "--cache", cache, *more, "--dry-run")
        assert sorted(tmp_path.rglob("*")) == before
        return said

    out = tmp_path / "町.img"
    both = ("--fetch", "--disk", out)
    assert "2023-11-14 のパッケージから" in planned("--disk", out).out
    assert "もうそろっています" in planned(*both).out
    assert "選んで集めます" in planned(*both, "--renew").out
    (cache / WHEEL).unlink()
    assert "足りない1個を集め直します" in planned(*both).out
    refused = planned("--disk", out)
    assert (refused.code, Path(WHEEL).name in refused.err) == (1, True)
    (cache / LOCK_FILE).unlink()
    assert str(out) in planned(*both).out


def test_nothing_is_built_of_nothing(tmp_path: Path) -> None:
    refused = built(tmp_path)
    assert (refused.code, "--fetch" in refused.err) == (1, True)


def test_what_was_fetched_for_older_software_is_not_used_for_newer(cache: Path) -> None:
    lock = whole(cache)
    Lock(lock.files, lock.made, "0" * 64).write(cache)
    assert "--renew" in built(cache).err
    with pytest.raises(Refused, match="--renew"):
        fetch(cache)


@pytest.mark.parametrize(
    "content", ["", "nothing\n", f"# made at 1 of {'0' * 64}\n{'0' * 64}  ../../etc/passwd\n"]
)
def test_a_lock_that_is_none_is_refused(cache: Path, content: str) -> None:
    (cache / LOCK_FILE).write_text(content)
    with pytest.raises(Refused):
        whole(cache)


def test_somebody_is_told_what_to_say_who_says_too_little(cache: Path) -> None:
    assert "--fetch" in here("provision", "image", "--cache", cache).err
    assert "--renew" in here("provision", "image", "--cache", cache, "--renew").err


def test_a_node_has_what_draws_papers(tmp_path: Path) -> None:
    script = Path(__file__).resolve().parents[2] / "provisioning" / "checkout.sh"
    told = script.read_text().split('print_packages="')[1].split('"')[0].split()
    assert set(told) <= set(wanted_of_debian())


def test_what_is_large_and_stays_for_years_is_beside_the_program_and_nothing_is_twice() -> None:
    program, beside = (
        {line.partition("==")[0] for line in text.splitlines() if "==" in line}
        for text in (wanted_by_the_program(), wanted_beside_it())
    )
    assert beside >= {"pyopenjtalk-plus", "lameenc", "sudachidict-core"}
    assert program >= {"flask", "sudachipy"}
    assert not program & beside


def test_what_apt_could_not_get_is_said_by_name_and_is_no_package(tmp_path: Path) -> None:
    got, failed = tmp_path / "tzdata_1_all.deb", tmp_path / "linux_2_amd64.deb.FAILED"
    for path in (got, failed):
        path.write_bytes(b"half")
    with pytest.raises(Refused, match="linux_2_amd64"):
        check_whole(tmp_path)
    assert list(tmp_path.iterdir()) == [got]
