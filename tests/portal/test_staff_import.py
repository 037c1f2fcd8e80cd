"""portal.admin.access_points_import: a CSV looked at, imported whole, or mended."""

from __future__ import annotations

import base64
import csv
import io
import random
import re
import time
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.admin import access_points_import
from store import models as m
from store.session import reading, transaction
from tests.portal.staffroom import URL

if TYPE_CHECKING:
    import pytest
    from werkzeug.test import TestResponse

    from tests.portal.staffroom import Room

IMPORT = "/access-points/import"
HEADER = "name,mac,site,gateway,latitude,longitude\n"
BAD = {
    101: "sensor-100,not a mac,central-library,library-wlc,,",
    250: "sensor-249,,nowhere,library-wlc,,",
    499: "sensor-1,,central-library,,,",
}


def five_hundred() -> str:
    """A file of 500 rows, of which lines 101, 250 and 499 are bad."""
    lines = [
        f"sensor-{number},02:00:00:00:{number // 256:02x}:{number % 256:02x},Central Library,library-wlc,43.{number:04},-79.5"
        for number in range(1, 501)
    ]
    for line, text in BAD.items():
        lines[line - 2] = text
    return HEADER + "\n".join(lines) + "\n"


def upload(room: Room, octets: bytes | str, **more: Any) -> TestResponse:
    content = octets.encode() if isinstance(octets, str) else octets
    return room.post(IMPORT, file=(io.BytesIO(content), "points.csv"), **more)


def parcel(answer: TestResponse) -> str:
    found = re.search(r'name="parcel" value="([^"]+)"', answer.get_data(as_text=True))
    assert found is not None, answer.get_data(as_text=True)
    return found[1]


def points(room: Room) -> dict[str, m.AccessPoint]:
    with reading(room.database) as session:
        return {row.name: row for row in session.scalars(select(m.AccessPoint))}


def test_five_hundred_with_three_bad_rows(staffroom: Room) -> None:
    """The dry run names the bad lines and writes nothing; the good ones come in at one go, the bad ones come back to mend."""
    before = points(staffroom).keys()
    looked = upload(staffroom, five_hundred())
    text = looked.get_data(as_text=True)
    assert 200 == looked.status_code
    assert [101, 250, 499] == [int(line) for line in re.findall(r'<td class="num">(\d+)</td>', text.partition("To add")[0])]
    assert "is not a MAC address" in text
    assert "there is no site" in text
    assert "has the name of line 2" in text
    assert "Import 497 good rows" in text
    assert before == points(staffroom).keys()
    mend = staffroom.post(f"{IMPORT}/mend", parcel=parcel(looked))
    rows = list(csv.DictReader(io.StringIO(mend.get_data(as_text=True).lstrip("\ufeff"))))
    assert [("sensor-100", "101"), ("sensor-249", "250"), ("sensor-1", "499")] == [(row["name"], row["line"]) for row in rows]
    assert all(row["reason"] for row in rows)
    done = staffroom.post(IMPORT, do="import", parcel=parcel(looked))
    assert 303 == done.status_code
    found = points(staffroom)
    assert 497 + len(before) == len(found)
    assert ("02-00-00-00-00-02", "central-library", "library-wlc", 43.0002, -79.5) == tuple(
        getattr(found["sensor-2"], key) for key in ("mac", "site", "client", "latitude", "longitude")
    )
    assert "497 good rows were imported" in staffroom.page(done.location)
    undone = re.search(r"undo=([\d-]+)", done.location)
    assert undone is not None
    assert 303 == staffroom.post("/access-points/undo", undo=undone[1]).status_code
    assert before == points(staffroom).keys()


def test_a_mended_file_is_imported_as_it_comes_back(staffroom: Room) -> None:
    """Its columns line and reason are read over, and the longitude that the export guarded is a number again."""
    looked = upload(staffroom, HEADER + "one,nonsense,central-library,,43.5,-79.5\n")
    text = staffroom.post(f"{IMPORT}/mend", parcel=parcel(looked)).get_data(as_text=True).replace("nonsense", "02:00:00:00:00:01")
    again = upload(staffroom, text)
    assert "Left out" not in again.get_data(as_text=True)
    assert 303 == staffroom.post(IMPORT, do="import", parcel=parcel(again)).status_code
    assert -79.5 == points(staffroom)["one"].longitude


def test_an_export_says_nothing_new(staffroom: Room) -> None:
    """What the list exports changes nothing when it is imported."""
    export = staffroom.get("/access-points?format=csv").get_data()
    text = upload(staffroom, export).get_data(as_text=True)
    assert "1 the same already" in text
    assert "0 to add, 0 to change" in text
    assert "parcel" not in text


def test_a_column_that_is_not_there_stays_and_an_empty_cell_takes_out(staffroom: Room) -> None:
    """The row changes by what the file says and by nothing else."""
    looked = upload(staffroom, "Nom;Passerelle\nlib-1;\n")
    assert "library-wlc → –" in looked.get_data(as_text=True)
    assert 303 == staffroom.post(IMPORT, do="import", parcel=parcel(looked)).status_code
    point = points(staffroom)["lib-1"]
    assert ("AA-BB-CC-DD-EE-F0/44", "central-library", None) == (point.mac, point.site, point.client)


def test_bad_rows_are_found_however_they_hang_together(staffroom: Room) -> None:
    """A MAC that another row or the network has, one that only stands while a bad row is there, and what the file declares."""
    with transaction(staffroom.database) as session:
        session.add(m.AccessPoint(name="filed", managed_by=m.ManagedBy.FILE))
    rows = "a,02:00:00:00:00:01,\nLib-1,,\nb,02:00:00:00:00:01,\nc,AA:BB:CC:DD:EE:F0/44,\nfiled,,central-library\nd,,central library\ne,,\n"
    text = upload(staffroom, "name,mac,site\n" + rows).get_data(as_text=True)
    bad = text.partition("Cannot be used")[2].partition("To add")[0]
    assert ["3", "4", "5", "6"] == re.findall(r'<td class="num">(\d+)', bad)
    assert "belongs to access point" in bad
    assert "is there as “lib-1”" in bad
    assert "Declared in the network file" in bad
    assert "Import 3 good rows" in text


def test_what_was_shown_is_what_is_written(staffroom: Room) -> None:
    """If the network changed since, nothing is imported, and the new dry run is shown."""
    looked = upload(staffroom, "name,site\nnew,central-library\nlib-1,\n")
    staffroom.post("/access-points/lib-1", do="save", mac="")
    answer = staffroom.post(IMPORT, do="import", parcel=parcel(looked))
    assert (409, True) == (answer.status_code, "Nothing was imported" in answer.get_data(as_text=True))
    assert {"lib-1"} == points(staffroom).keys()
    assert 303 == staffroom.post(IMPORT, do="import", parcel=parcel(answer)).status_code
    assert 409 == staffroom.post(IMPORT, do="import", parcel=parcel(answer)).status_code


def test_what_a_browser_sends_back_is_not_believed(staffroom: Room) -> None:
    """A parcel of nobody's, an altered one and somebody else's open nothing."""
    looked = parcel(upload(staffroom, HEADER + "one,,,,,\n"))
    altered = looked[:60] + ("A" if looked[60] != "A" else "B") + looked[61:]
    for said in ("", "AAAA", "not base64 é", altered, looked[:-8]):
        assert 400 == staffroom.post(IMPORT, do="import", parcel=said).status_code
        assert 400 == staffroom.post(f"{IMPORT}/mend", parcel=said).status_code
    assert 400 == staffroom.post(IMPORT, m.Role.NETWORK_OPS, do="import", parcel=looked).status_code
    assert {"lib-1"} == points(staffroom).keys()


def test_files_of_which_nothing_can_be_used(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, none that is text, one without a name column; one too large to come back is shown without the button."""
    assert 422 == staffroom.post(IMPORT).status_code
    assert 422 == upload(staffroom, b"").status_code
    assert 422 == upload(staffroom, b"\xff\xff\xff").status_code
    assert 413 == upload(staffroom, b"name\n" + b"x" * (4 << 20)).status_code
    monkeypatch.setattr(access_points_import, "LARGEST", 8)
    text = upload(staffroom, HEADER + "one,,,,,\n").get_data(as_text=True)
    assert "Split it in two" in text
    assert "parcel" not in text


def test_the_largest_file_that_is_kept_in_the_page_comes_back(staffroom: Room) -> None:
    """What the page holds fits the form that brings it: nothing is taken that is refused at the second step."""
    noise = base64.b64encode(random.Random(1).randbytes(3 * access_points_import.LARGEST // 4 * 4 // 3 - 60_000)).decode()
    cells = [noise[at : at + 120_000] for at in range(0, len(noise), 120_000)]
    looked = upload(staffroom, "name,colour\n" + "".join(f"p{number},{cell}\n" for number, cell in enumerate(cells)))
    sent = parcel(looked)
    assert len(sent) > 3_700_000
    assert 303 == staffroom.post(IMPORT, do="import", parcel=sent).status_code


def test_ten_thousand_rows_are_judged_while_one_waits(staffroom: Room) -> None:
    """The largest file is looked at in some seconds, however many of its rows are bad."""
    rows = "".join(f"p{number},{'' if number % 100 else 'bad'},Central Library,library-wlc,43.5,-79.5\n" for number in range(10_000))
    began = time.perf_counter()
    text = upload(staffroom, HEADER + rows).get_data(as_text=True)
    assert "Import 9,900 good rows" in text
    assert time.perf_counter() - began < 20


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=120).map(lambda text: f"name,mac,site,gateway,latitude,longitude\n{text}".encode("utf-8", "surrogatepass")),
        st.lists(st.lists(st.text(max_size=8), min_size=6, max_size=7), max_size=4).map(
            lambda rows: (HEADER + "\n".join(",".join(row) for row in rows)).encode("utf-8", "surrogatepass")
        ),
    )
)
def test_no_upload_is_ever_a_fault_of_ours(staffroom: Room, octets: bytes) -> None:
    """Any octets are looked at, or refused in words; and whatever could be imported comes back as a file to mend, too."""
    answer = upload(staffroom, octets)
    assert answer.status_code in (200, 422)
    if 'name="parcel"' in answer.get_data(as_text=True):
        assert 200 == staffroom.post(f"{IMPORT}/mend", parcel=parcel(answer)).status_code


def test_another_sites_page_uploads_nothing(staffroom: Room) -> None:
    """A file without this session's token is refused before it is read."""
    answer = staffroom.client().post(IMPORT, base_url=URL, data={"token": "0" * 32, "file": (io.BytesIO(b"name\nx\n"), "x.csv")})
    assert 403 == answer.status_code
