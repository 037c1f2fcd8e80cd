"""Portal pages as staff edit them: drafts, publication, versions, two editors at once, logos, colours, hostile words, previews."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from markupsafe import escape
from sqlalchemy import select

from portal import style
from portal.admin.desk import Actor, Edit
from proxeny import declare, snapshot
from store import consents
from store import portal_versions as rows
from store.models import Account, Event, ManagedBy, Portal, Way, Webhook
from store.session import reading
from tests.portal.portals import AT, basis, live, publish, save, seen
from tests.portal.staffroom import room
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.portal.staffroom import Room

HOSTILE = "</script><script>alert(1)</script> {{7*7}} {% raw %} </textarea><img src=x> '\"><svg onload=1> 100 %(name)s"


@pytest.fixture
def filed(tmp_path: Path, shaped: Path) -> Iterator[Room]:
    """A city whose network the file keeps."""
    made = room(tmp_path, shaped, managed=ManagedBy.FILE)
    yield made
    made.close()


def test_a_draft_shows_guests_nothing_until_it_is_published(staffroom: Room) -> None:
    """Saved: one draft, the row as it was. Published: the row has its words, and both versions are there, what was before, too."""
    assert 303 == save(staffroom, **{"welcome.en": "Read here", "note": "Kinder"}).status_code
    assert {"en": "Welcome", "fr": "Bienvenue"} == live(staffroom).welcome
    assert 303 == publish(staffroom, note="Kinder").status_code
    assert {"en": "Read here", "fr": "Bienvenue"} == live(staffroom).welcome
    with reading(staffroom.database) as session:
        found = [(row.number, row.fields["welcome"]["en"], row.note, row.published_by) for row in rows.history(session, "library")]
    assert [(2, "Read here", "Kinder", "city-admin@city.example"), (1, "Welcome", "", "")] == found


def test_the_network_file_and_programs_leave_a_version_too(staffroom: Room) -> None:
    """Whatever changes a portal through `Desk.change` or `apply` is written down; a draft made before is told of it, and stays."""
    save(staffroom, **{"welcome.en": "Ours"})
    with staffroom.desk.writing() as session:
        staffroom.desk.change(session, [Edit("portal", "library", {"help": {"en": "Ask"}})], Actor("token dashboard"))
    with reading(staffroom.database) as session:
        assert ["token dashboard", "", None] == [row.published_by if row.published_at else None for row in rows.history(session, "library")]
    assert "Changed elsewhere since this draft was made" in staffroom.page(AT)
    assert 303 == publish(staffroom).status_code
    assert ("Ours", {}) == (live(staffroom).welcome["en"], live(staffroom).help)


def test_webhooks_hear_of_a_publication_and_of_no_draft(staffroom: Room) -> None:
    """The portal and its version's number: nobody's words, and nobody's name."""
    with staffroom.desk.writing() as session:
        session.add(Webhook(name="dashboard", url="https://hooks.city.example/", events=["portal.published"], secret=b"s", created_at=NOW))
    save(staffroom, **{"welcome.en": "Read here"})
    publish(staffroom)
    with reading(staffroom.database) as session:
        assert [("portal.published", "library", {"version": 2})] == [
            (row.kind, row.object, row.content) for row in session.scalars(select(Event))
        ]


def test_an_earlier_version_comes_back_under_a_number_of_its_own(staffroom: Room) -> None:
    """All of its keys, and nothing of those after it; a draft that waits goes on waiting."""
    save(staffroom, **{"welcome.en": "One", "accent": "#005ea5", "plan.terms": ""})
    publish(staffroom)
    save(staffroom, **{"welcome.en": "Two", "help.en": "Ask"})
    publish(staffroom)
    save(staffroom, **{"welcome.en": "Three"})
    assert 303 == staffroom.post(f"{AT}/versions/2/back", seen=seen(staffroom)).status_code
    row = live(staffroom)
    assert ("One", "#005ea5", {}) == (row.welcome["en"], row.accent, row.help)
    with reading(staffroom.database) as session:
        newest, draft = rows.newest(session, "library"), rows.draft(session, "library")
    assert (5, "Back to version 2", 4) == (newest.number, newest.note, draft.number)


def test_what_guests_see_already_is_no_version(staffroom: Room) -> None:
    """Published twice, or brought back while it is there: nothing is written."""
    save(staffroom)
    assert "Guests+see+just+that+already" in publish(staffroom).location
    with reading(staffroom.database) as session:
        assert 0 == len(rows.history(session, "library"))


def test_of_two_editors_the_second_is_told_and_nothing_is_lost(staffroom: Room) -> None:
    """409 with everything that was typed still in the form; saved again, it is the newest draft, and the other's is there, too."""
    both = seen(staffroom)
    save(staffroom, both, **{"welcome.en": "Mine"})
    answer = save(staffroom, both, **{"welcome.en": "Yours <b>"})
    text = answer.get_data(as_text=True)
    assert (409, True, True) == (answer.status_code, "Somebody was faster" in text, "Yours &lt;b&gt;" in text)
    assert 303 == save(staffroom, basis(text), **{"welcome.en": "Yours"}).status_code
    with reading(staffroom.database) as session:
        assert ["Yours", "Mine"] == [row.fields["welcome"]["en"] for row in rows.history(session, "library")]


@pytest.mark.parametrize("path", ["/publish", "/discard", "/versions/1/back"])
def test_nothing_is_published_or_lost_that_was_not_seen(staffroom: Room, path: str) -> None:
    """A version made meanwhile: 409, and all as it was."""
    save(staffroom, **{"welcome.en": "First"})
    stale = seen(staffroom)
    save(staffroom, **{"welcome.en": "Second"})
    assert 409 == staffroom.post(f"{AT}{path}", seen=stale).status_code
    with reading(staffroom.database) as session:
        assert 2 == len(rows.history(session, "library"))


def test_a_discarded_draft_is_gone(staffroom: Room) -> None:
    """And with it those that it took the place of; guests see what they saw."""
    save(staffroom)
    save(staffroom)
    assert 303 == staffroom.post(f"{AT}/discard", seen=seen(staffroom)).status_code
    with reading(staffroom.database) as session:
        assert [] == list(rows.history(session, "library"))


def test_drafts_and_versions_are_bounded(staffroom: Room) -> None:
    """The oldest go; the words that somebody agreed to stay."""
    with staffroom.desk.writing() as session:
        for number in range(rows.MOST + 3):
            rows.record(session, "library", None, {"terms": {"en": f"Words {number}"}}, "ops", staffroom.time)
        for _number in range(rows.MOST_DRAFTS + 3):
            rows.keep(session, "library", {}, "", "ops", staffroom.time)
        found = rows.history(session, "library", 1_000)
        assert (rows.MOST, rows.MOST_DRAFTS) == (sum(bool(row.published_at) for row in found), sum(not row.published_at for row in found))
        assert "Words 0" == rows.terms(session, consents.words("Words 0")).text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"accent": "#ffcc00"}, "too light for the white words"),
        ({"accent": "red"}, "is no colour"),
        ({"accent": "</style><script>"}, "is no colour"),
        ({"welcome.en": "x" * 401}, "at most 400 printable characters"),
        ({"terms.fr": "x" * 100_000}, "at most 50000 printable characters"),
        ({"help.en": "Turn\u202eback"}, "at most 2000 printable characters"),
        ({"welcome.en": "Bell\x07"}, "at most 400 printable characters"),
        ({"way.terms": ""}, "Is empty"),
        ({"way.email": "2"}, "needs a mail server"),
        ({"way.oidc:gone": "2"}, "needs a provider"),
        ({"way.carrier pigeon": "2"}, "is no way in"),
        ({"plan": "gold"}, "no plan"),
        ({"provisional": "soon"}, "provisional"),
        ({"sponsors": "everybody"}, "is no address"),
    ],
)
def test_what_guests_could_not_be_shown_is_refused_in_words(staffroom: Room, said: dict[str, str], words: str) -> None:
    """Beside its field, with what was typed; nothing is kept."""
    answer = save(staffroom, **said)
    text = answer.get_data(as_text=True)
    assert (422, True) == (answer.status_code, words in text), text[:200]
    with reading(staffroom.database) as session:
        assert [] == list(rows.history(session, "library"))


def test_words_are_words_everywhere(staffroom: Room) -> None:
    """In the editor, side by side, among the versions, on the page before publishing, in the preview."""
    save(staffroom, **{"welcome.en": HOSTILE, "terms.en": HOSTILE, "note": HOSTILE})
    shown = str(escape(HOSTILE))
    for path in (AT, f"{AT}/compare", f"{AT}/publish", f"{AT}/versions", f"{AT}/preview", f"{AT}/preview?sight=terms"):
        text = staffroom.page(path)
        assert path if path.endswith("compare") else shown in text, path
        for raw in ("<script>alert", "<img src=x", "<svg onload", " 49 "):
            assert raw not in text, (path, raw)


def test_ways_stand_in_the_order_of_their_places(staffroom: Room) -> None:
    """Whatever the order of the fields; each with its own plan, where it has one."""
    save(staffroom, **{"way.terms": "2", "way.voucher": "1", "plan.voucher": "visitor", "plan.sms": "visitor"})
    with reading(staffroom.database) as session:
        fields = rows.newest(session, "library").fields
    assert (["voucher", "terms"], {"voucher": "visitor"}) == (fields["ways"], fields["plans"])


def test_the_first_language_stays_the_first(staffroom: Room) -> None:
    """It is what a guest reads whose browser asks for none of them: the editor shows it chosen, and keeps it."""
    save(staffroom, first="fr")
    with reading(staffroom.database) as session:
        assert ["fr", "en"] == rows.newest(session, "library").fields["languages"]
    assert '<option value="fr" selected>French</option>' in staffroom.page(AT)


def test_spaces_that_do_not_break_are_kept(staffroom: Room) -> None:
    """French writes them before its colons; marks that turn the direction are refused (above)."""
    assert 303 == save(staffroom, **{"welcome.fr": "Bienvenue\u00a0: lisez\u202f!"}).status_code


@pytest.mark.parametrize("colour", [0, 0xFFFFFF, 0x777777, 0xFFCC00, 0x005EA5, 0xFF0000, 0x00FF00, 0x0000FF, 0x767676, 0xE0E0FF])
def test_the_nearest_colour_passes(colour: int) -> None:
    """Of any colour; one that passes is its own."""
    accent = f"#{colour:06x}"
    near = style.nearest(accent)
    assert style.contrast(near, "#ffffff") >= 4.5
    assert (near == accent) == style.carries(accent)
    told = style.told(near)
    assert min(told.ratio, *(ratio for _colour, ratio in told.links)) >= 4.5


def test_the_nearest_colour_is_offered_and_taken_with_a_press(staffroom: Room) -> None:
    """The button saves the same form with it."""
    near = style.nearest("#ffcc00")
    assert f'name="use_accent" value="{near}"' in save(staffroom, accent="#ffcc00").get_data(as_text=True)
    assert 303 == save(staffroom, accent="#ffcc00", use_accent=near).status_code
    with reading(staffroom.database) as session:
        assert near == rows.newest(session, "library").fields["accent"]


def test_a_missing_language_is_said(staffroom: Room) -> None:
    """With the language that guests read instead."""
    save(staffroom, **{"welcome.fr": ""})
    assert "French is missing: guests will see English" in staffroom.page(AT)


def test_terms_that_were_agreed_to_can_be_shown(staffroom: Room) -> None:
    """By their digest, after they changed, too; the page before says how many agreed to the old ones."""
    save(staffroom, **{"terms.en": "Be kind."})
    publish(staffroom)
    with staffroom.desk.writing() as session:
        session.add(Account(id="someone", way=Way.EMAIL, identity_hash=b"i" * 16, created_at=NOW, last_seen=NOW))
        session.flush()
        consents.agreed(session, "someone", consents.TERMS, consents.words("Be kind."), "en", "library", staffroom.time)
    save(staffroom, **{"terms.en": "Be very kind."})
    assert "1 account agreed to the old words" in staffroom.page(f"{AT}/publish")
    publish(staffroom)
    assert "Be kind." in staffroom.page(f"/portals/terms/{consents.words('Be kind.')}")
    assert 404 == staffroom.get(f"/portals/terms/{'0' * 16}").status_code


def test_a_portal_that_guests_are_sent_to_stays(staffroom: Room) -> None:
    """The site that names it is told; another goes, and its versions stay."""
    assert "Central Library" in staffroom.page(f"{AT}/remove")
    assert 200 == staffroom.post(f"{AT}/remove").status_code
    assert 303 == staffroom.post("/portals/new", name="harbour", plan="visitor").status_code
    assert 303 == staffroom.post("/portals/harbour/remove").status_code
    with reading(staffroom.database) as session:
        assert (True, None) == (session.get(Portal, "library") is not None, session.get(Portal, "harbour"))
        assert ["harbour"] == [row.portal for row in rows.history(session, "harbour")]


def test_what_the_file_keeps_is_read_only_until_it_is_taken_over(filed: Room) -> None:
    """Its page has no form; a form that is sent all the same changes nothing."""
    assert 'enctype="multipart/form-data"' not in filed.page(AT)
    assert 422 == filed.post(AT, **{"way.terms": "1", "plan": "visitor", "seen": ""}).status_code
    assert 303 == filed.post(f"{AT}/take-over").status_code
    assert 'enctype="multipart/form-data"' in filed.page(AT)


def test_an_apply_is_named_among_the_versions(filed: Room) -> None:
    """What the file says differently is one more version, of whoever applied it; an apply that changes nothing leaves none."""
    with filed.desk.writing() as session:
        stored = snapshot.read(session, filed.privacy.seal)
        row = stored.rows["portal"]["library"]
        wanted = replace(stored, rows={**stored.rows, "portal": {"library": replace(row, help={"en": "Ask"})}})
        for _again in range(2):
            declare.write(session, filed.privacy.seal, stored, wanted, "command line (ops)")
            stored = snapshot.read(session, filed.privacy.seal)
    with reading(filed.database) as session:
        assert [(2, "command line (ops)"), (1, "")] == [(row.number, row.published_by) for row in rows.history(session, "library")]
    assert "Against the one before" in filed.page(f"{AT}/versions")
