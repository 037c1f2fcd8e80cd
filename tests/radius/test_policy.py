"""The attribute rules: what a foreign home may not grant, what an operator's rows do, and their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import policy as policy_module
from radius.actions import Reason
from radius.dictionary import load
from radius.message import Attribute, Code
from radius.policy import Plan, Policy, Rule, builtins
from radius.secret import Secret
from radius.tables import Home
from radius.wire import build, parse

ACCEPT, CHALLENGE, REJECT, REQUEST = Code.ACCESS_ACCEPT, Code.ACCESS_CHALLENGE, Code.ACCESS_REJECT, Code.ACCESS_REQUEST
FOREIGN = Home("uni-a-1", "127.0.0.1", Secret(b"sixteen octets of"))
OURS = Home("city-1", "127.0.0.1", Secret(b"sixteen octets of"), foreign=False)


def octets(name: str, value: str | int) -> bytes:
    dictionary = load()
    return dictionary.encode(dictionary.key(name), value)


def vendor(number: int, *parts: bytes) -> bytes:
    inside = number.to_bytes(4, "big") + b"".join(parts)
    return bytes((26, len(inside) + 2)) + inside


def part(kind: int, value: bytes) -> bytes:
    return bytes((kind, len(value) + 2)) + value


def plan(
    *rules: Rule, code: Code = ACCEPT, home: Home | None = OURS, realm: str = "uni.example", site: str = "s", client: str = "c"
) -> Plan:
    return Policy(rules, load()).plan(code, realm, site, client, home)


KEYS = vendor(311, part(16, bytes(34)), part(17, bytes(34)))
ORDINARY = [
    octets("User-Name", "bob"),
    octets("Class", "c1"),
    octets("Class", "c2"),
    KEYS,
    octets("Session-Timeout", 100_000),
    b"\xf9\x05abc",
]


def test_an_ordinary_accept_of_a_foreign_home_passes_untouched() -> None:
    """What we do not understand, and what is harmless, goes on octet for octet and in order."""
    assert ORDINARY == plan(home=FOREIGN).apply(list(ORDINARY))


@pytest.mark.parametrize("key", [56, 57, 58, 59, 64, 65, 81])
def test_a_foreign_home_sets_no_vlan(key: int) -> None:
    """RFC 4675 and RFC 3580, 3.31: which network a guest is in is ours to say; each instance and tag is removed."""
    vlan = [bytes((key, 6)) + b"\1\0\0\x0d", bytes((key, 5)) + b"120"]
    assert ORDINARY == plan(home=FOREIGN).apply([vlan[0], *ORDINARY, vlan[1]])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Cisco-AVPair", "shell:priv-lvl=15"), ("Cisco-AVPair", "Shell:priv-lvl=15"), ("Aruba-User-Role", "admin"), ("Aruba-User-Vlan", 7),
        ("Airespace-Interface-Name", "staff"), ("Ruckus-User-Groups", "g"), ("HP-Egress-VLANID", 9), ("Mikrotik-Group", "full"),
        ("Extreme-Netlogin-Vlan", "v"), ("Juniper-Local-User-Name", "root"), ("CoovaChilli-VLAN-Id", 3), ("Fortinet-Group-Name", "g"),
    ],
)  # fmt: skip
def test_a_foreign_home_grants_no_vendor_s_role_or_vlan(name: str, value: str | int) -> None:
    """The named list of vendors' attributes."""
    assert ORDINARY == plan(home=FOREIGN).apply([*ORDINARY, octets(name, value)])


def test_other_values_of_the_same_vendor_pass() -> None:
    """Only `shell:` is an order to the network; the rest of Cisco's pairs are not ours to judge."""
    others = [octets("Cisco-AVPair", "url-redirect=https://portal.example"), octets("Aruba-Essid-Name", "eduroam")]
    assert others == plan(home=FOREIGN).apply(others)


def test_only_the_sub_attribute_is_taken_out() -> None:
    """RFC 2865, 5.26: several may share one Vendor-Specific; the others stay, octet for octet."""
    essid, role, group = part(5, b"eduroam"), part(1, b"admin"), part(99, b"\0\1")
    assert [vendor(14823, essid, group)] == plan(home=FOREIGN).apply([vendor(14823, essid, role, group, role)])


def test_a_broken_vendor_attribute_hides_no_role() -> None:
    """A length that lies would still be read by a lenient controller: what begins as a target is taken out."""
    applied = plan(home=FOREIGN).apply
    assert ([], [vendor(14823, part(5, b"x"))], [vendor(14823, part(5, b"x"), b"\x63\xff")]) == (
        applied([vendor(14823, b"\x01\xc8admin")]),
        applied([vendor(14823, part(5, b"x"), b"\x01")]),
        applied([vendor(14823, part(5, b"x"), b"\x63\xff")]),
    )


@pytest.mark.parametrize(("value", "refused"), [(6, True), (7, True), (2, False), (1, False)])
def test_administrative_rights_from_a_foreign_home_make_a_reject(value: int, refused: bool) -> None:
    """Service-Type Administrative and NAS-Prompt log into controllers, not onto networks (RFC 2865, 5.6)."""
    given_ = [octets("User-Name", "bob"), octets("Service-Type", value)]
    assert (Reason.HOME_PRIVILEGES if refused else given_) == plan(home=FOREIGN).apply(given_)


@pytest.mark.parametrize(("code", "home"), [(ACCEPT, OURS), (CHALLENGE, FOREIGN), (REJECT, FOREIGN), (REQUEST, FOREIGN)])
def test_built_ins_are_for_the_accepts_of_foreign_homes(code: Code, home: Home) -> None:
    """Our own homes and other packets are not concerned."""
    given_ = [octets("Tunnel-Type", "VLAN"), octets("Service-Type", 6)]
    assert given_ == plan(code=code, home=home).apply(given_)


def test_a_row_of_the_same_name_replaces_a_built_in() -> None:
    """An empty row switches it off; the others stay."""
    assert ["foreign-administration", "foreign-vlans", "foreign-roles"] == [rule.name for rule in builtins()]
    given_ = [octets("Tunnel-Type", "VLAN"), octets("Aruba-User-Role", "x")]
    assert given_[:1] == plan(Rule("foreign-vlans", "reply"), home=FOREIGN).apply(given_)


def test_remove_clamp_add_set_in_this_order() -> None:
    """Within a row; decision 4's order shows where each would see what the one before left."""
    row = Rule("all", "reply", remove=("Idle-Timeout",), clamp={"Idle-Timeout": (9, 9)}, add={"Idle-Timeout": 500}, set={"Filter-Id": "a"})
    expected = [octets("User-Name", "bob"), octets("Idle-Timeout", 500), octets("Filter-Id", "a")]
    assert expected == plan(row).apply([octets("Filter-Id", "z"), octets("User-Name", "bob"), octets("Idle-Timeout", 1)])


def test_every_matching_row_applies_in_file_order() -> None:
    """The later row has the last word."""
    rows = [Rule("one", "reply", set={"Filter-Id": "one"}), Rule("two", "reply", set={"Filter-Id": "two"})]
    assert ([octets("Filter-Id", "two")], [octets("Filter-Id", "one")]) == (plan(*rows).apply([]), plan(*rows[::-1]).apply([]))


def test_our_vlan_replaces_the_home_s() -> None:
    """The built-in takes theirs, the row sets ours: without a tag, as hostapd and FreeRADIUS read it."""
    row = Rule(
        "vlan", "reply", site="library", set={"Tunnel-Type": "VLAN", "Tunnel-Medium-Type": "IEEE-802", "Tunnel-Private-Group-Id": 120}
    )
    theirs = [b"\x40\x06\x01\0\0\x0d", b"\x51\x06\x01999"]
    assert [b"\x40\x06\0\0\0\x0d", b"\x41\x06\0\0\0\x06", b"\x51\x05120"] == plan(row, home=FOREIGN, site="library").apply(theirs)
    assert [] == plan(row, home=FOREIGN, site="elsewhere").apply(theirs)


@pytest.mark.parametrize(("seconds", "expected"), [(1, 60), (60, 60), (3600, 3600), (28_800, 28_800), (2**32 - 1, 28_800)])
def test_clamp_bounds_a_number(seconds: int, expected: int) -> None:
    """Both ends, and nothing is added where there is none."""
    bounded = plan(Rule("t", "reply", clamp={"Session-Timeout": (60, 28_800)}))
    assert ([octets("Session-Timeout", expected)], []) == (bounded.apply([octets("Session-Timeout", seconds)]), bounded.apply([]))


def test_clamp_leaves_a_challenge_s_timer_alone() -> None:
    """RFC 3579, 2.6.2: there, Session-Timeout is how long the student may think."""
    row = Rule("t", "reply", ("Access-Accept", "Access-Challenge"), remove=("Filter-Id",), clamp={"Session-Timeout": (60, 100)})
    given_ = [octets("Session-Timeout", 5), octets("Filter-Id", "x")]
    assert [octets("Session-Timeout", 5)] == plan(row, code=CHALLENGE).apply(given_)
    assert [octets("Session-Timeout", 60)] == plan(row).apply(given_)


def test_clamp_inside_a_vendor_s_attribute_and_of_broken_numbers() -> None:
    """The neighbours stay; a number of another length is nobody's number."""
    row = Rule("t", "reply", clamp={"WISPr-Bandwidth-Max-Down": (0, 1000)})
    given_ = vendor(14122, part(7, b"\0\1\0\0"), part(8, b"\0\1\0\0"), part(8, b"\1\0\0"))
    assert [vendor(14122, part(7, b"\0\1\0\0"), part(8, b"\0\0\x03\xe8"), part(8, b"\1\0\0"))] == plan(row).apply([given_])


def test_add_only_where_absent_also_inside_vendors() -> None:
    """Present in a shared Vendor-Specific is present."""
    row = Rule("t", "reply", add={"Aruba-Essid-Name": "ours", "Filter-Id": ("a", "b")})
    held = vendor(14823, part(1, b"r"), part(5, b"theirs"))
    assert [held, octets("Filter-Id", "a"), octets("Filter-Id", "b")] == plan(row).apply([held])


def test_a_row_may_refuse() -> None:
    """An operator's refusal is his, not the home's fault."""
    assert Reason.REFUSED_BY_POLICY is plan(Rule("t", "reply", refuse={"Filter-Id": "staff"})).apply([octets("Filter-Id", "staff")])


@pytest.mark.parametrize(
    ("row", "packet", "fits"),
    [
        ({"realm": "Uni.Example"}, {}, True), ({"realm": "uni.example"}, {"realm": "cs.uni.example"}, False),
        ({"realm": "*.uni.example"}, {"realm": "cs.uni.example"}, True), ({"realm": "*.uni.example"}, {}, False),
        ({"realm": "*"}, {"realm": ""}, True), ({"site": "s"}, {}, True), ({"site": "s"}, {"site": "t"}, False),
        ({"client": "c"}, {}, True), ({"client": "c"}, {"client": "d"}, False), ({"home": "city-1"}, {}, True),
        ({"home": "city-1"}, {"home": FOREIGN}, False), ({"home": "city-1"}, {"home": None}, False),
        ({"realm": "uni.example", "site": "t"}, {}, False), ({"codes": ("Access-Reject",)}, {}, False),
        ({"direction": "request"}, {}, False), ({"direction": "request"}, {"code": REQUEST}, True),
    ],
)  # fmt: skip
def test_selectors_narrow_a_row(row: dict, packet: dict, fits: bool) -> None:
    """All that are given must fit."""
    rule = Rule(**{"name": "t", "direction": "reply", "set": {"Filter-Id": "x"}} | row)
    assert ([octets("Filter-Id", "x")] if fits else []) == plan(rule, **packet).apply([])


def test_idle_says_so_by_types_alone() -> None:
    """The road asks this first; a packet without a touched type costs one set operation."""
    harmless, tunnel, keys = (parse(build(ACCEPT, 1, bytes(16), [Attribute(kind, b"abcd")])).first for kind in (25, 64, 26))
    foreign = plan(home=FOREIGN)
    assert [True, False, False] == [foreign.idle(types) for types in (harmless, tunnel, keys)]
    assert [True, False] == [plan().idle(tunnel), plan(Rule("t", "reply", add={"Filter-Id": "x"})).idle(harmless)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"direction": "up"}, 'policy "t": direction'), ({"codes": ("Access-Request",)}, 'policy "t": codes'),
        ({"direction": "request", "codes": ("Access-Accept",)}, 'policy "t": codes'), ({"remove": ("Tunel-Type",)}, "is it Tunnel-Type"),
        ({"remove": ("EAP-Message",)}, 'policy "t": remove: EAP-Message keeps'), ({"set": {"State": "x"}}, "State keeps"),
        ({"add": {"80": "x"}}, "Message-Authenticator keeps"), ({"set": {"Session-Timeout": "long"}}, 'policy "t": set: Session-Timeout'),
        ({"set": {"Tunnel-Password": "x"}}, "hidden"), ({"clamp": {"Filter-Id": (1, 2)}}, 'policy "t": clamp: Filter-Id is not a number'),
        ({"clamp": {"Session-Timeout": (9, 1)}}, "lowest, highest"), ({"clamp": {"Session-Timeout": (1,)}}, "lowest, highest"),
        ({"clamp": {"Session-Timeout": (1, 2)}, "codes": ("Access-Challenge",)}, 'policy "t": clamp'),
        ({"direction": "request", "clamp": {"Session-Timeout": (1, 2)}}, 'policy "t": clamp'),
        ({"remove": ("Cisco-AVPair=shell",)}, "Cisco-AVPair=shell:"), ({"set": {"26": "0x00"}}, "sub-attribute"),
    ],
)  # fmt: skip
def test_rows_that_cannot_stand_are_named(row: dict, words: str) -> None:
    """The row and the key, for the operator who wrote them."""
    with pytest.raises(ValueError, match=words):
        Policy([Rule(**{"name": "t", "direction": "reply"} | row)], load())


def test_two_rows_of_one_name_are_refused() -> None:
    """Names are how rows are replaced."""
    with pytest.raises(ValueError, match='two rows are named "t"'):
        Policy([Rule("t", "reply"), Rule("t", "request")], load())


def test_all_vendor_attributes_can_be_removed_at_once() -> None:
    """`remove = ["26"]`, or a number that no dictionary knows."""
    assert [b"\x19\x04c1"] == plan(Rule("t", "reply", remove=("26",))).apply([KEYS, b"\x19\x04c1", vendor(9, part(1, b"x"))])
    assert [KEYS] == plan(Rule("t", "reply", remove=("26.4711.5", "249"))).apply([KEYS, vendor(4711, part(5, b"x")), b"\xf9\x03a"])


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invented realms fill nothing, whether or not rules look at realms."""
    monkeypatch.setattr(policy_module, "REMEMBERED", 50)
    for rules in ([], [Rule("t", "reply", realm="uni.example")]):
        policy = Policy(rules, load())
        for number in range(200):
            policy.plan(ACCEPT, f"r{number}.example", "", "", FOREIGN)
            assert len(policy._seen) <= 50
        assert len(policy._plans) <= 2


attributes = st.lists(
    st.one_of(
        st.builds(lambda kind, value: bytes((kind, len(value) + 2)) + value, st.integers(1, 255), st.binary(max_size=40)),
        st.builds(vendor, st.sampled_from([9, 311, 14823, 14122]), st.binary(max_size=60)),
    ),
    max_size=12,
)
BUSY = (
    Rule(
        "a",
        "reply",
        remove=("Aruba-User-Role", "Cisco-AVPair=shell:*"),
        clamp={"Session-Timeout": (1, 2), "WISPr-Bandwidth-Max-Up": (1, 2)},
    ),
    Rule("b", "reply", add={"Filter-Id": "x"}, set={"Cisco-AVPair": "y=z"}),
)


@given(attributes)
def test_any_attributes_come_out_as_attributes(given_: list[bytes]) -> None:
    """Nothing raises; what comes out is well formed, and untargeted types are all there in order."""
    applied = plan(*BUSY, home=FOREIGN).apply(list(given_))
    if isinstance(applied, Reason):
        return
    assert all(len(octets) == octets[1] >= 2 for octets in applied)
    mentioned = {6, 11, 26, 27, 56, 57, 58, 59, 64, 65, 81}
    assert [o for o in given_ if o[0] not in mentioned] == [o for o in applied if o[0] not in mentioned]


@given(attributes)
def test_the_stages_of_a_packet_are_its_plan_one_rule_at_a_time(given_: list[bytes]) -> None:
    """What people are told of each rule adds up to what the road does."""
    policy = Policy(BUSY, load())
    one_by_one: list[bytes] | Reason = list(given_)
    for _, plan_of_one in policy.stages(ACCEPT, "uni.example", "s", "c", FOREIGN):
        one_by_one = plan_of_one.apply(one_by_one) if not isinstance(one_by_one, Reason) else one_by_one
    assert policy.plan(ACCEPT, "uni.example", "s", "c", FOREIGN).apply(list(given_)) == one_by_one


def test_the_stages_name_the_rules_that_concern_a_packet() -> None:
    """In their order, those of other directions, homes and realms left out."""
    rules = (Rule("ours", "reply", home="city-1"), Rule("elsewhere", "reply", realm="*.school.example"), Rule("asking", "request"))
    stages = Policy(rules, load()).stages(ACCEPT, "uni.example", "s", "c", OURS)
    assert ["ours"] == [rule.name for rule, _ in stages]
    foreign = Policy(rules, load()).stages(ACCEPT, "uni.example", "s", "c", FOREIGN)
    assert [rule.name for rule in builtins()] == [rule.name for rule, _ in foreign]
