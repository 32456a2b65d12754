"""500 phones, by wrk, before any server; what they got and what it cost that server.

nginx gives the same bytes as a file, packed before: it is the limit.
"""

import gzip
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.children import free_port
from bench.usage import Watch

PHONE = "192.0.2.1"
"""By what number phones call the machine: at 127.0.0.1 it would show them the kiosk's pages."""

_WRK = re.compile(r"50%\s+([\d.]+)(\w+).*?99%\s+([\d.]+)(\w+).*?(\d+) requests in", re.DOTALL)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
_ANEW = """request = function()
  counter = (counter or 0) + 1
  return wrk.format(nil, wrk.path .. "?anew=" .. counter)
end
"""
_NGINX = """user root;
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/errors.log;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  default_type text/html;
  gzip_static on;
  keepalive_requests 100000000;
  client_body_temp_path {folder};
  proxy_temp_path {folder};
  fastcgi_temp_path {folder};
  uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What so many connections got in so many seconds."""

    a_second: float
    a_cpu_second: float
    median: float  # seconds
    p99: float
    wrong: str  # what wrk says of answers that failed or never came


def ask(
    url: str,
    *,
    of: int,
    connections: int,
    seconds: int,
    etag: str = "",
    anew: Path | None = None,
    first: bool = False,
) -> Answered:
    """Ask as fast as one core can. `of`: the server's process; `anew`: where to put a script.

    `first`: each time as a phone that comes from elsewhere and hasn't got the style sheet.
    """
    headers = [f"Host: {PHONE}", "Accept-Encoding: gzip"]
    headers += [f"If-None-Match: {etag}"] if etag else []
    headers += [] if first else [f"Referer: http://{PHONE}/"]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
    for header in headers:
        command += ["-H", header]
    if anew:
        anew.write_text(_ANEW)
        command += ["-s", str(anew)]
    watch, began = Watch(of), time.perf_counter()
    said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    took, spent = time.perf_counter() - began, watch.spent().cpu_seconds
    found = _WRK.search(said)
    assert found, said
    wrong = " ".join(
        line.strip() for line in said.splitlines() if "errors" in line or "Non-" in line
    )
    median, median_in, p99, p99_in, count = found.groups()
    return Answered(
        a_second=int(count) / took,
        a_cpu_second=int(count) / spent,
        median=float(median) * _SECONDS[median_in],
        p99=float(p99) * _SECONDS[p99_in],
        wrong=wrong,
    )


class Nginx:
    """It serves one page at `url`, within the context."""

    @staticmethod
    def is_there() -> bool:
        """Whether it is installed."""
        return shutil.which("nginx") is not None

    def __init__(self, page: bytes, folder: Path) -> None:
        """It answers when this returns."""
        folder.mkdir()
        folder.chmod(0o755)
        (folder / "page.html").write_bytes(page)
        (folder / "page.html.gz").write_bytes(gzip.compress(page, 6, mtime=0))
        port = free_port()
        (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port))
        self._process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")])
        self.url = f"http://127.0.0.1:{port}/page.html"
        time.sleep(1)
        assert self._process.poll() is None, "nginx does not run"

    @property
    def id(self) -> int:
        """Of the process."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def check_tools() -> None:
    """Say what is missing."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt-get install --no-install-recommends wrk")
