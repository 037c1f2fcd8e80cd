"""portal.figures: what is counted in memory, once, by any number of threads, and no more of it than there is room for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from portal import figures
from portal.cases.adverts import Shown
from portal.figures import FORGOTTEN, Figures, Placement
from store.adverts import Figure

if TYPE_CHECKING:
    import pytest

BREAD = Placement("creative", "campaign", "library", "en")
NINE = datetime(2026, 3, 8, 9, tzinfo=UTC)
AT = NINE.timestamp() + 1_800


def figure(impressions: int = 0, clicks: int = 0, where: Placement = BREAD, hour: datetime = NINE) -> Figure:
    return Figure(where.creative, where.campaign, hour, where.site, where.language, impressions, clicks)


def test_once_for_a_visit() -> None:
    """A view and a click of each visit, whichever version and language it sees; another campaign counts for itself."""
    counted = Figures()
    later, french = BREAD._replace(creative="newer"), BREAD._replace(language="fr")
    other = BREAD._replace(creative="other", campaign="other")
    assert [True, False, False, False, True] == [counted.shown(what, "K7Q-42M", AT) for what in (BREAD, BREAD, later, french, other)]
    assert [True, False, False, False, True] == [counted.clicked(what, "K7Q-42M", AT) for what in (BREAD, BREAD, later, french, other)]
    assert [figure(1, 1), figure(1, 1, other)] == sorted(counted.take())
    assert [] == counted.take()


def test_what_a_visit_was_shown_last() -> None:
    """Is known for the choice: a cap that it reached itself takes nothing from it."""
    counted = Figures()
    counted.shown(BREAD, "K7Q-42M", AT)
    assert ("campaign", "") == (counted.last("K7Q-42M"), counted.last("another"))


def test_hours_sites_and_languages_are_apart() -> None:
    """Each has sums of its own."""
    counted = Figures()
    for number, (what, at) in enumerate(
        [(BREAD, AT), (BREAD, AT + 3_600), (BREAD._replace(language="fr"), AT), (BREAD._replace(site=""), AT)]
    ):
        counted.shown(what, str(number), at)
    assert [
        figure(1, where=BREAD._replace(site="")),
        figure(1),
        figure(1, where=BREAD._replace(language="fr")),
        figure(1, hour=NINE.replace(hour=10)),
    ] == sorted(counted.take())


def test_a_visit_keeps_its_first_number() -> None:
    """For half an hour from its first page on; then it is another visit."""
    counted = Figures()
    told = [
        counted.visit(b"phone", number, AT + late)
        for number, late in (("A", 0), ("B", 10), ("C", FORGOTTEN - 1), ("D", FORGOTTEN), ("E", 1_900))
    ]
    assert ["A", "A", "A", "D", "D"] == told
    assert "F" == counted.visit(b"laptop", "F", AT)


def test_what_caps_look_at() -> None:
    """What the store had, and what was counted since: also while it is being written, and never twice."""
    counted = Figures()
    counted.know({"campaign": Shown(2, 10)})
    counted.shown(BREAD, "A", AT)
    assert {"campaign": Shown(3, 11)} == counted.counts()
    counted.take()
    assert {"campaign": Shown(3, 11)} == counted.counts()
    counted.shown(BREAD, "B", AT)
    counted.know({"campaign": Shown(3, 11)})  # the store has the first by now
    assert {"campaign": Shown(4, 12)} == counted.counts()


def test_what_could_not_be_written_waits() -> None:
    """And is added to what came since."""
    counted = Figures()
    counted.shown(BREAD, "A", AT)
    counted.clicked(BREAD, "A", AT)
    taken = counted.take()
    counted.shown(BREAD, "B", AT)
    counted.give_back(taken)
    assert [figure(2, 1)] == counted.take()


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Visits, clicks and sums: the longest untouched goes, a sum too many is lost and said."""
    monkeypatch.setattr(figures, "MARKS", 10)
    monkeypatch.setattr(figures, "SUMS", 5)
    counted = Figures()
    for number in range(100):
        counted.visit(number.to_bytes(2), str(number), AT)
        counted.shown(BREAD._replace(site=str(number)), str(number), AT)
    assert (10, 20, 10) == (len(counted._visits), len(counted._once), len(counted._shown))
    assert (5, 95) == (len(counted.take()), counted.lost)


def test_many_threads_lose_nothing() -> None:
    """A thousand views of eight threads, while another takes them."""
    counted = Figures()
    with ThreadPoolExecutor(8) as pool:
        told = [pool.submit(counted.shown, BREAD, str(number), AT) for number in range(1_000)]
        taken = [each for _ in range(20) for each in counted.take()]
    assert 1_000 == sum(each.result() for each in told)
    assert 1_000 == sum(each.impressions for each in (*taken, *counted.take()))
