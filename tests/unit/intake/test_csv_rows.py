"""Reading CSV files: what people's programs write, and what breaks."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.errors import WrongFile
from briefings.intake.csv_rows import FIELD_LENGTH, LINE_LENGTH, BadRow, Row
from tests.unit.intake.import_files import read_rows

COLUMNS = ("city", "founded")


def _write(folder: Path, content: bytes | str) -> Path:
    path = folder / "cities.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _cells(found: list[Row | BadRow]) -> list[dict[str, str]]:
    return [dict(row.cells) for row in found if isinstance(row, Row)]


def _wrong(folder: Path, content: bytes | str, encoding: str = "utf-8") -> str:
    with pytest.raises(WrongFile) as problem:
        read_rows(_write(folder, content), COLUMNS, encoding)
    message = str(problem.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    "content",
    [
        b"city,founded\nUlm,854\n",
        b"\xef\xbb\xbfcity,founded\nUlm,854\n",
        b"city,founded\r\nUlm,854\r\n",
        b"city,founded\rUlm,854\r",
        b"city,founded\nUlm,854",
        b'"city","founded"\n"Ulm","854"\n',
        b"founded,city\n854,Ulm\n",
        b" City , FOUNDED \n\n,\n\nUlm,854\n\n , \n",
    ],
)
def test_every_usual_form_of_a_file_reads_the_same(tmp_path: Path, content: bytes) -> None:
    assert _cells(read_rows(_write(tmp_path, content), COLUMNS)) == [
        {"city": "Ulm", "founded": "854"}
    ]


def test_rows_carry_the_number_of_a_sheet_and_the_line_of_an_editor(tmp_path: Path) -> None:
    found = read_rows(
        _write(tmp_path, 'city,founded\n"Ulm\non the\nDanube",854\nBath,60\n'), COLUMNS
    )
    assert [(row.number, row.line) for row in found] == [(2, 2), (3, 5)]
    assert _cells(found)[0]["city"] == "Ulm\non the\nDanube"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("cp1252", "city,founded\nMünchen,1158\n".encode("cp1252")),
        ("utf-16", "city,founded\nMünchen,1158\n".encode("utf-16")),
        ("UTF8", "city,founded\nMünchen,1158\n".encode()),
    ],
)
def test_other_encodings_are_read_when_named(tmp_path: Path, encoding: str, content: bytes) -> None:
    found = read_rows(_write(tmp_path, content), COLUMNS, encoding)
    assert _cells(found) == [{"city": "München", "founded": "1158"}]


def test_bytes_of_another_encoding_stay_in_their_row(tmp_path: Path) -> None:
    found = read_rows(_write(tmp_path, b"city,founded\nM\xfcnchen,1158\nUlm,854\n"), COLUMNS)
    assert _cells(found)[0]["city"] == "M\udcfcnchen"
    assert _cells(found)[1]["city"] == "Ulm"


def test_an_utf_16_file_is_recognised_and_its_encoding_named(tmp_path: Path) -> None:
    message = _wrong(tmp_path, "city,founded\n".encode("utf-16"))
    assert "UTF-16" in message
    assert "--encoding utf-16" in message


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        ("city,founded\n".encode("utf-16-le"), "--encoding utf-16-le"),
        ("city,founded\n".encode("utf-32"), "--encoding utf-32"),
        (b"PK\x03\x04" + b"\0" * 40, "save or unpack it as a CSV file"),
        (b"\x1f\x8b\x08\0", "is compressed"),
    ],
)
def test_files_that_are_no_such_text_are_recognised(
    tmp_path: Path, content: bytes, advice: str
) -> None:
    assert advice in _wrong(tmp_path, content)


def test_a_cut_off_utf_16_file_is_refused_in_one_line(tmp_path: Path) -> None:
    assert "--encoding" in _wrong(
        tmp_path, "city,founded\nUlm,854\n".encode("utf-16")[:-1], "utf-16"
    )


@pytest.mark.parametrize("name", ["klingon", "rot13", "base64"])
def test_an_encoding_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    message = _wrong(tmp_path, "city,founded\n", name)
    assert name in message
    assert "utf-8" in message


def test_missing_unknown_and_repeated_columns_are_named_with_close_matches(tmp_path: Path) -> None:
    message = _wrong(tmp_path, "city,city,fuonded,size\n")
    assert "'city' is there twice" in message
    assert "'founded' is missing (is 'fuonded' meant?)" in message
    assert "'size' is not a column" in message
    assert "city,founded" in message


@pytest.mark.parametrize("content", ["", "\n\n", ",\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str | bytes) -> None:
    assert "is empty" in _wrong(tmp_path, content)


def test_a_file_with_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert read_rows(_write(tmp_path, "city,founded\n"), COLUMNS) == []


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_recognised(tmp_path: Path, separator: str) -> None:
    assert "commas" in _wrong(tmp_path, f"city{separator}founded\nUlm{separator}854\n")


def test_a_broken_header_is_refused(tmp_path: Path) -> None:
    assert "not CSV" in _wrong(tmp_path, 'city,"founded\n')


def test_files_that_cannot_be_read_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(WrongFile, match="no file"):
        read_rows(tmp_path / "nowhere.csv", COLUMNS)
    with pytest.raises(WrongFile, match="is a folder"):
        read_rows(tmp_path, COLUMNS)
    with pytest.raises(WrongFile, match="cannot be read"):
        read_rows(_write(tmp_path, "") / "below.csv", COLUMNS)


def test_a_row_of_another_width_is_bad_and_the_next_is_read(tmp_path: Path) -> None:
    bad, good = read_rows(_write(tmp_path, "city,founded\nUlm,854,extra\nBath,60\n"), COLUMNS)
    assert isinstance(bad, BadRow)
    assert bad.number == 2
    assert "has 3 columns, the first row has 2" in bad.reason
    assert isinstance(good, Row)


def test_a_quote_in_the_wrong_place_is_bad_and_the_next_row_is_read(tmp_path: Path) -> None:
    bad, good = read_rows(_write(tmp_path, 'city,founded\n"Ulm"x,854\nBath,60\n'), COLUMNS)
    assert isinstance(bad, BadRow)
    assert "is not CSV" in bad.reason
    assert (good.number, good.line) == (3, 3)


def test_a_quote_that_is_never_closed_is_told_at_its_row(tmp_path: Path) -> None:
    good, bad = read_rows(_write(tmp_path, 'city,founded\nUlm,854\n"Bath,60\nYork,71\n'), COLUMNS)
    assert isinstance(good, Row)
    assert isinstance(bad, BadRow)
    assert (bad.number, bad.line) == (3, 3)
    assert "never closed" in bad.reason


def test_a_field_of_300_kilobytes_comes_through_for_its_column_to_judge(tmp_path: Path) -> None:
    big, small = read_rows(
        _write(tmp_path, f"city,founded\n{'x' * 300_000},854\nUlm,854\n"), COLUMNS
    )
    assert isinstance(big, Row)
    assert len(big.cells["city"]) == 300_000
    assert isinstance(small, Row)


def test_a_quote_that_swallows_the_file_ends_the_reading_not_the_memory(tmp_path: Path) -> None:
    swallowed = "York,71\n" * (FIELD_LENGTH // 4)
    found = read_rows(_write(tmp_path, f'city,founded\n"Bath,60\n{swallowed}'), COLUMNS)
    assert [type(row) for row in found] == [BadRow]
    assert found[0].line == 2
    assert "rows after it were not checked" in getattr(found[0], "reason", "")


def test_a_line_without_end_ends_the_reading(tmp_path: Path) -> None:
    long = ",".join(["x" * (FIELD_LENGTH // 2)] * 10)
    assert len(long) > LINE_LENGTH
    found = read_rows(_write(tmp_path, f"city,founded\n{long}\nUlm,854\n"), COLUMNS)
    assert isinstance(found[0], BadRow)
    assert len(found) <= 2


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")),
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")),
        )
    )
)
def test_whatever_a_csv_writer_writes_is_read_back(written: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([COLUMNS, *written])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
        found = read_rows(path, COLUMNS)
    expected = [row for row in written if row[0].strip() or row[1].strip()]
    assert [tuple(cells.values()) for cells in _cells(found)] == expected


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_bytes(b"city,founded\n" + content)
        assert all(isinstance(row, Row | BadRow) for row in read_rows(path, COLUMNS))
