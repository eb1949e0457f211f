"""A cell in the last corner of a sheet is refused before room is made for it."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from xinheng.connectors.files.read import read
from xinheng.connectors.files.refusals import FileRefusal
from xinheng.refusals import Refused


def with_last_cell_at(place: str) -> bytes:
    """A real workbook whose second row claims to stand elsewhere."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write(0, 0, "a")
    sheet.write(1, 0, "b")
    book.close()
    changed = io.BytesIO()
    with zipfile.ZipFile(made) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = part.replace(b'r="A2"', f'r="{place}"'.encode())
            after.writestr(name, part)
    return changed.getvalue()


@pytest.mark.parametrize("place", ["XFD2", "A1048576", "XFD1048576", "A99999999"])
def test_a_far_cell_is_refused_before_it_is_given_room(tmp_path, place):
    path = tmp_path / "far.xlsx"
    path.write_bytes(with_last_cell_at(place))
    with pytest.raises(Refused) as caught:
        read(path)
    assert caught.value.code in (FileRefusal.TOO_MANY_ROWS, FileRefusal.TOO_MANY_COLUMNS)
