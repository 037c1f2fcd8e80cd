"""proxeny.staff_network and staff_rehearsal: what the staff's pages ask of the road's own code, and what is kept for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxeny import snapshot, staff_network
from proxeny.network import SECRETS
from proxeny.verbs import route
from radius.policy import builtins
from store import network as store
from store.models import Realm
from store.schema import prepare
from store.sealed import Seal, create_keys
from store.session import reading, transaction
from tests.store import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = prepare(f"sqlite:///{tmp_path}/proxeny.db")
    yield engine
    engine.dispose()


@pytest.fixture
def seal(tmp_path: Path, database: Engine) -> Seal:
    """Of a small city's network."""
    create_keys(tmp_path / "keys" / "seal.key")
    made = Seal(tmp_path / "keys" / "seal.key")
    with transaction(database) as session:
        rows.keep(session, rows.network(made))
        snapshot.read(session, made)  # which makes the keys that there have to be
    return made


def test_a_route_is_what_the_verb_says(database: Engine, seal: Seal) -> None:
    """Rule, action, homes and reason are `proxeny route`'s own; a client that is none is told."""
    kept = staff_network.Kept(seal)
    with reading(database) as session:
        network = snapshot.read(session, seal)
        for identity in ("x@uni-a.example", "x@uni-b.example", "bob", "a@b@c", "x@device.local"):
            found = kept.route(session, identity)
            verb = route.answer(network, identity.encode())
            assert verb == {key: found[key] for key in verb}, identity
            assert route.told(network, verb) == found["told"], identity
        assert {"error": "client"} == kept.route(session, "x@uni-a.example", "nowhere")


def test_the_network_is_read_anew_when_it_has_changed(database: Engine, seal: Seal) -> None:
    """A realm that is added a moment later is routed at once."""
    kept = staff_network.Kept(seal)
    with reading(database) as session:
        assert "(no route)" == kept.route(session, "x@uni-b.example")["rule"]
    with transaction(database) as session:
        store.put(session, [Realm(match="uni-b.example", position=9, homes=["uni-a-1"])], rows.NOW)
    with reading(database) as session:
        assert "uni-b.example" == kept.route(session, "x@uni-b.example")["rule"]


def test_what_is_kept_holds_no_secret(database: Engine, seal: Seal) -> None:
    """No route and no rule needs one."""
    kept = staff_network.Kept(seal)
    with reading(database) as session:
        kept.route(session, "x@uni-a.example")
    network = kept._network
    assert network is not None
    secrets = [getattr(row, name, None) for section in network.rows for row in network.of(section) for name in SECRETS]
    assert ([None] * len(secrets), b"", b"", b"") == (secrets, network.proxy_tag, network.device_key, network.visit_key)


def test_where_no_controller_runs_nothing_is_asked(tmp_path: Path) -> None:
    """The page is told so, in words."""
    assert "no controller is running" in staff_network.ask(tmp_path, "x@uni-a.example", "secret")["error"]


def test_a_built_in_rule_s_copy_does_what_the_rule_does(database: Engine, seal: Seal) -> None:
    """Each as an entry of the network file, in its own place: the packet that comes out is the same."""
    kept = staff_network.Kept(seal)
    attributes = [("Tunnel-Type", "VLAN"), ("Aruba-User-Role", "admin"), ("Cisco-AVPair", "shell:priv-lvl=15"), ("Reply-Message", "Hello")]
    sample = {"code": "Access-Accept", "realm": "", "site": "", "client": "", "home": "uni-a-1", "attributes": attributes}
    with reading(database) as session:
        plain = kept.rehearse(session, sample)
        assert ["Reply-Message = Hello"] == plain["after"]
        for entry in staff_network.builtins():
            assert plain["after"] == kept.rehearse(session, sample, entry)["after"], entry["name"]
            assert [rule.name for rule in builtins()].count(entry["name"]) == 1
        refused = kept.rehearse(session, {**sample, "attributes": [("Service-Type", "Administrative-User")]})
    assert "foreign-administration" == refused["refused"]
