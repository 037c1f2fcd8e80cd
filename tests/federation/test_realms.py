"""The order of routing, rule by rule."""

from __future__ import annotations

import pytest

from federation import realms as realms_module
from federation.realms import RealmRow, Realms
from radius.actions import Reason
from radius.nai import Nai
from radius.tables import Action, Route


def row(match: str, *homes: str, **more: object) -> RealmRow:
    return RealmRow(match, homes=homes or ("home",), **more)


def route(realms: Realms, realm: str) -> Route:
    return realms.route(Nai(b"bob", realm))


def rules(realms: Realms, *names: str) -> list[str]:
    return [route(realms, name).rule for name in names]


def test_exact_beats_suffix_beats_expression_beats_default() -> None:
    """Each rule yields to the one more certain, whatever the order of the rows."""
    rows = [row("*"), row("~^.*example$"), row("*.example"), row("*.uni.example"), row("cs.uni.example")]
    for order in (rows, rows[::-1]):
        assert ["cs.uni.example", "*.uni.example", "*.example", "~^.*example$", "*"] == rules(
            Realms(order), "cs.uni.example", "ee.uni.example", "uni.example", "x-example", "uni.invalid"
        )


def test_a_suffix_excludes_its_own_name() -> None:
    """`*.x` is what is below x, at any depth, and never `yx`."""
    realms = Realms([row("*.uni.example")])
    assert ["(no route)", "*.uni.example", "*.uni.example", "(no route)"] == rules(
        realms, "uni.example", "a.uni.example", "a.b.uni.example", "funi.example"
    )


def test_expressions_are_tried_in_file_order_against_the_lower_case_realm() -> None:
    """The first that fits wins; two fit here."""
    assert ["~ac", "~\\.uk$"] == rules(Realms([row("~ac"), row("~\\.uk$")]), "cam.ac.uk", "bbc.co.uk")


def test_an_expression_that_explodes_elsewhere_is_linear_here() -> None:
    """re2 has no backtracking: the classic trap answers at once (a pass is its own proof: the other way never ends)."""
    assert ["(no route)"] == rules(Realms([row("~^(a+)+$")]), "a" * 60 + "." + "a" * 60 + "-")


@pytest.mark.parametrize(
    ("realm", "item"),
    [
        ("localhost", "no dot"), ("myabc.com", "myabc.com"), ("wlan.mnc001.mcc302.3gppnetwork.org", "*3gppnetwork.org"),
        ("x.3gppnetworks.org", "*3gppnetworks.org"), ("gmail.com", "gmail.com"), ("googlemail.com", "googlemail.com"),
        ("hotmail.fr", "hotmail.*"), ("hotmail.co.uk", "hotmail.*"), ("live.com", "live.com"), ("outlook.com", "outlook.com"),
        ("yahoo.com", "yahoo.com"), ("unimail.com", "unimail.com"), ("printer.local", "*.local"),
    ],
)  # fmt: skip
def test_junk_realms_are_refused_before_the_default(realm: str, item: str) -> None:
    """Every item of the built-in list, by its name, though `*` would take everything."""
    answer = route(Realms([row("*")]), realm)
    assert (Action.REJECT, f"(hygiene: {item})", Reason.JUNK_REALM) == (answer.action, answer.rule, answer.refusal)
    assert answer.reason


def test_a_row_of_the_network_beats_the_hygiene_list() -> None:
    """Exact, suffix and expression come before the list: the operator knows better."""
    realms = Realms([row("gmail.com"), row("*.local"), row("~^hotmail\\."), row("campus"), row("*")])
    assert ["gmail.com", "*.local", "~^hotmail\\.", "campus", "*"] == rules(
        realms, "gmail.com", "a.local", "hotmail.fr", "campus", "uni.example"
    )


def test_hygiene_is_editable() -> None:
    """`allow` takes an item off the list or a realm out of its reach, `refuse` adds one."""
    realms = Realms([row("*")], ["Gmail.com", "no dot", "*.mcc302.3gppnetwork.org", "lab.local"], ["*.junk.example", "mail.*"])
    assert ["*", "*", "*", "*"] == rules(realms, "gmail.com", "campus", "mnc1.mcc302.3gppnetwork.org", "lab.local")
    assert ["(hygiene: *3gppnetwork.org)", "(hygiene: *.local)", "(hygiene: *.junk.example)", "(hygiene: mail.*)"] == rules(
        realms, "mnc1.mcc505.3gppnetwork.org", "pc.local", "a.junk.example", "mail.example"
    )


def test_no_realm_has_a_row_of_its_own() -> None:
    """`match = ""` is the identity without realm; without it the answer is no, and `*` or an expression is never asked."""
    without = route(Realms([row("*"), row("~.*")]), "")
    assert (Action.REJECT, "(no realm)", Reason.NO_REALM) == (without.action, without.rule, without.refusal)
    assert (Action.PROXY, "") == (route(Realms([row("")]), "").action, route(Realms([row("")]), "").rule)


def test_no_route_is_a_refusal_with_words() -> None:
    """Never silence."""
    answer = route(Realms([]), "uni.example")
    assert Route("uni.example", "(no route)", Action.REJECT, reason="No route to this realm", refusal=Reason.NO_ROUTE) == answer


def test_a_row_s_fields_come_with_the_route() -> None:
    """The realm asked for, not the pattern, is the route's realm."""
    realms = Realms([row("*.uni.example", "a", "b", balance=True, forward_accounting=True, institution="Uni", country="CA")])
    expected = Route("cs.uni.example", "*.uni.example", Action.PROXY, ("a", "b"), True, True, "", "Uni", "CA")
    assert expected == route(realms, "cs.uni.example")


@pytest.mark.parametrize(
    ("given", "action", "reason", "refusal"),
    [
        (RealmRow("x.example", Action.REJECT, reason="Not ours"), Action.REJECT, "Not ours", Reason.REFUSED_REALM),
        (RealmRow("x.example", Action.REJECT), Action.REJECT, "This realm is not served here", Reason.REFUSED_REALM),
        (RealmRow("x.example", Action.BLACKHOLE), Action.BLACKHOLE, "This realm is not served here", Reason.REFUSED_REALM),
        (RealmRow("x.example", Action.LOCAL), Action.LOCAL, "", None),
    ],
)  # fmt: skip
def test_rows_that_do_not_proxy(given: RealmRow, action: Action, reason: str, refusal: Reason | None) -> None:
    """Refusals carry the operator's words, or ours."""
    answer = route(Realms([given]), "x.example")
    assert (action, reason, refusal) == (answer.action, answer.reason, answer.refusal)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row("a.example"), row("A.Example")], 'two realms match "A.Example"'),
        ([row("*.a.example"), row("*.a.example")], r'two realms match "\*.a.example"'),
        ([row("*"), row("*")], r'two realms match "\*"'),
        ([row(""), row("")], 'two realms match ""'),
        ([row("~a"), row("~a")], 'two realms match "~a"'),
        ([row("~(a")], r'realm "~\(a": missing \)'),
        ([row(f"~{number}") for number in range(65)], "more than 64 regular expressions"),
        ([row("bücher.example")], "in ASCII"),
        ([row("a..example")], "write a host name"),
        ([row(".example")], "write a host name"),
        ([row("a.*")], "write a host name"),
        ([RealmRow("a.example")], "name at least one home"),
    ],
)
def test_rows_that_cannot_stand_are_named(rows: list[RealmRow], words: str) -> None:
    """The whole version is refused, with the row's name and the remedy."""
    with pytest.raises(ValueError, match=words):
        Realms(rows)


def test_sixty_four_expressions_are_allowed() -> None:
    """The bound itself."""
    assert "~^63$" == route(Realms([row(f"~^{number}$") for number in range(64)]), "63").rule


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invented realms leave at most the bound behind."""
    monkeypatch.setattr(realms_module, "REMEMBERED", 50)
    realms = Realms([row("*")])
    for number in range(500):
        route(realms, f"r{number}.example")
        assert len(realms._seen) <= 50
    assert "*" == route(realms, "r1.example").rule
