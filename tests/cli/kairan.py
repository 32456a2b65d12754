"""The real `kairan` command, as a keeper types it."""

import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cli.main import main

ROOT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 240


@dataclass(frozen=True)
class Said:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def kairan(*arguments: object) -> Said:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        timeout=SECONDS_MAX,
    )
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


def here(*arguments: object) -> Said:
    """The same within this process: many small questions take less of everybody's time."""
    out, err, code = StringIO(), StringIO(), 0
    typed = ["kairan", *map(str, arguments)]
    with patch.object(sys, "argv", typed), redirect_stdout(out), redirect_stderr(err):
        before = os.umask(0o022)
        try:
            main()
        except SystemExit as ended:
            code = int(str(ended.code))
        finally:
            os.umask(before)  # a machine's own command keeps what it writes to itself
    return Said(code, out.getvalue(), err.getvalue())


def done(*arguments: object) -> Said:
    """It did what was asked."""
    said = kairan(*arguments)
    assert (said.code, said.err) == (0, "")
    return said


def refused(*arguments: object) -> str:
    """It was refused with a message for a person."""
    return message(kairan(*arguments))


def message(said: Said) -> str:
    assert said.code == 1, said
    assert said.err.strip()
    assert "Traceback" not in said.err
    return said.err
