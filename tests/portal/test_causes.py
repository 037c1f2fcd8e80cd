"""The catalogue of causes: whole, in each language, in the decided words, and no surer than what was seen."""

from __future__ import annotations

import re

import pytest

from portal.causes import Facts, facts, headline, told
from portal.languages import LANGUAGES
from portal.messages.texts import Texts
from portal.reasons import CAUSES, Fixer
from radius.actions import Reason
from store.models import AuthEvent, LoginVerdict

ENGLISH = Texts("en")
HOUSE = "University A"


def said(verdict: LoginVerdict | None, reason: str = "", **more: object) -> str:
    words = told(Facts(verdict, reason, **({"institution": HOUSE} | more)), ENGLISH)
    return f"{words.cause} {words.todo}".strip()


def test_every_reason_has_a_cause_and_no_other_has():
    """The catalogue has exactly the engine's reasons."""
    assert set(Reason.__members__) == set(CAUSES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_told_in_every_language(language):
    """A whole sentence, who can mend it and, wherever somebody can, what to do; no gap is left, and French is not English."""
    voice = Texts(language)
    for reason in Reason.__members__:
        words = told(Facts(None, reason, HOUSE, "library-wlc", "uni-a.example"), voice)
        plain = told(Facts(None, reason, HOUSE, "library-wlc", "uni-a.example"), ENGLISH)
        assert re.fullmatch(r"(library-wlc|uni-a|[^a-z]).*\.", words.cause), reason
        assert words.todo, reason
        assert all(words.who), reason
        assert "%(" not in words.cause + words.todo, reason
        assert (language == "en") == (words.cause == plain.cause), reason


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", list(LoginVerdict))
def test_every_verdict_is_told_in_every_language(language, verdict):
    """Without a reason as well."""
    of = Facts(verdict, "", HOUSE, "library-wlc", "uni-a.example", home="uni-a-1", eap=True, round_trips=9)
    words = told(of, Texts(language))
    assert re.fullmatch(r"\S.*\.", words.cause)
    assert words.who
    assert (language == "en") == (words.cause == told(of, ENGLISH).cause)
    assert (language == "en") == (headline(of, Texts(language)) == headline(of, ENGLISH))


def test_a_homes_no_is_the_homes_to_explain():
    """Decisions-portal, 25: word for word, and one round trip is one."""
    nine = "University A said no after 9 round trips. Usually a mistyped or changed password; only University A can see which."
    assert nine == told(Facts(LoginVerdict.REJECT, "", HOUSE, round_trips=9), ENGLISH).cause
    assert "after 1 round trip." in told(Facts(LoginVerdict.REJECT, "", HOUSE, round_trips=1), ENGLISH).cause


def test_a_wrong_secret_is_counted():
    """Word for word, with the packets of the last hour."""
    words = told(Facts(None, "BAD_MESSAGE_AUTHENTICATOR", client="library-wlc", count=212), ENGLISH)
    assert words.cause == "Packets from library-wlc are signed with a different secret than ours (212 in the last hour)."
    assert words.fixers == (Fixer.STAFF, Fixer.GATEWAY)


def test_a_distrusted_certificate_is_certain_only_where_the_device_said_so():
    """Word for word after its alert; after silence, as what it usually is; before any certificate, not at all."""
    certain = "The device stopped after seeing University A's certificate: its profile does not trust it. Install the profile again."
    for verdict in (LoginVerdict.REJECT, LoginVerdict.ABANDONED):
        assert certain == said(verdict, "CERTIFICATE_DISTRUSTED", eap=True, round_trips=4)
        assert "Stopped midway" == headline(Facts(verdict, "CERTIFICATE_DISTRUSTED"), ENGLISH)
    assert "Usually its profile does not trust it." in said(LoginVerdict.ABANDONED, eap=True, round_trips=4)
    for early in ({"eap": True, "round_trips": 2}, {"eap": False, "round_trips": 4}):
        assert "certificate" not in said(LoginVerdict.ABANDONED, **early)


def test_a_dead_home_is_named():
    """Whose servers are down, and whom to call."""
    words = told(Facts(LoginVerdict.NO_ANSWER, "NO_HOME_ALIVE", HOUSE), ENGLISH)
    assert words.cause == "Every server of University A is down or out of reach."
    assert words.who == ("IT staff here", "the home institution")


def test_an_accept_may_have_a_flaw():
    """The yes, and what was wrong with it."""
    assert "University A said yes. The home hides a key wrongly." in said(LoginVerdict.ACCEPT, "UNREADABLE_KEY", home="uni-a-1")


def test_a_reason_of_another_version_stands_for_itself():
    """Whatever it is, nothing is made up; a percent sign in it is harmless."""
    assert said(LoginVerdict.REFUSED, "NEW_%s_ONE") == "NEW_s_ONE."


def test_an_event_without_an_institution_is_its_realms():
    """Named by the rule's institution, else by the realm, else in general."""
    event = AuthEvent(
        verdict=LoginVerdict.REJECT, reason="", client="c", realm="uni-a.example", rule="*", home="h", eap=True, round_trips=2
    )
    assert facts(event, {}).institution == "uni-a.example"
    assert facts(event, {"*": HOUSE}).institution == HOUSE
    assert told(Facts(LoginVerdict.REJECT), ENGLISH).cause.startswith("The home institution said no")
