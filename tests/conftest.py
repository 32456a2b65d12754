"""What all tests share: published data to read, how hard to try, and what a skip means.

On a laptop a skip says "not here"; in CI it is a failure, for there everything is.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable, Generator, Hashable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from flask.templating import Environment
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from kiosk_ui.static_files import read_static_files
from node import pins
from sync.machine.seal import SEALS
from tests.tpm import SoftwareTpm, needs_a_tpm

WITH_PROCESSES = frozenset({"stories", "kiosk", "power", "lan", "security", "fuzz", "village"})
IN_CI = bool(os.environ.get("CI"))

# Thousands of processes read our code, each test run anew: compiled once, whatever the machine's
# habit is, that costs a third less.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes says how busy the machine is, and nothing of what is tested.
ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", ANY_SPEED, derandomize=True, print_blob=True)
settings.register_profile("laptop", ANY_SPEED)
settings.load_profile("ci" if IN_CI else "laptop")


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """What each test would pay for again: PINs that are dear to guess, pages and addresses as code.

    Only within the tests' own process; the machines' processes pay in full.
    """
    made = Flask.create_jinja_environment

    def remembering(app: Flask) -> Environment:
        environment = made(app)
        environment.bytecode_cache = _pages
        return environment

    compiled = Rule._compile_builder
    builders: dict[Hashable, Callable[..., tuple[str, str]]] = {}

    def remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        is_ = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if is_ not in builders:
            builders[is_] = compiled(rule, append_unknown)
        return builders[is_]

    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        _pages = FileSystemBytecodeCache(folder)
        patch.setattr(Flask, "create_jinja_environment", remembering)
        patch.setattr(Rule, "_compile_builder", remembered)
        patch.setattr("kiosk_ui.app.read_static_files", cache(read_static_files))
        patch.setattr(pins, "_PASSES", 1)
        patch.setattr(pins, "_MEMORY_KIB", 1 << 10)
        yield


@pytest.fixture(autouse=True)
def _leaves_its_process_as_it_was() -> Iterator[None]:
    """What files of later tests may be read by whom, where they are, and who ends them."""
    before = _of_this_process()
    yield
    assert _of_this_process() == before


def _of_this_process() -> tuple[object, ...]:
    mask = os.umask(0o077)
    os.umask(mask)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    compiled = os.environ.get("PYTHONPYCACHEPREFIX")  # where one version's code is another's
    return mask, Path.cwd(), os.sched_getaffinity(0), os.nice(0), handlers, compiled


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Published data of towns and agencies, kept beside the checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder shared/data is not beside the checkout")
    return folder


def pytest_make_parametrize_id(val: object) -> str | None:
    """Keys made by chance have other names in each process, and workers compare names."""
    return f"{len(val)} bytes" if isinstance(val, bytes) and len(val) > 16 else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where suites run together, what takes minutes comes last; of each, real processes first.

    Their files are few and long: begun at the end, one would keep a core while the other has none.
    """
    items.sort(
        key=lambda item: (
            item.get_closest_marker("slow") is not None,
            item.path.parent.name not in WITH_PROCESSES and item.path.name != "test_house.py",
        )
    )


def pytest_collection_finish() -> None:
    """All that was loaded stays until the end: nobody looks through it for what could go."""
    gc.collect()
    gc.freeze()


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    # An expected failure is reported as skipped too, but it did run.
    if not IN_CI or not report.skipped or hasattr(report, "wasxfail"):
        return
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"In CI a skip is a failure. {why}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.fixture
def in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a machine's opened seal lies until it is switched off."""
    folder = tmp_path / "in-memory"
    monkeypatch.setenv(SEALS, str(folder))
    return folder


@pytest.fixture
def tpm() -> Iterator[SoftwareTpm]:
    """Of this test's own, switched on."""
    needs_a_tpm()
    with TemporaryDirectory(prefix="tpm-") as folder:
        found = SoftwareTpm(Path(folder))
        found.switch_on()
        yield found
        found.switch_off()
