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
from tests.image.shared import shared
from tests.stories.machines import KAIRAN

BUILD_SECONDS_MAX = 3_600  # on a busy machine; a quiet one takes a tenth
ARCHIVE, IMAGE = "root.tar", "kairan.img"


@pytest.fixture(autouse=True, scope="session")
def _containers() -> None:
    if reason := why_not():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def cache() -> Path:
    """What machines without a screen are made of."""
    return cache_of()


def cache_of(*, screens: bool = False) -> Path:
    """What is fetched once on a machine, and again when something else is wanted."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "kairan" / f"packages-{wanted_now(screens=screens)[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    image(folder, "--fetch", *(("--screens",) if screens else ()))
    return folder


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run have."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def archive(cache: Path, common: Path) -> Iterator[Path]:
    """The root file system, as one tar."""
    with shared(common / "archive", lambda folder: _build_into(folder, cache)) as folder:
        yield folder / ARCHIVE


@pytest.fixture(scope="session")
def root(archive: Path, common: Path) -> Iterator[Path]:
    """The same, unpacked."""
    with shared(common / "root", lambda folder: _unpack(archive, folder)) as folder:
        yield folder


def _build_into(folder: Path, cache: Path) -> None:
    build(cache, folder / ARCHIVE)


def _unpack(archive: Path, folder: Path) -> None:
    unpack = ["tar", "--extract", f"--file={archive}", "--numeric-owner", "--same-permissions"]
    subprocess.run([*unpack, f"--directory={folder}"], check=True, timeout=BUILD_SECONDS_MAX)


@pytest.fixture(scope="session")
def disk_image(cache: Path, common: Path) -> Iterator[Path]:
    """What disks are written from, made with no network."""
    with shared(common / "image", lambda folder: _make_disk_into(folder, cache)) as folder:
        yield folder / IMAGE


def _make_disk_into(folder: Path, cache: Path) -> None:
    image(cache, "--disk", folder / IMAGE, before=("unshare", "--net"))


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
