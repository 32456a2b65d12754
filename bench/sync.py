"""Kairan beside its peers: one harness, one machine, one table.

    python bench/sync.py --set-up
    python bench/sync.py --peer kairan --peer kairan:20 --peer fossil --n 10000 --runs 16
    python bench/sync.py --peer all --n 10000

The harness is ../shared/peers/sync (its README says what a task is). It is copied to a place of
its own, with bench/harness_kairan.py among its peers, and run there, one peer after another. A peer
that lacks something here is named with what it lacks. Needs root, as the harness does: network
namespaces, TUN devices and cgroups.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import table
from bench.usage import machine_in_words

_CHECKOUT = Path(__file__).resolve().parents[1]
HARNESS = _CHECKOUT.parent / "shared" / "peers" / "sync"
_PLACE = Path.home() / ".cache" / "kairan-peers"
_ADAPTER = _CHECKOUT / "bench" / "harness_kairan.py"
_TASKS = "T1,T2,T3,T4,T5"
_STAY = {"venv", "node_modules", ".work", "package-lock.json"}  # what was installed, in the copy

Line = Mapping[str, Any]


class _Failed(Exception):
    """The harness ended before its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a row of the table needs beside the harness's own needs."""

    commands: Sequence[str] = ()
    modules: Sequence[str] = ()  # of Python
    scripts: bool = False  # what `npm install` brings


ROWS = {
    "kairan": Needs(),
    "kairan:20": Needs(),
    "kairan:boards": Needs(),
    "kairan:kept": Needs(),
    "kairan:tls": Needs(),
    "floor": Needs(modules=("nacl", "zstandard")),
    "git": Needs(commands=("git",)),
    "fossil": Needs(commands=("fossil",)),
    "syncthing": Needs(commands=("syncthing",)),
    "pouch": Needs(commands=("node",), scripts=True),
    "ssb": Needs(commands=("node",), scripts=True),
    "morango:gzip": Needs(modules=("morango", "cheroot")),
    "rsync": Needs(commands=("rsync",)),
}


def main(arguments: list[str] | None = None) -> None:
    """Run what is asked for, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer", action="append", default=[], help="or all; may be repeated")
    parser.add_argument("--n", type=int, default=10_000, help="posts in the cold exchange")
    parser.add_argument("--runs", type=int, default=1, help="seeds of the bad link")
    parser.add_argument("--tasks", default=_TASKS, help="of the harness")
    parser.add_argument("--lines", type=Path, help="add the harness's lines to this file")
    parser.add_argument("--show", type=Path, help="print the table of such a file, and run nothing")
    parser.add_argument("--set-up", action="store_true", help="install what peers need, beside us")
    parser.add_argument("--place", type=Path, default=_PLACE, help="where the copy is kept")
    parser.add_argument("--harness", type=Path, default=HARNESS)
    told = parser.parse_args(arguments)
    if told.show:
        _show(json.loads(line) for line in told.show.read_text().splitlines())
        return
    if not told.harness.is_dir():
        sys.exit(f"the harness is not there: {told.harness}")
    copy = _copy(told.harness, told.place)
    if told.set_up:
        _set_up(copy)
    if not told.peer:
        return
    if missing := lacking_here():
        sys.exit(f"the harness can't run here, for want of {missing}")
    print(f"{machine_in_words()}; {told.n:,} posts")
    lines: list[Line] = []
    failed: list[str] = []
    for peer in dict.fromkeys(ROWS if "all" in told.peer else told.peer):
        if lacks := _lacks(copy, ROWS.get(peer, Needs())):
            print(f"{peer}: not run, for want of {lacks}", flush=True)
            continue
        try:
            for line in _run(copy, peer, told):
                lines.append(line)
                if told.lines:
                    with told.lines.open("a") as file:
                        file.write(json.dumps(line) + "\n")
        except _Failed as wrong:
            failed.append(f"{peer}: the harness failed: {wrong}")
    if lines:
        _show(lines)
    if failed:
        sys.exit("\n".join(failed))


def lacking_here() -> str:
    """What of the harness's own needs isn't met on this machine; nothing if it can run."""
    if os.geteuid() != 0:
        return "root"
    if not shutil.which("ip"):
        return "iproute2"
    places = (Path("/dev/net/tun"), Path("/sys/fs/cgroup/cpuacct/cgroup.procs"))
    return next((str(place) for place in places if not place.exists()), "")


def _copy(harness: Path, place: Path) -> Path:
    """The harness as it is now, with us in it; what was installed into an earlier copy stays."""
    copy = place / "harness"
    for source in sorted(harness.rglob("*")):
        inside = source.relative_to(harness)
        if source.is_file() and not _STAY & set(inside.parts):
            (copy / inside).parent.mkdir(parents=True, exist_ok=True)
            new = (copy / inside).with_suffix(f".{os.getpid()}")
            shutil.copyfile(source, new)
            new.replace(copy / inside)  # another run may be reading it
    new = copy / "peers" / f"kairan.{os.getpid()}"
    new.symlink_to(_ADAPTER)  # so that it finds this checkout
    new.replace(copy / "peers" / "kairan.py")
    return copy


def _set_up(copy: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", copy / "venv"], check=True)
    pip = [str(_python(copy)), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--requirement", str(copy / "requirements.txt")], check=True)
    if shutil.which("npm"):
        subprocess.run(["npm", "install", "--silent"], cwd=copy / "js", check=True)
    commands = {command for needs in ROWS.values() for command in needs.commands}
    absent = sorted(command for command in commands if not shutil.which(command))
    if absent:
        print(f"for more peers, install: {' '.join(absent)}")


def _python(copy: Path) -> Path:
    installed = copy / "venv" / "bin" / "python"
    return installed if installed.exists() else Path(sys.executable)


def _lacks(copy: Path, needs: Needs) -> str:
    lacks = [command for command in needs.commands if not shutil.which(command)]
    for module in needs.modules:
        if subprocess.run(
            [_python(copy), "-c", f"import {module}"], capture_output=True
        ).returncode:
            lacks.append(f"{module} (--set-up)")
    if needs.scripts and not (copy / "js" / "node_modules").is_dir():
        lacks.append("node_modules (--set-up)")
    return ", ".join(lacks)


def _run(copy: Path, peer: str, told: argparse.Namespace) -> Iterable[Line]:
    """The harness's lines. Raises _Failed with what it said last."""
    command = [str(_python(copy)), "bench.py", "--peer", peer, "--n", str(told.n)]
    command += ["--runs", str(told.runs), "--tasks", told.tasks]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["KAIRAN_PYTHON"] = sys.executable
    with subprocess.Popen(
        command,
        cwd=copy,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as harness:
        assert harness.stdout is not None
        said = ""
        for text in harness.stdout:
            said = text.strip() or said
            if said.startswith("{"):
                yield json.loads(said)
            elif said.startswith("kairan"):
                print(said, flush=True)
    if harness.returncode:
        raise _Failed(said)


# the table


def _show(lines: Iterable[Line]) -> None:
    """A row a peer; medians where a task was run more than once."""
    by_size: dict[int, dict[str, dict[str, list[Line]]]] = {}
    for line in lines:
        tasks = by_size.setdefault(line["n"], {}).setdefault(line["peer"], {})
        tasks.setdefault(line["task"], []).append(line)
    for n, peers in sorted(by_size.items()):
        table.show(
            f"{n:,} posts: bytes of both directions, turns; CPU and memory of A + B",
            ("", *(name for name, _, _ in _columns(n))),
            [
                (peer, *(cell(tasks[task]) if task in tasks else "–" for _, task, cell in columns))
                for peer, tasks in peers.items()
                for columns in [_columns(n)]
            ],
        )


def _columns(n: int) -> Sequence[tuple[str, str, Callable[[Sequence[Line]], str]]]:
    return (
        ("no-op", "T2", _sent),
        ("no-op, CPU", "T2", _cpu),
        ("no-op, A moved", "T2-newaddr", _sent),
        (f"{n // 100:,} new", "T3", _sent),
        ("50 + 50", "T4", _sent),
        ("cold", "T1", _sent),
        ("cold, CPU", "T1", _cpu),
        ("cold, MB", "T1", _memory),
        ("no-op, RTT 600 ms", "T2-rtt600", _wall),
        ("100 new, bad link", "T5", _wall),
        ("no-op, bad link", "T5-noop", _wall),
    )


def _sent(lines: Sequence[Line]) -> str:
    size = median(line["up"] + line["down"] for line in lines)
    return f"{table.number_of_bytes(size)}, {median(line['turns'] for line in lines):.0f}"


def _cpu(lines: Sequence[Line]) -> str:
    return " + ".join(f"{median(line[side] for line in lines):.3f} s" for side in ("cpuA", "cpuB"))


def _memory(lines: Sequence[Line]) -> str:
    return " + ".join(f"{max(line[side] for line in lines):.0f}" for side in ("rssA_mb", "rssB_mb"))


def _wall(lines: Sequence[Line]) -> str:
    walls = [line["wall"] for line in lines]
    around = f" ({min(walls):.1f}–{max(walls):.1f})" if len(walls) > 1 else ""
    return f"{median(walls):.2f} s{around}"


if __name__ == "__main__":
    main()
