from __future__ import annotations

import re
import zlib
from urllib.parse import urlsplit

import pytest

from flexforward_mockserver.state.fault import Fault
from kit import Kit
from label_kit import label_body


@pytest.fixture
def kit() -> Kit:
    return Kit()


def address(kit: Kit, key: str, **more: str) -> str:
    made = kit.post(label_body(key, **more)).json
    return urlsplit(str(kit.ask(f"/labels/{made['id']}").json["url"])).path


def test_a_pdf_says_what_it_is_for_in_words_of_every_script(kit: Kit) -> None:
    path = address(kit, "k", order="Ünïcode (文具) \\")
    got = kit.ask(path, {})
    assert (got.status, got.headers["content-type"]) == (200, "application/pdf")
    assert got.body.startswith(b"%PDF-1.")
    assert got.body.rstrip().endswith(b"%%EOF")
    start = int(re.findall(rb"startxref\s+(\d+)", got.body)[-1])
    assert got.body[start:].startswith(b"xref"), "a reader finds the table of objects where the file says"
    number = kit.sandbox.made[0].label.tracking_number
    for text in (
        "NOT FOR SHIPPING",
        f"yunexpress   {number}",
        "Jo Doe",
        "18 Distribution Blvd",
        "Edison New jersey 08817",
    ):
        assert text.encode() in got.body
    assert "Order Ünïcode \\(??\\) \\\\".encode("cp1252") in got.body
    assert (kit.last.label, kit.last.account, kit.last.operation) == (kit.sandbox.made[0].label.id, None, None)
    assert kit.ask(path, {}).body == got.body, "the same bytes each time"


def test_a_png_is_a_sound_picture(kit: Kit) -> None:
    got = kit.ask(address(kit, "k", form="PNG"), {})
    assert got.headers["content-type"] == "image/png"
    assert got.body.startswith(b"\x89PNG\r\n\x1a\n")
    at = 8
    names: list[bytes] = []
    while at < len(got.body):
        length = int.from_bytes(got.body[at : at + 4])
        chunk = got.body[at + 4 : at + 8 + length]
        assert zlib.crc32(chunk) == int.from_bytes(got.body[at + 8 + length : at + 12 + length])
        names.append(chunk[:4])
        at += 12 + length
    assert (names[0], names[-1]) == (b"IHDR", b"IEND")


def test_a_head_has_no_body_and_other_methods_are_405(kit: Kit) -> None:
    path = address(kit, "k")
    got = kit.ask(path, {}, method="HEAD")
    assert (got.status, got.body, int(got.headers["content-length"]) > 1000) == (200, b"", True)
    got = kit.ask(path, {}, method="POST")
    assert (got.status, got.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("which", ["nobody", "rejected", "elsewhere", "shape"])
def test_what_is_not_there_is_404(kit: Kit, which: str) -> None:
    path = address(kit, "k")
    rejected = kit.post(label_body("F-1h-x")).json["id"]
    found = {
        "nobody": path.replace(path[-40:-4], "0" * 8 + "-0000-0000-0000-" + "0" * 12),
        "rejected": path.replace(path[-40:-4], rejected),
        "elsewhere": path.replace("/default/", "/nowhere/"),
        "shape": path.replace(".pdf", ".gif"),
    }
    got = kit.ask(found[which], {})
    assert (got.status, kit.ask(path, {}).status) == (404, 200)


def test_faults_act_on_documents(kit: Kit) -> None:
    path = address(kit, "k")
    for kind in ("truncated", "gateway-page"):
        kit.sandbox.arm(Fault(kind=kind))
    whole = len(kit.ask(path, {}, method="HEAD").headers["content-length"])
    assert whole
    assert kit.ask(path, {}).status == 502
    armed = [
        kit.sandbox.arm(Fault(kind=kind, status=status)) for kind, status in (("new-field", None), ("status", 502))
    ]
    assert [kit.ask(path, {}).status for _ in range(2)] == [200, 200]
    assert [fault.applied for fault in armed] == [0, 0], "they fit no document"
