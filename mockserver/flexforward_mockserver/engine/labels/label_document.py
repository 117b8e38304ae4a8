"""The document of a label: one page, as PDF or PNG, that nobody can take for a real one."""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flexforward_mockserver.state.label import Label

__all__ = ["draw_label"]

# A label of 100 mm by 150 mm, in points.
_WIDTH, _HEIGHT = 283, 425
_MARGIN = 20
_CODE_SIDE = 150
_TITLE = "NOT FOR SHIPPING"
_PIXELS_PER_MODULE = 8


def draw_label(label: Label, label_format: str) -> bytes:
    """Return a label's document, the same bytes each time.

    Both forms have the tracking number as a QR code, the PDF in words too.

    Args:
        label: what is drawn.
        label_format: ``pdf`` or ``png``.
    """
    import segno  # many servers never draw a label

    code = segno.make_qr(label.tracking_number)
    if label_format == "pdf":
        return _pdf(label, [list(row) for row in code.matrix])
    written = io.BytesIO()
    code.save(written, kind="png", scale=_PIXELS_PER_MODULE)
    return written.getvalue()


def _pdf(label: Label, rows: list[list[int]]) -> bytes:
    pydyf: Any = import_module("pydyf")  # it has no types
    pdf = pydyf.PDF()
    font = pydyf.Dictionary(
        {"Type": "/Font", "Subtype": "/Type1", "BaseFont": "/Helvetica", "Encoding": "/WinAnsiEncoding"}
    )
    pdf.add_object(font)
    page = pydyf.Stream()
    _write(page, 14, _HEIGHT - _MARGIN - 14, _TITLE)
    creation = label.creation
    courier = creation.courier if creation else label.scenario.steps[0].status.slug
    to = ("To", *creation.ship_to) if creation else ()
    for number, line in enumerate((f"{courier}   {label.tracking_number}", f"Order {label.order_number}", *to)):
        _write(page, 9, _HEIGHT - _MARGIN - 36 - 13 * number, line)
    side = _CODE_SIDE / len(rows)
    for y, row in enumerate(rows):
        for x, is_dark in enumerate(row):
            if is_dark:
                page.rectangle(_MARGIN + x * side, _MARGIN + _CODE_SIDE - (y + 1) * side, side, side)
    page.fill()
    pdf.add_object(page)
    pdf.add_page(
        pydyf.Dictionary(
            {
                "Type": "/Page",
                "Parent": pdf.pages.reference,
                "Contents": page.reference,
                "MediaBox": pydyf.Array([0, 0, _WIDTH, _HEIGHT]),
                "Resources": pydyf.Dictionary({"Font": pydyf.Dictionary({"F1": font.reference})}),
            }
        )
    )
    written = io.BytesIO()
    pdf.write(written)
    return written.getvalue()


def _write(page: Any, size: int, y: int, text: str) -> None:  # a stream of pydyf's
    """Write a line; characters that the standard fonts lack become question marks."""
    page.begin_text()
    page.set_font_size("F1", size)
    page.set_text_matrix(1, 0, 0, 1, _MARGIN, y)
    page.show_text_string(text.encode("cp1252", "replace"))
    page.end_text()
