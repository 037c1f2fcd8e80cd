"""Gateways in the staff app: what the list and a gateway's page say, how its settings and secrets are changed, and what never leaves."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from portal.admin import forms, gateways_fields, gateways_secrets
from portal.admin.desk import counted
from proxeny.network import OPTION_SECRETS
from proxeny.portal_rows import OPTIONS
from radius.nas import FAMILIES
from store.models import AccessPoint, AuditEntry, AuthEvent, Client, DropMinute, LoginVerdict, ManagedBy, Order, OrderKind, OrderState, Role
from store.sealed import Where
from store.session import reading, transaction
from tests.portal.staffroom import NOW, Room
from tests.store.rows import CANARIES, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.models.base import Base

NAME = "library-wlc"
HERE = f"/gateways/{NAME}"


def add(room: Room, rows: Sequence[Base]) -> None:
    with transaction(room.database) as work:
        work.add_all(rows)


def login(client: str = NAME, ago: float = 60, verdict: LoginVerdict = LoginVerdict.ACCEPT, **more: Any) -> AuthEvent:
    at = NOW - timedelta(seconds=ago)
    return AuthEvent(began_at=at, at=at, client=client, source="192.0.2.20", verdict=verdict, **more)


def dropped(reason: str, count: int = 1, client: str = NAME, source: str = "192.0.2.20", minutes: int = 5) -> DropMinute:
    minute = (NOW - timedelta(minutes=minutes)).replace(second=0)
    return DropMinute(minute=minute, source=source, client=client, reason=reason, count=count)


def row(room: Room, name: str = NAME) -> Client:
    with reading(room.database) as work:
        return work.get_one(Client, name)


def plain(room: Room, column: str, name: str = NAME) -> str:
    """What a sealed column holds."""
    return room.privacy.seal.open(getattr(row(room, name), column), Where("client", name, column)).decode()


def last_act(room: Room) -> AuditEntry:
    with reading(room.database) as work:
        return work.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def test_every_family_is_described_and_every_option_is_one_of_the_files() -> None:
    """The table is whole: all families, no option or secret that the network file does not know, and what a family needs is asked for."""
    assert sorted(FAMILIES) == sorted(gateways_fields.ABOUT)
    for name, about in gateways_fields.ABOUT.items():
        assert set(about.options) <= set(OPTIONS), name
        assert set(about.secrets) <= set(OPTION_SECRETS), name
        assert FAMILIES[name].needs <= {*about.options, *about.secrets}, name
    used = {option for about in gateways_fields.ABOUT.values() for option in about.options}
    assert set(OPTIONS) == used


def test_the_list_says_what_was_heard(staffroom: Room) -> None:
    """Last word, logins and drops of the hour, and whether the secret is right: by what the recorder wrote."""
    add(staffroom, [login(), login(ago=120, verdict=LoginVerdict.REJECT), login(ago=7_000), dropped("BAD_MESSAGE_AUTHENTICATOR", 12)])
    found = staffroom.page("/gateways")
    assert ">2</td>" in found
    assert ">12</td>" in found
    assert "wrong: 12 packets" in found
    assert "Central Library" in found


def test_an_address_that_nobody_declared_is_offered(staffroom: Room) -> None:
    """Who knocks and is no gateway is named, with the way to add it."""
    add(staffroom, [dropped("UNKNOWN_CLIENT", 7, client="", source="198.51.100.9")])
    found = staffroom.page("/gateways")
    assert "/gateways/new?address=198.51.100.9" in found
    assert "198.51.100.9" in staffroom.page("/gateways/new/hostapd?address=198.51.100.9")


FILTERS = {
    "name=library": True,
    "name=brary": False,
    "family=generic": True,
    "family=coova": False,
    "site=central-library": True,
    "kept=app": True,
    "kept=file": False,
    "trouble=secret": True,
    "trouble=previous": False,
    "family=nonsense": True,
}


def test_filters_leave_what_fits(staffroom: Room) -> None:
    """By the beginning of a name, family, site, keeper and trouble; what is no choice is no filter."""
    add(staffroom, [dropped("BAD_AUTHENTICATOR")])
    assert FILTERS == {query: f'href="{HERE}"' in staffroom.page(f"/gateways?{query}") for query in FILTERS}


def test_no_page_and_no_export_holds_a_secret(staffroom: Room) -> None:
    """Whatever is stored sealed: the list, the CSV, the state, the form, the guide and the page of secrets say nothing of it."""
    for path in ("/gateways", "/gateways?format=csv", HERE, f"{HERE}/edit", f"{HERE}/guide", f"{HERE}/secrets"):
        found = staffroom.page(path)
        assert [] == [canary for canary in CANARIES if canary in found], path


def test_the_csv_has_a_line_for_each(staffroom: Room) -> None:
    """The list's columns, in a file."""
    lines = staffroom.page("/gateways?format=csv").lstrip("\ufeff").splitlines()
    assert "name,family,addresses,site,last_heard,logins_1h,dropped_1h,wrong_secret_1h,previous_secret_1h,managed_by" == lines[0]
    assert "library-wlc,generic,127.0.0.1/32 2001:db8::/64,central-library,,0,0,0,0,app" == lines[1]


@pytest.mark.parametrize("path", ["/gateways", HERE])
def test_no_statement_is_asked_for_each_row(staffroom: Room, path: str) -> None:
    """As many statements at a thousand gateways as at ten."""

    def fill(first: int, last: int) -> int:
        add(
            staffroom,
            [Client(name=f"ap-{n:04}", addresses=[f"10.{n >> 8}.{n & 255}.1"], managed_by=ManagedBy.APP) for n in range(first, last)],
        )
        add(staffroom, [login(f"ap-{n:04}") for n in range(first, last)])
        staffroom.page(path)
        with counted(staffroom.database) as seen:
            staffroom.page(path)
        return len(seen)

    assert fill(0, 10) == fill(10, 1_000)


def test_the_state_says_why_packets_were_dropped_and_what_to_do(staffroom: Room) -> None:
    """The causes in the decided words, the most frequent first; and the order that was answered last."""
    order = Order(
        kind=OrderKind.DISCONNECT, client=NAME, state=OrderState.DONE, outcome="ACK", queued_at=NOW - timedelta(hours=1), settled_at=NOW
    )
    add(staffroom, [dropped("BAD_MESSAGE_AUTHENTICATOR", 212), dropped("CLIENT_LIMITED", 3), order])
    found = staffroom.page(HERE)
    assert "Packets from library-wlc are signed with a different secret than ours (212 in the last hour)." in found
    assert found.index("different secret than ours (212") < found.index("faster than its rate")
    assert "<code>ACK</code>" in found
    assert f'href="{HERE}/secrets"' in found


def test_what_check_would_say_stands_on_the_page(staffroom: Room) -> None:
    """Findings of `proxeny check` about this very gateway."""
    with transaction(staffroom.database) as work:
        work.get_one(Client, NAME).nas = "mikrotik"
        work.get_one(Client, NAME).options = {}
    assert "must say login_url" in staffroom.page(HERE)


def test_settings_are_saved_by_the_code_that_judges_the_file(staffroom: Room) -> None:
    """What stands is stored and audited; what cannot is said at its field, and nothing changes."""
    answer = staffroom.post(f"{HERE}/edit", address="192.0.2.20\r\n192.0.2.32/28", site="", require_message_authenticator="on", rate="50")
    assert (303, f"{HERE}?done=Saved.") == (answer.status_code, answer.location)
    stored = row(staffroom)
    assert (["192.0.2.20/32", "192.0.2.32/28"], None, 50.0, True) == (
        stored.addresses, stored.site, stored.rate, stored.require_message_authenticator
    )  # fmt: skip
    assert CANARIES[0] == plain(staffroom, "secret")
    act = last_act(staffroom)
    assert ("change", "client", NAME, "city-admin@city.example") == (act.action, act.kind, act.object, act.actor)

    answer = staffroom.post(f"{HERE}/edit", address="192.0.2.300", require_message_authenticator="on")
    said = answer.get_data(as_text=True)
    assert (422, True) == (answer.status_code, "192.0.2.300" in said)
    assert 'aria-invalid="true"' in said
    assert ["192.0.2.20/32", "192.0.2.32/28"] == row(staffroom).addresses


def test_an_option_that_is_emptied_is_gone(staffroom: Room) -> None:
    """A field that is left empty takes its key out; options of other families stay as they are."""
    with transaction(staffroom.database) as work:
        work.get_one(Client, NAME).nas = "aruba"
        work.get_one(Client, NAME).options = {"role": "guests", "login_url": "http://10.1.0.1:3990"}
    answer = staffroom.post(
        f"{HERE}/edit", address="192.0.2.20", require_message_authenticator="on", **{"options.login_url": "https://a.example"}
    )
    assert 303 == answer.status_code, answer.get_data(as_text=True)[:3000]
    assert {"login_url": "https://a.example"} == row(staffroom).options


def test_what_the_file_declares_is_read_only_until_it_is_taken_over(staffroom: Room) -> None:
    """No form on its page, no change by a form made elsewhere; after "Take over" both."""
    with transaction(staffroom.database) as work:
        work.get_one(Client, NAME).managed_by = ManagedBy.FILE
    assert "Take over" in staffroom.page(HERE)
    assert 'name="address"' not in staffroom.page(f"{HERE}/edit")
    assert 422 == staffroom.post(f"{HERE}/edit", address="192.0.2.99").status_code
    assert 303 == staffroom.post(f"{HERE}/take-over").status_code
    assert ManagedBy.APP is row(staffroom).managed_by
    assert 'name="address"' in staffroom.page(f"{HERE}/edit")


def test_who_may_look_may_not_change(staffroom: Room) -> None:
    """An auditor reads settings, and has neither form nor page of secrets."""
    assert 'name="address"' not in staffroom.page(f"{HERE}/edit", Role.AUDITOR)
    assert 403 == staffroom.get(f"{HERE}/secrets", Role.AUDITOR).status_code


def test_removal_is_asked_and_refused_while_somebody_needs_it(staffroom: Room) -> None:
    """An access point that names it holds it; without one it goes."""
    assert "lib-1" in staffroom.page(f"{HERE}/remove")
    assert 409 == staffroom.post(f"{HERE}/remove").status_code
    assert NAME == row(staffroom).name
    with transaction(staffroom.database) as work:
        work.delete(work.get_one(AccessPoint, "lib-1"))
    assert (303, True) == ((answer := staffroom.post(f"{HERE}/remove")).status_code, answer.location.startswith("/gateways?done="))
    assert 404 == staffroom.get(HERE).status_code


def test_a_secret_asks_for_a_fresh_proof(staffroom: Room) -> None:
    """Ten minutes after the last proof the page leads to another one, and back."""
    staffroom.page(f"{HERE}/secrets")
    staffroom.later(minutes=11)
    answer = staffroom.get(f"{HERE}/secrets")
    assert (303, "/prove?next=%2Fgateways%2Flibrary-wlc%2Fsecrets") == (answer.status_code, answer.location)


def test_a_new_secret_is_shown_once_and_the_old_one_overlaps(staffroom: Room) -> None:
    """Made here, long enough, in this answer alone; the one before is accepted for the chosen time; the audit log says that it was set."""
    answer = staffroom.post(f"{HERE}/secrets", which="secret", overlap="24h")
    made = plain(staffroom, "secret")
    assert (200, True) == (answer.status_code, made in answer.get_data(as_text=True))
    assert gateways_secrets.LENGTH == len(made)
    assert answer.headers["Cache-Control"] == "no-store"
    assert CANARIES[0] == plain(staffroom, "previous_secret")
    assert NOW + timedelta(days=1) == row(staffroom).previous_until
    assert [None, "set"] == last_act(staffroom).fields["secret"]
    assert made not in str(last_act(staffroom).fields)
    for path in (HERE, f"{HERE}/secrets", f"{HERE}/guide", "/gateways?format=csv"):
        assert made not in staffroom.page(path)


def test_secrets_are_made_of_chance_alone(staffroom: Room) -> None:
    """No two alike; no character that is taken for another."""
    made = {gateways_secrets.make(staffroom.desk.entropy) for _ in range(50)}
    assert 50 == len(made)
    assert not set("".join(made)) & set("0O1lIi")


def test_a_typed_secret_is_not_repeated_and_a_short_one_is_refused(staffroom: Room) -> None:
    """Who types it knows it; below 16 characters it is said at the field."""
    answer = staffroom.post(f"{HERE}/secrets", which="secret", secret="typed-by-hand-and-long", overlap="none")
    assert (200, False) == (answer.status_code, "typed-by-hand-and-long" in answer.get_data(as_text=True))
    assert "typed-by-hand-and-long" == plain(staffroom, "secret")
    assert (None, None) == (row(staffroom).previous_secret, row(staffroom).previous_until)
    for slip in ("short", "with-a-pasted-space-behind ", "two lines\nof-a-long-secret", "x" * 300):
        answer = staffroom.post(f"{HERE}/secrets", which="secret", secret=slip)
        assert (422, True) == (answer.status_code, 'class="error"' in answer.get_data(as_text=True)), slip
    assert "typed-by-hand-and-long" == plain(staffroom, "secret")


def test_only_the_familys_own_secrets_can_be_set(staffroom: Room) -> None:
    """A generic gateway has no FAS key."""
    tried = ("", "fas_key", "password", "previous_secret")
    assert dict.fromkeys(tried, 400) == {which: staffroom.post(f"{HERE}/secrets", which=which).status_code for which in tried}


def heard_at(room: Room, seconds: float) -> AuthEvent:
    """A login, so many seconds before now."""
    return login(ago=seconds - (room.time - NOW).total_seconds())


def test_the_page_counts_which_secret_is_used(staffroom: Room) -> None:
    """Unknown without a packet since the change; the previous one while its packets come; the new one once something signed came after."""
    add(staffroom, [heard_at(staffroom, 30)])
    staffroom.post(f"{HERE}/secrets", which="secret", overlap="24h")
    staffroom.later(minutes=6)
    assert "not known yet" in staffroom.page(f"{HERE}/secrets"), "what was signed before the change says nothing"
    add(staffroom, [dropped("PREVIOUS_SECRET", 4, source="", minutes=-3), heard_at(staffroom, 175)])
    found = staffroom.page(f"{HERE}/secrets")
    assert "It still uses the previous secret" in found
    assert "4 packets under the previous one" in found
    assert "uses the previous one" in staffroom.page("/gateways")
    assert "Why packets were dropped" not in staffroom.page(HERE), "it is none"
    add(staffroom, [heard_at(staffroom, 30)])
    assert "It uses the new secret" in staffroom.page(f"{HERE}/secrets")
    assert "uses the previous one" not in staffroom.page("/gateways")


def test_a_secret_that_was_lost_locks_nobody_out(staffroom: Room) -> None:
    """Another new one while the gateway still uses the old: the old one stays beside it; once it uses the new one, that one does."""
    staffroom.post(f"{HERE}/secrets", which="secret", overlap="24h")
    lost = plain(staffroom, "secret")
    staffroom.later(minutes=2)
    staffroom.post(f"{HERE}/secrets", which="secret", overlap="24h")
    used = plain(staffroom, "secret")
    assert used != lost
    assert CANARIES[0] == plain(staffroom, "previous_secret")
    assert staffroom.time + timedelta(days=1) == row(staffroom).previous_until
    staffroom.later(minutes=2)
    add(staffroom, [heard_at(staffroom, 30)])
    staffroom.post(f"{HERE}/secrets", which="secret", overlap="24h")
    assert used == plain(staffroom, "previous_secret")


def test_the_overlap_can_be_ended(staffroom: Room) -> None:
    """Now: the previous secret is gone, the new one stays."""
    staffroom.post(f"{HERE}/secrets", which="secret", overlap="7d")
    made = plain(staffroom, "secret")
    assert 303 == staffroom.post(f"{HERE}/secrets/end").status_code
    assert (made, None, None) == (plain(staffroom, "secret"), row(staffroom).previous_secret, row(staffroom).previous_until)
    assert "End the overlap" not in staffroom.page(f"{HERE}/secrets")


def test_the_guide_is_the_gateways_own(staffroom: Room) -> None:
    """Its names and addresses, no TOML of the file's, nothing executable."""
    found = staffroom.page(f"{HERE}/guide")
    assert f"/in/generic/{row(staffroom).key}" in found
    assert "[[client]]" not in found
    assert "shown once, when it was set" in found


@pytest.mark.parametrize("name", ["a/b", "né & co", "50%", "a?b#c", "..."])
def test_whatever_a_gateway_is_called_its_pages_are_found(staffroom: Room, name: str) -> None:
    """Every link of the list and of its page leads somewhere, and forms come back to it."""
    assert 200 == staffroom.post("/gateways/new/hostapd", name=name, address="192.0.2.50").status_code
    here = f"/gateways/{quote(name, safe='')}"
    links = set(re.findall(r'href="(/gateways/[^"]*)"', staffroom.page("/gateways") + staffroom.page(here))) - {"/gateways/new"}
    assert 5 <= len(links)
    for link in links:
        staffroom.page(html.unescape(link))
    answer = staffroom.post(f"{here}/edit", address="192.0.2.51", require_message_authenticator="on")
    assert (303, f"{here}?done=Saved.") == (answer.status_code, answer.location)


def test_an_open_session_is_a_word_of_its_gateway(staffroom: Room) -> None:
    """Accounting counts as heard, too."""
    add(staffroom, [session(staffroom.privacy.seal, updated_at=NOW - timedelta(minutes=2), started_at=NOW - timedelta(hours=3))])
    assert "not within a day" not in staffroom.page("/gateways")


def test_a_secret_field_is_never_filled() -> None:
    """Whatever the form is shown over."""
    stored = {"secret": "x", "coa_secret": "x", "options": dict.fromkeys(OPTION_SECRETS, "x")}
    shown = forms.shown(list(gateways_fields.SECRETS.values()), stored)
    assert [""] * 5 == [text for _field, text, _wrong in shown.fields]
