"""The press itself: a page from standard input, its PDF to standard output, and gone.

It reads what people wrote, so it may take no more than its share, and asks nobody for anything:
what isn't in the page isn't in the PDF. A page that says so of itself (`FOLDED`) becomes sheets to
fold, with two of its pages on each side.
"""

import sys
from typing import TYPE_CHECKING

from kiosk_ui.folding import sides
from kiosk_ui.press import FOLDED, NOT_HERE
from node.errand import confine

MEMORY_BYTES_MAX = 1 << 30
CPU_SECONDS_MAX = 100

if TYPE_CHECKING:
    from pydyf import PDF
    from weasyprint import Document


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
    page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=("data",))).render()
    folded = FOLDED in page.metadata.custom
    page.write_pdf(sys.stdout.buffer, finisher=_fold if folded else None)
    return 0


def _fold(booklet: "Document", pdf: "PDF") -> None:
    """Two pages on each side of a sheet, drawn as they were drawn."""
    from pydyf import Array, Dictionary, Stream

    width, height = (0.75 * size for size in (booklet.pages[0].width, booklet.pages[0].height))
    pages = [pdf.objects[int(reference.split()[0])] for reference in pdf.page_references]
    for page in pages:
        drawn = pdf.objects[int(page["Contents"].split()[0])]
        drawn.extra |= {
            "Type": "/XObject",
            "Subtype": "/Form",
            "BBox": Array([0, 0, width, height]),
            "Resources": page["Resources"],
        }
    pdf.pages["Kids"], pdf.pages["Count"] = Array([]), 0
    for left, right in sides(len(pages)):
        side, named = Stream(), Dictionary({})
        for at, place in ((left, 0.0), (right, width)):
            if at is None:
                continue
            named[f"P{at}"] = pages[at]["Contents"]
            side.push_state()
            side.set_matrix(1, 0, 0, 1, place, 0)
            side.draw_x_object(f"P{at}")
            side.pop_state()
        pdf.add_object(side)
        pdf.add_page(
            Dictionary(
                {
                    "Type": "/Page",
                    "Parent": pdf.pages.reference,
                    "MediaBox": Array([0, 0, 2 * width, height]),
                    "Contents": side.reference,
                    "Resources": Dictionary({"XObject": named}),
                }
            )
        )
    for leading_there in ("Names", "Outlines"):  # to pages that are no more
        pdf.catalog.pop(leading_there, None)


if __name__ == "__main__":
    sys.exit(main())
