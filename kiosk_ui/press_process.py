"""The press itself: a page from standard input, its PDF to standard output, and gone.

It reads what people wrote, so it may take no more than its share, and asks nobody for anything:
what isn't in the page isn't in the PDF.
"""

import sys

from kiosk_ui.press import NOT_HERE
from node.errand import confine

MEMORY_BYTES_MAX = 1 << 30
CPU_SECONDS_MAX = 100


def main() -> int:
    """Exit 3 where a library is missing."""
    confine(memory_bytes=MEMORY_BYTES_MAX, cpu_seconds=CPU_SECONDS_MAX)
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as wrong:  # Pango isn't on this machine
        sys.stderr.write(f"{wrong}\n")
        return NOT_HERE
    html = sys.stdin.buffer.read().decode()
    HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf(
        sys.stdout.buffer
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
