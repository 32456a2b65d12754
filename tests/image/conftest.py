"""The root file system that is booted here: built once, with no network, of a cache that outlives
the tests.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.package_cache import wanted_now
from tests.image.booted import why_not
from tests.stories.machines import KAIRAN

BUILD_SECONDS_MAX = 1_500  # on a busy machine


@pytest.fixture(autouse=True, scope="session")
def _containers() -> None:
    if reason := why_not():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def cache() -> Path:
    """What is fetched once on a machine, and again when something else is wanted."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "kairan" / f"packages-{wanted_now()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    image(folder, "--fetch")
    return folder


@pytest.fixture(scope="session")
def archive(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root file system, as one tar."""
    return build(cache, tmp_path_factory.mktemp("archive") / "root.tar")


@pytest.fixture(scope="session")
def root(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same, unpacked."""
    folder = tmp_path_factory.mktemp("root")
    unpack = ["tar", "--extract", f"--file={archive}", "--numeric-owner", "--same-permissions"]
    subprocess.run([*unpack, f"--directory={folder}"], check=True, timeout=BUILD_SECONDS_MAX)
    yield folder
    subprocess.run(["rm", "--recursive", "--one-file-system", str(folder)], check=True)
    archive.unlink()


@pytest.fixture(scope="session")
def disk_image(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What disks are written from, made with no network."""
    out = tmp_path_factory.mktemp("image") / "kairan.img"
    image(cache, "--disk", out, before=("unshare", "--net"))
    yield out
    out.unlink()


def build(cache: Path, out: Path, *, umask: int = 0o022) -> Path:
    """With no network at all."""
    image(cache, "--rootfs", out, before=("unshare", "--net"), umask=umask)
    return out


def image(
    cache: Path, *arguments: str | Path, before: tuple[str, ...] = (), umask: int = -1
) -> None:
    """`kairan provision image`."""
    command = [*before, str(KAIRAN), "provision", "image", "--cache", str(cache), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=BUILD_SECONDS_MAX, umask=umask
    )
    assert done.returncode == 0, done.stdout + done.stderr
