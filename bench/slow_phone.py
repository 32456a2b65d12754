"""A page on a slow phone: 400 kbit/s, 400 ms each way and back, a processor six times slower.

Chromium emulates it; what it says of painting is its own. The limit is a page of one sentence with
a style sheet of one rule: what is beyond that is ours.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import CDPSession, sync_playwright

from bench.crowd import PHONE

_CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu"]
_BYTES_A_SECOND = 400_000 / 8
_SLOWER = 6
_PAINTED = """new Promise((known) => new PerformanceObserver((list) => {
  const last = list.getEntries().at(-1);
  setTimeout(() => known({
    lcp: last.startTime,
    fcp: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  }), 0);
}).observe({ type: "largest-contentful-paint", buffered: true }))"""
_SENTENCE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>お知らせ</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/one.css"></head>
<body><p>今日は、公民館でお茶の会があります。どなたでもどうぞ。</p></body></html>
"""
_RULE = "body { font: 1.2rem sans-serif; }\n"


@dataclass(slots=True)
class Seen:
    """What came, and when it was painted."""

    requests: int = 0
    received: int = 0  # on the wire, with headers
    script: int = 0
    first_paint: float = 0.0  # seconds
    largest_paint: float = 0.0


def see(port: int, path: str, *, times: int) -> list[Seen]:
    """Each time as somebody who was never there."""
    if not _CHROMIUM.exists():
        sys.exit("Chromium is missing: apt-get install chromium")
    seen = []
    with sync_playwright() as playwright:
        rules = f"--host-resolver-rules=MAP {PHONE} 127.0.0.1"
        browser = playwright.chromium.launch(
            executable_path=str(_CHROMIUM), args=[*_ARGUMENTS, rules]
        )
        for _ in range(times):
            context = browser.new_context(viewport={"width": 360, "height": 640}, locale="ja-JP")
            page = context.new_page()
            tools = context.new_cdp_session(page)
            one = Seen()
            _slow_down(tools, one)
            page.goto(f"http://{PHONE}:{port}{path}", wait_until="load")
            painted = page.evaluate(_PAINTED)
            page.wait_for_timeout(1_500)
            one.first_paint, one.largest_paint = painted["fcp"] / 1e3, painted["lcp"] / 1e3
            seen.append(one)
            context.close()
        browser.close()
    return seen


@contextmanager
def bare_page() -> Iterator[int]:
    """At what port the limit is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Bare)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class _Bare(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The page, or its style sheet."""
        is_sheet = self.path.endswith(".css")
        body = (_RULE if is_sheet else _SENTENCE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/css" if is_sheet else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Not a word."""


def _slow_down(tools: CDPSession, seen: Seen) -> None:
    scripts: set[str] = set()

    def respond(said: dict[str, object]) -> None:
        if said["type"] == "EventSource":
            return
        seen.requests += 1
        if said["type"] == "Script":
            scripts.add(str(said["requestId"]))

    def finish(said: dict[str, object]) -> None:
        length = int(float(str(said["encodedDataLength"])))
        seen.received += length
        if said["requestId"] in scripts:
            seen.script += length

    tools.on("Network.responseReceived", respond)
    tools.on("Network.loadingFinished", finish)
    tools.send("Network.enable")
    tools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 400,
            "downloadThroughput": _BYTES_A_SECOND,
            "uploadThroughput": _BYTES_A_SECOND,
        },
    )
    tools.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
