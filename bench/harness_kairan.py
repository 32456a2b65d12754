"""Kairan as a row of the harness of peers, which has this file in a copy of its folder `peers/`.

kairan = a hub serves, and one without boards offers and takes in: signatures checked, ledgers
durable, one author a side. Words after a colon, joined by +, make other rows of it: 20 = twenty
authors a side; boards = a node offers and a node serves, both with boards; kept = the connection is
kept from task to task; tls = the hub's own TLS.

Runs in the harness's Python, so nothing of ours is imported here; what is ours runs in ours.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_CHECKOUT = Path(__file__).resolve().parents[1]
_PYTHON = os.environ.get("KAIRAN_PYTHON", sys.executable)
_ENVIRONMENT = {"PYTHONPATH": str(_CHECKOUT)}

Document = Mapping[str, Any]


class P:
    """What the harness calls a Peer; it is written without types, and so is `env`."""

    settle = 0.3
    opt = ""

    def __init__(self, env: Any) -> None:
        """`env`: the harness's two sides."""
        self._env = env
        self.version = _version(env)

    def start(self, docs: list[Document]) -> None:
        """Fill A, serve it, and have B ready to offer."""
        words = set(self.opt.split("+")) - {""}
        assert words <= {"20", "boards", "kept", "tls"}, f"no such variant: {self.opt}"
        many, boards = 20 if "20" in words else 1, "boards" in words
        part = "node" if boards else "hub"
        self._folder = {side: self._env.dirs[side] / f"machine-{side}" for side in "AB"}
        self._authors = {
            side: [self._env.dirs[side] / f"author-{side}-{at:02d}" for at in range(many)]
            for side in "AB"
        }
        machines = [f"--machine={folder}={part}" for folder in self._folder.values()]
        authors = [f"--author={author}" for side in "AB" for author in self._authors[side]]
        tls = ["--tls"] if "tls" in words else []
        self._run("A", "town", self._env.work / "town", *machines, *authors, *tls)
        self.add("A", docs)
        # Done once, by whoever has time; what it takes is said beside the table.
        said = self._run("A", "pack", self._folder["A"]).decode().strip()
        print(f"kairan{':' * bool(self.opt)}{self.opt}, {len(docs):,} posts: {said}", flush=True)
        port = self._env.port()
        serves = ["-m", "cli.main", "web" if boards else "hub", "--port", port]
        self._env.spawn("A", [_PYTHON, *serves, "--data", self._folder["A"]], env=_ENVIRONMENT)
        self._env.wait_port(port)
        self._scheme = "https" if "tls" in words else "http"
        self._port = self._env.proxy(port)
        kept = ["--kept"] if "kept" in words else []
        known = [f"--hub={self._folder['A']}"] if "tls" in words else []
        offers = _ours("offer", self._folder["B"], *kept, *known)
        self._offering = self._env.agent("B", offers, _ENVIRONMENT)
        self._offering.line()

    def pull(self) -> None:
        """One exchange, which is both ways always."""
        self._offering.ask(f"{self._scheme}://{self._env.host}:{self._port}")

    both = pull

    def add(self, side: str, docs: Iterable[Document]) -> None:
        """New posts, by that side's authors in no order."""
        authors = [f"--author={author}" for author in self._authors[side]]
        lines = "".join(json.dumps(doc, ensure_ascii=False) + "\n" for doc in docs)
        self._run(side, "write", self._folder[side], *authors, input=lines.encode())

    def documents(self, side: str) -> list[Document]:
        """What is held there."""
        return [
            json.loads(line) for line in self._run(side, "read", self._folder[side]).splitlines()
        ]

    def ids(self, side: str) -> set[str]:
        """Of what is held there."""
        return {document["id"] for document in self.documents(side)}

    def relink(self) -> None:
        """`env.host` is another one: `pull` looks at it each time."""

    def after(self) -> None:
        """Nothing is to be ended between tasks."""

    def _run(self, side: str, *arguments: object, **told: bytes) -> bytes:
        output: bytes = self._env.run(side, _ours(*arguments), _ENVIRONMENT, **told)
        return output


def _ours(*arguments: object) -> list[object]:
    return [_PYTHON, "-m", "bench.harness_machine", *arguments]


def _version(env: Any) -> str:
    code = "import importlib.metadata as m; print(m.version('kairan'))"
    told: bytes = env.run("A", [_PYTHON, "-c", code], _ENVIRONMENT)
    return told.decode().strip()
