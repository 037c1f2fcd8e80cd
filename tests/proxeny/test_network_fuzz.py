"""Any TOML at all is either taken or refused in words."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxeny import declare, network_file
from proxeny.entry import Report
from proxeny.faults import FaultyError
from proxeny.network import KEYS, Network
from proxeny.network_rows import Sources
from proxeny.settings import load
from radius import dictionary

SETTINGS = load(Path(__file__).parents[2] / "config" / "proxeny.toml", {})
WORDS = ["10.0.0.0/8", "::1", "a.example", "*", "~(", "~[", "1x", "reply", "Tunnel-Type", "Class", "x", "2030-01-01T00:00:00+14:00"]
WORDS += ["2h", "1 GB", "5 Mbit/s", "terms", "card", "en", "#005ea5", "opennds", "http://10.1.0.1:3990", "p", "0123456789abcdef"]
NAMES = ["Session-Timeout", "Tunnel-Type", "Framed-IP-Address", "x", "Cisco-AVPair", "26.9.1", "Class", "User-Password"]
NAMES += ["times", "by", "en", "fr", "terms", "uam_secret", "fas_key_env", "login_url", "guest_networks", "mac_format", "fas_level"]
ONES = st.one_of(
    *(st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(WORDS), st.dates(), st.times()),
    st.datetimes(timezones=st.sampled_from([None, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])),
)
VALUES = st.recursive(
    ONES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3), max_leaves=4
)
ENTRY_KEYS = {
    "operator": "name operator_name country timezone",
    "district": "name",
    "plan": "name session day_time day_data month_data up down devices simultaneous idle extend",
    "portal": "name plan plans ways languages logo accent welcome help terms privacy provisional sponsors",
    "ssid": "name profile",
    "site": "id name latitude longitude timezone address portal indoor_outdoor opening_hours activated_on accessible_entrance published",
    "client": "name address secret secret_env secret_file previous_secret previous_until coa_secret coa_port weak_secret nas site rate"
    " radius key options",
    "access_point": "name mac site client latitude longitude",
    "home": "name address port acct_port transport trust secret source enabled resend request_timeout zombie_misses dead_probe",
    "realm": "match homes strategy institution country profile accounting action reason",
    "policy": "codes realm site client home remove clamp add set refuse foreign",
    "hygiene": "allow refuse",
}


def section(name: str) -> st.SearchStrategy[Any]:
    known: dict[str, Any] = {"name": st.just("p"), "direction": st.sampled_from(["reply", "request"])} if name == "policy" else {}
    table = st.fixed_dictionaries(known, optional=dict.fromkeys(ENTRY_KEYS[name].split(), VALUES))
    return VALUES | (table if name in {"operator", "hygiene"} else st.lists(table, max_size=3))


@given(st.fixed_dictionaries({}, optional={name: section(name) for name in KEYS}))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_toml_is_taken_or_refused_in_words(tables: dict[str, Any]) -> None:
    """Whatever stands in a network file, its reader says what is wrong with it or takes it; it never fails itself."""
    with suppress(FaultyError):
        declaration = network_file.parse(tables, Report("NETWORK.toml", ""), Sources(Path("/nowhere"), {}))
        declare.plan(Network(), declaration, SETTINGS, dictionary.load(), prune=False)
