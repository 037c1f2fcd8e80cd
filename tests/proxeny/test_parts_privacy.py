"""proxeny.parts_privacy and [retention]: duties that are said, presets, and how long is too long."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from portal.doors import KEPT
from proxeny.faults import FaultyError
from proxeny.parts import FOUR_WEEKS, MOST_DAYS
from proxeny.settings import load
from proxeny.survey_guests import duties
from proxeny.web import house
from store import placements
from store.placements import MONDAY, SPAN
from tests.proxeny.test_settings import written

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = '[privacy]\nauthority = {en = "The Act", fr = "La loi"}\npurpose = "Wi-Fi"\nofficer_title = "Clerk"\nofficer_phone = "555 0100"\n'


def told(path: Path) -> list[str]:
    with pytest.raises(FaultyError) as caught:
        load(path, {})
    return [str(fault).replace(f"{path}:", "").strip() for fault in caught.value.faults]


def test_a_notice_is_one_text_for_each_language(tmp_path: Path) -> None:
    """A plain text is English, and stands in for every language that has none."""
    part = load(written(tmp_path, WHOLE), {}).privacy
    assert part is not None
    assert ({"en": "The Act", "fr": "La loi"}, {"en": "Wi-Fi"}, None) == (part.authority, part.purpose, part.officer_address)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('""', "is empty"),
        ('{en = "The Act", fr = " "}', "is empty"),
        ("{}", "is empty"),
        ("3", "must be a text"),
        ("{en = 3}", "must be a text"),
        (f'"{"x" * 2001}"', "is longer than 2000 characters"),
    ],
)
def test_an_empty_duty_is_refused(tmp_path: Path, text: str, what: str) -> None:
    """What the law wants said is said in every language that is named, and in a length that is read."""
    faults = told(written(tmp_path, WHOLE.replace('{en = "The Act", fr = "La loi"}', text)))
    assert 1 == len(faults)
    assert "privacy.authority" in faults[0]
    assert what in faults[0]


def test_a_duty_that_is_left_out_is_told(tmp_path: Path) -> None:
    """Whoever writes [privacy] writes all of it; who writes none is warned where guests have pages."""
    faults = told(written(tmp_path, WHOLE.replace("officer_phone", "# officer_phone")))
    assert ["privacy.officer_phone: is missing"] == [fault[fault.index("privacy") :] for fault in faults]
    assert ["privacy"] == [fault.key for fault in duties(load(written(tmp_path, "[guest]\n"), {}), "proxeny.toml")]
    assert [] == [fault for text in ("", f"[guest]\n{WHOLE}") for fault in duties(load(written(tmp_path, f"[radius]\n{text}"), {}), "")]


@pytest.mark.parametrize(("preset", "days"), [("ca-on", 365), ("ca-bc", 365), ("eu-min", 184), ("none", 30)])
def test_a_preset_stands_behind_what_is_not_given(tmp_path: Path, preset: str, days: int) -> None:
    """Everything that tells of a person has the preset's days; a key of its own goes over it; figures have their own."""
    part = load(written(tmp_path, f'[retention]\npreset = "{preset}"\ngrants = 90\n'), {}).retention
    assert [days] * 5 == [part.logins, part.sessions, part.orders, part.accounts, part.vouchers]
    assert (90, 1100, 30) == (part.grants, part.usage, part.devices)


def test_nothing_of_a_person_is_kept_for_longer_than_three_years(tmp_path: Path) -> None:
    """The settings refuse it, whatever the reason."""
    assert MOST_DAYS == load(written(tmp_path, f"[retention]\nsessions = {MOST_DAYS}\n"), {}).retention.sessions
    for key in ("logins", "sessions", "orders", "devices", "grants", "accounts", "guest_usage", "vouchers", "messages"):
        assert 1 == len(told(written(tmp_path, f"[retention]\n{key} = {MOST_DAYS + 1}\n")))
    assert 1 == len(told(written(tmp_path, '[retention]\npreset = "forever"\n')))


def test_the_pages_say_what_the_settings_say(tmp_path: Path) -> None:
    """The notice and every class's days reach /privacy; what is told of all of it is the longest."""
    told = house(load(written(tmp_path, f'[guest]\n{WHOLE}[retention]\npreset = "eu-min"\norders = 200\n'), {}))
    assert told.notice is not None
    assert ("La loi", {}) == (told.notice.authority["fr"], told.notice.officer_address)
    assert (184, 200, 30, 200) == (told.kept["session"], told.kept["orders"], told.kept["device"], told.retention_days)
    assert set(KEPT) <= set(told.kept)
    assert dict(house(load(written(tmp_path, "[guest]\n"), {})).kept) | KEPT == house(load(written(tmp_path, "[guest]\n"), {})).kept


def test_the_four_weeks_that_run_are_kept(tmp_path: Path) -> None:
    """However little is kept of adverts' figures: caps are held by them, and the last hour of four weeks is west of UTC a day later."""
    least = timedelta(days=load(written(tmp_path, f"[retention]\nadvert_figures = {FOUR_WEEKS}\n"), {}).retention.advert_figures)
    assert 1 == len(told(written(tmp_path, f"[retention]\nadvert_figures = {FOUR_WEEKS - 1}\n")))
    begins = placements.kept(MONDAY)
    last = datetime.combine(MONDAY + timedelta(days=SPAN), time(), ZoneInfo("Etc/GMT+12")) - timedelta(seconds=1)
    assert begins == placements.whole(last - least)
