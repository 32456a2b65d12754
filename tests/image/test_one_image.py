"""What must hold before a release: one image for the town, which is nobody's yet."""

import re
from pathlib import Path

import pytest

from provisioning.disk.layout import ROOT, SEED
from tests.image.conftest import BUILD_SECONDS_MAX, image
from tests.image.test_disk import digest, part_of, said_by
from tests.image.test_image import OF_ONE_MACHINE

pytestmark = [pytest.mark.release, pytest.mark.timeout(3 * BUILD_SECONDS_MAX)]

IMAGE_BYTES_MAX = 450_000_000


def test_the_image_is_small_and_has_no_key_and_no_name(disk_image: Path, tmp_path: Path) -> None:
    assert disk_image.stat().st_blocks * 512 < IMAGE_BYTES_MAX
    root = part_of(disk_image, ROOT, tmp_path / "root")
    listed = said_by("unsquashfs", "-lls", root)
    assert re.search(r" 0 \S+ \S+ squashfs-root/etc/machine-id$", listed, re.MULTILINE)
    files = [
        line for line in listed.splitlines() if line.startswith("-")
    ]  # no links to authorities
    assert not [line for line in files if OF_ONE_MACHINE.search(line)]
    assert part_of(disk_image, SEED, tmp_path / "seed").read_bytes().strip(b"\0") == b""
    said_by("sfdisk", "--verify", disk_image)


def test_the_same_packages_give_the_same_image_again(
    disk_image: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", "/var/tmp")  # noqa: S108  # another than before
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    again = tmp_path / "again.img"
    image(cache, "--disk", again, before=("unshare", "--net"), umask=0o077)
    assert digest(again) == digest(disk_image)
    again.unlink()
