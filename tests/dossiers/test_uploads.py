"""What may come into the file as a document, and what is refused: bombs, scripts, disguises.

Broken builds that these tests found when they were tried: a scan without object streams, without
unescaping names, a PNG whose pixels are not counted, EXIF kept as it came.
"""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest

from tests.dossiers.corpus import (
    CAMERA,
    GPS,
    bundle,
    chunk,
    exif,
    jpeg,
    pdf,
    png,
    segment,
    stream,
    workbook,
)
from xinheng.dossiers import pdfs, pictures, sheets
from xinheng.dossiers.uploads import BYTES_MAX, check_upload, plain_name
from xinheng.refusals import Refused

CSV = "客户,金额\n江南钢构,-1200.50\n,+3\n".encode()
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>a()</script></svg>'
LINK = b"<< /Type /Annot /A << /S /URI /URI (https://example.org) >> >>"
SCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"


@pytest.mark.parametrize(
    ("name", "content", "form", "told"),
    [
        ("营业执照.pdf", pdf(pages=2), "pdf", (2, None, None)),
        ("links.PDF", pdf(b"20 0 obj\n" + LINK + b"\nendobj"), "pdf", (1, None, None)),
        ("first.pdf", pdf(catalog=b"/OpenAction [10 0 R /Fit]"), "pdf", (1, None, None)),
        ("bundled.pdf", pdf(bundle(b"3 0 << /Type /Page >>")), "pdf", (2, None, None)),
        ("photo.jpg", jpeg(), "jpeg", (None, 16, 8)),
        ("photo.jpeg", jpeg(extra=segment(0xE1, exif())), "jpeg", (None, 16, 8)),
        ("scan.png", png(), "png", (None, 3, 2)),
        ("list.csv", CSV, "csv", (None, None, None)),
        ("list.csv", CSV.decode().encode("gb18030"), "csv", (None, None, None)),
        ("list.csv", CSV.decode().encode("utf-16"), "csv", (None, None, None)),
        ("list.xlsx", workbook(), "xlsx", (None, None, None)),
    ],
)
def test_an_honest_file_is_taken(name, content, form, told):
    taken = check_upload(name, content)
    assert (taken.form, (taken.pages, taken.width, taken.height)) == (form, told)
    assert taken.received_sha256 == hashlib.sha256(content).hexdigest()
    assert taken.sha256 == hashlib.sha256(taken.content).hexdigest()
    if form in ("pdf", "csv", "xlsx"):
        assert taken.content == content


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "UPLOAD_EMPTY"),
        ("a.pdf", b"%PDF-" + b"x" * BYTES_MAX, "UPLOAD_TOO_LARGE"),
        # disguises
        ("scan.pdf", png(), "UPLOAD_ENDING"),
        ("list.xlsx", CSV, "UPLOAD_ENDING"),
        ("scan", png(), "UPLOAD_ENDING"),
        ("scan.png.exe", png(), "UPLOAD_ENDING"),
        ("logo.svg", SVG, "UPLOAD_MARKUP"),
        ("logo.png", SVG, "UPLOAD_MARKUP"),
        ("list.csv", b"a,b\n<script>alert(1)</script>", "UPLOAD_MARKUP"),
        ("list.csv", b"\xef\xbb\xbf  <!DOCTYPE html><p>", "UPLOAD_MARKUP"),
        ("list.csv", b"a,b\n%PDF-1.7", "UPLOAD_MIXED"),
        ("p.webp", b"RIFF\x00\x01\x00\x00WEBPVP8 ", "UPLOAD_TYPE"),
        ("p.jpg", b"\x00\x00\x00\x18ftypheic" + b"\x00" * 20, "UPLOAD_TYPE"),
        ("p.png", b"GIF89a" + b"\x00" * 20, "UPLOAD_TYPE"),
        ("a.pdf", b"MZ\x90\x00" + b"\x00" * 50, "UPLOAD_TYPE"),
        ("a.csv", b"a,b\x00\x01\x02", "UPLOAD_TYPE"),
        ("a.xlsx", b"PK\x05\x06" + b"\x00" * 18, "UPLOAD_TYPE"),
        # two files in one
        ("a.pdf", pdf(tail=workbook()), "UPLOAD_MIXED"),
        ("a.pdf", pdf(tail=b"<html><script>1</script>"), "UPLOAD_MIXED"),
        ("a.png", png(tail=workbook()), "UPLOAD_MIXED"),
        ("a.png", png(tail=b"<?php system($_GET[0]);"), "UPLOAD_MIXED"),
        ("a.jpg", jpeg(tail=pdf()), "UPLOAD_MIXED"),
        ("a.xlsx", workbook(tail=b"MZ"), "UPLOAD_MIXED"),
        # cut off
        ("a.pdf", pdf()[:-12], "UPLOAD_CUT"),
        ("a.pdf", b"%PDF-1.7\nnothing\nstartxref\n9\n%%EOF", "UPLOAD_CUT"),
        ("a.png", png()[:-20], "UPLOAD_CUT"),
        ("a.png", png(pixels=b"\x00" * 10), "UPLOAD_CUT"),
        ("a.png", png().replace(b"IDAT", b"IDAU"), "UPLOAD_CUT"),
        ("a.png", png()[:8] + png()[33:], "UPLOAD_CUT"),
        ("a.jpg", jpeg(whole=False), "UPLOAD_CUT"),
        ("a.jpg", jpeg()[:40], "UPLOAD_CUT"),
        ("a.jpg", b"\xff\xd8\xff\xd9", "UPLOAD_CUT"),
        ("a.xlsx", workbook()[:-200], "UPLOAD_CUT"),
        # bombs
        ("a.png", png(pixels=b"\x00" * 4_000_000), "UPLOAD_BOMB"),
        ("a.png", png(width=30_000, height=1), "UPLOAD_PIXELS"),
        ("a.png", png(width=9_000, height=9_000, pixels=b"x"), "UPLOAD_PIXELS"),
        ("a.jpg", jpeg(width=65_000, height=65_000), "UPLOAD_PIXELS"),
        ("a.xlsx", workbook({"xl/media/a.bin": b"\x00" * 30_000_000}), "UPLOAD_BOMB"),
        ("a.pdf", pdf(pages=pdfs.PAGES_MAX + 1), "UPLOAD_PAGES"),
        ("a.csv", b"a\n" * (sheets.LINES_MAX + 2), "UPLOAD_TOO_LONG"),
        # what acts
        ("a.xlsx", workbook({"xl/vbaProject.bin": b"x"}), "UPLOAD_ACTIVE"),
        ("a.xlsx", workbook({"xl/embeddings/oleObject1.bin": b"x"}), "UPLOAD_ACTIVE"),
        ("a.xlsx", workbook({"xl/externalLinks/externalLink1.xml": b"x"}), "UPLOAD_ACTIVE"),
        ("a.csv", b"a,b\n1,=HYPERLINK(A1)", "UPLOAD_FORMULA"),
        ("a.csv", b'a,b\n1,"=1+1"', "UPLOAD_FORMULA"),
        ("a.csv", b"a,b\n-cmd|' /C calc'!A0,2", "UPLOAD_FORMULA"),
        ("a.csv", b"a,b\n@SUM(A1),2", "UPLOAD_FORMULA"),
        ("a.pdf", pdf(trailer=b"/Encrypt 5 0 R"), "UPLOAD_LOCKED"),
        ("a.pdf", pdf(catalog=b"/OpenAction " + SCRIPT), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(catalog=b"/OpenAction 5 0 R"), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(catalog=b"/AA << /WC " + SCRIPT + b" >>"), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(b"5 0 obj\n<< /S /J#61vaScript >>\nendobj"), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(b"5 0 obj\n<</S/Launch/F(calc.exe)>>\nendobj"), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(catalog=b"/Names << /EmbeddedFiles 5 0 R >>"), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(catalog=b"/AcroForm << /XFA 5 0 R >>"), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(bundle(b"5 0 " + SCRIPT)), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(bundle(b"5 0 << /S /#4aavaScript >>")), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(bundle(b" " * 3_000_000 + SCRIPT)), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(bundle(SCRIPT, told=b"/Filter [/FlateDecode]")), "UPLOAD_ACTIVE"),
        ("a.pdf", pdf(bundle(b"", b"/Filter /LZWDecode", b"\x80\x0b")), "UPLOAD_OPAQUE"),
        ("a.pdf", pdf(bundle(SCRIPT, b"/Filter [/ASCIIHexDecode /FlateDecode]")), "UPLOAD_OPAQUE"),
        ("a.pdf", pdf(bundle(SCRIPT, b"/Filter 7 0 R")), "UPLOAD_OPAQUE"),
        (
            "a.pdf",
            pdf(bundle(b"x", b"/Filter /FlateDecode /DecodeParms << /Predictor 12 >>")),
            "UPLOAD_OPAQUE",
        ),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(name, content, code):
    with pytest.raises(Refused) as refused:
        check_upload(name, content)
    assert refused.value.code.name == code
    assert refused.value.text.zh != refused.value.text.en


def test_a_pdf_bomb_is_stopped_while_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(pdfs, "UNPACKED_BYTES_MAX", 5_000_000)
    bomb = pdf(bundle(b" " * 6_000_000))
    assert len(bomb) < 20_000
    with pytest.raises(Refused, match="UPLOAD_BOMB"):
        check_upload("a.pdf", bomb)


def test_a_scanned_page_is_not_taken_for_a_bomb(monkeypatch):
    monkeypatch.setattr(pdfs, "UNPACKED_BYTES_MAX", 5_000_000)
    picture = stream(b"/Subtype /Image /Filter /FlateDecode", zlib.compress(b"\xff" * 6_000_000))
    assert check_upload("scan.pdf", pdf(picture)).pages == 1


def test_an_object_stream_that_pretends_to_be_a_picture_is_read():
    hidden = bundle(b"5 0 " + SCRIPT, told=b"/Subtype /Image /Filter /FlateDecode")
    with pytest.raises(Refused, match="UPLOAD_ACTIVE"):
        check_upload("a.pdf", pdf(hidden))


def test_an_object_stream_whose_beginning_is_disguised_is_refused():
    told = b"/Note (endobj) /Filter /LZWDecode"
    with pytest.raises(Refused, match="UPLOAD_OPAQUE"):
        check_upload("a.pdf", pdf(bundle(b"", told, b"\x80\x0b")))


# --- What a photo tells about its maker


def test_a_photo_loses_its_place_and_camera_and_stays_upright():
    preview = segment(0xE0, b"JFXX\x00\x10" + CAMERA)
    told = preview + segment(0xE1, exif(6)) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00GPS")
    told += segment(0xED, b"Photoshop 3.0\x00Shanghai") + segment(0xFE, b"by Wang")
    given = jpeg(extra=told)
    assert GPS in given and CAMERA in given
    kept = check_upload("现场.jpg", given).content
    for word in (GPS, CAMERA, b"GPS", b"adobe", b"Shanghai", b"Wang", b"JFXX"):
        assert word not in kept
    block = kept[kept.index(b"Exif\x00\x00") + 6 :]
    assert pictures.orientation(block) == 6
    assert kept.count(b"\xff\xe1") == 1
    assert check_upload("again.jpg", kept).content == kept  # twice changes nothing more


def test_the_scan_of_a_photo_is_kept_byte_for_byte():
    given = jpeg(extra=segment(0xE1, exif(1)))
    assert check_upload("a.jpg", given).content == jpeg()


def test_what_a_phone_hangs_behind_a_photo_is_left_out():
    moving = b"\x00\x00\x00\x18ftypmp42" + CAMERA
    assert check_upload("a.jpg", jpeg(tail=moving)).content == jpeg()


def test_a_png_loses_its_texts():
    told = chunk(b"tEXt", b"Author\x00Wang") + chunk(b"eXIf", GPS) + chunk(b"tIME", b"\x07\xea")
    told += chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"Wang"))
    assert check_upload("a.png", png(extra=told)).content == png()


def test_a_laced_png_is_counted_pass_by_pass():
    # 8 × 8 grey: 64 pixels, and a filter byte for each of 1, 1, 1, 2, 2, 4, 4 rows.
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
    assert pictures._unpacked_bytes(header) == 64 + 1 + 1 + 1 + 2 + 2 + 4 + 4


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("C:\\scans\\执照.pdf", "执照.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("photo\u202egpj.pdf", "photogpj.pdf"),
        ("a\x00\r\nb.png", "ab.png"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(given, plain):
    assert plain_name(given) == plain
