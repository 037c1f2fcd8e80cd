"""proxeny.snapshot and proxeny.declare: into the store, out of it, and as the road's tables."""

from __future__ import annotations

import pickle
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from proxeny import declare, network_file, opening, snapshot
from proxeny.difference import difference
from proxeny.network import Client, Home, Network, Plan, Realm, merged
from proxeny.settings import load
from radius import dictionary, nai, tables
from radius.secret import Secret
from store import models
from store import network as store
from store.session import reading, transaction
from tests.proxeny.installation import NETWORK, Installation
from tests.proxeny.networks import networks

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from store.sealed import Seal

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = Secret(b"a-secret-of-enough-length")


@pytest.fixture
def opened(installed: Installation) -> tuple[Engine, Seal]:
    return opening.store(load(installed.settings, {}))


def sample(folder: Path) -> Network:
    path = folder / "sample.toml"
    path.write_text(NETWORK)
    return replace(network_file.read(path, {}).network, proxy_tag=b"tag.", version=7)


def road(network: Network, now: datetime = NOW) -> tables.Tables:
    return snapshot.tables(network, dictionary.load(), now)


@given(declared=networks(), then=networks())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_again(opened: tuple[Engine, Seal], declared: Network, then: Network) -> None:
    """One network over another, pruned: the store holds just the second, and applying it again changes nothing."""
    database, seal = opened
    for network in (declared, then):
        with transaction(database) as session:
            stored = snapshot.read(session, seal)
            declare.write(session, seal, stored, merged(stored, replace(network, whole=frozenset({"hygiene"})), prune=True))
        with transaction(database) as session:
            kept = snapshot.read(session, seal)
            operator = kept.rows["operator"] if not network.rows["operator"] else network.rows["operator"]  # never pruned
            assert {**network.rows, "operator": operator} == kept.rows
            assert list(network.rows["policy"]) == list(kept.rows["policy"])
            again = merged(kept, network, prune=True)
            assert () == difference(kept, again)
            declare.write(session, seal, kept, again)
            assert kept.version == store.version(session)


def test_a_refused_write_leaves_nothing(opened: tuple[Engine, Seal], tmp_path: Path) -> None:
    """All or nothing: what was written before a failure is gone with it."""
    database, seal = opened
    with suppress(RuntimeError), transaction(database) as session:
        declare.write(session, seal, snapshot.read(session, seal), sample(tmp_path))
        raise RuntimeError("pulled the plug")
    with reading(database) as session:
        assert (0, 0) == (store.version(session), sum(map(len, snapshot.read(session, seal).rows.values())))


def test_secrets_are_sealed_in_the_store(opened: tuple[Engine, Seal], tmp_path: Path, installed: Installation) -> None:
    """No secret stands in the database's files in clear."""
    database, seal = opened
    with transaction(database) as session:
        declare.write(session, seal, snapshot.read(session, seal), sample(tmp_path))
    files = list((installed.folder / "var").glob("proxeny.db*"))
    assert files
    assert not any(b"a-secret-of-enough" in file.read_bytes() for file in files)


def test_rows_of_the_staff_app_are_known(opened: tuple[Engine, Seal]) -> None:
    """Who keeps a row travels with the network, so that --prune leaves the staff app's alone."""
    database, seal = opened
    with transaction(database) as session:
        store.put(session, [models.Site(id="s", name="S", managed_by=models.ManagedBy.APP)], NOW)
        assert frozenset({("site", "s")}) == snapshot.read(session, seal).app


def test_the_tag_is_the_installations_own(opened: tuple[Engine, Seal]) -> None:
    """Four octets, the same at each reading, so in all workers and after a restart."""
    database, seal = opened
    with reading(database) as one, reading(database) as other:
        tags = {snapshot.read(session, seal).proxy_tag for session in (one, other)}
    assert [4] == [len(tag) for tag in tags]


def test_a_network_travels_to_a_worker(tmp_path: Path) -> None:
    """Pickled and read again it is the same, secrets included."""
    network = sample(tmp_path)
    assert network == pickle.loads(pickle.dumps(network))


def test_workers_stay_light() -> None:
    """Importing what a worker needs brings neither SQLAlchemy nor pydantic nor structlog."""
    program = "import sys, proxeny.snapshot; print(sorted({'sqlalchemy', 'pydantic', 'structlog', 'click'} & set(sys.modules)))"
    assert "[]\n" == subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_the_road_finds_what_was_declared(tmp_path: Path) -> None:
    """Clients by address, homes by name, realms by rule, places by BSSID."""
    found = road(sample(tmp_path))
    client = found.clients.find("192.0.2.77")
    assert client is not None
    assert ("library-wlc", "central-library", b"tag.", 7) == (client.name, client.site, found.proxy_tag, found.version)
    assert (1812, 1813, 20.0) == (
        found.homes["uni-a-2"].port,
        found.homes["uni-a-2"].acct_port,
        found.homes["uni-a-2"].timing.request_timeout,
    )
    parsed = nai.parse(b"bob@UNI-A.example")
    assert isinstance(parsed, nai.Nai)
    route = found.route(parsed, client)
    assert ("uni-a.example", tables.Action.PROXY, ("uni-a-1", "uni-a-2")) == (route.rule, route.action, route.homes)
    assert "lib-1" == found.place(b"02-00-5E-00-01-03:eduroam", None, client).access_point


def changed(network: Network, section: str, name: str, **values: object) -> Network:
    row = replace(network.rows[section][name], **values)  # type: ignore[arg-type]
    return replace(network, rows={**network.rows, section: {**network.rows[section], name: row}})


def test_a_previous_secret_ends_with_its_time(tmp_path: Path) -> None:
    """While a rotation overlaps both are taken; afterwards the old one is left out, and we know when that is."""
    network = changed(sample(tmp_path), "client", "library-wlc", previous_secret=SECRET, previous_until=NOW)
    before, after = NOW - timedelta(seconds=1), NOW
    assert [SECRET, None] == [road(network, now).clients.named("library-wlc").previous_secret for now in (before, after)]  # type: ignore[union-attr]
    assert [NOW, None] == [snapshot.expires(network, now) for now in (before, after)]


def test_a_disabled_home_is_on_no_route(tmp_path: Path) -> None:
    """Its realms go to the others; a realm with none left is rejected with the reason."""
    network = changed(sample(tmp_path), "home", "uni-a-2", enabled=False)
    parsed = nai.Nai(b"bob", "uni-a.example")
    assert ("uni-a-1",) == snapshot.realms(network).route(parsed).homes
    assert {"uni-a-1"} == set(road(network).homes)
    dark = snapshot.realms(changed(network, "home", "uni-a-1", enabled=False)).route(parsed)
    assert (tables.Action.REJECT, "Every home of the realm is disabled") == (dark.action, dark.reason)


def test_settings_reach_the_road(installed: Installation, tmp_path: Path) -> None:
    """Defaults of [radius] and [limits] are every home's and every worker's, but for what an entry says itself."""
    installed.settings.write_text('[radius]\nrequest_timeout = 9\nsource = "127.0.0.1"\n[limits]\nattributes = 50\n')
    found = road(snapshot.with_settings(sample(tmp_path), load(installed.settings, {})))
    assert [9, 20] == [found.homes[name].timing.request_timeout for name in ("uni-a-1", "uni-a-2")]
    assert ("127.0.0.1", 50) == (found.homes["uni-a-1"].source, found.limits.attributes)


def test_a_big_network_is_built_whole() -> None:
    """Ten thousand clients and two thousand realms become tables; each is found."""
    network = Network()
    network.rows["home"]["h"] = Home("h", "192.0.2.1", secret=SECRET)
    for number in range(10_000):
        network.rows["client"][f"c{number}"] = Client(f"c{number}", (f"10.{number >> 8}.{number & 255}.0/24",), SECRET)
    for number in range(2_000):
        network.rows["realm"][f"r{number}.example"] = Realm(f"r{number}.example", homes=("h",))
    found = road(network)
    assert (10_000, "c258", "r1999.example") == (
        len(found.clients),
        found.clients.find("10.1.2.9").name,  # type: ignore[union-attr]
        found.route(nai.Nai(b"", "r1999.example"), found.clients.named("c1")).rule,  # type: ignore[arg-type]
    )


def test_what_guests_need_reaches_the_road(tmp_path: Path, installed: Installation) -> None:
    """Plans, the device key, the gateway of each client; who sends no RADIUS is in no table; visits have a key where there is a portal."""
    network = replace(sample(tmp_path), device_key=b"d" * 32, visit_key=b"v" * 32)
    network.rows["plan"]["visitor"] = Plan("visitor", session=7_200)
    network.rows["client"]["box"] = Client("box", nas="opennds", radius=False, fas_key=SECRET)
    assert b"" == road(network).visit_key
    installed.settings.write_text('[guest]\nurl = "https://wifi.city.example"\n')
    found = road(snapshot.with_settings(network, load(installed.settings, {})))
    assert (7_200, b"d" * 32, None) == (found.plans["visitor"].session, found.device_key, found.clients.named("box"))
    client = found.clients.named("library-wlc")
    assert client is not None
    assert client.gateway is not None
    assert ("https://wifi.city.example", "generic") == (client.gateway.portal, client.gateway.family)
    assert b"v" * 32 == found.visit_key


def test_the_keys_of_guests_stay(opened: tuple[Engine, Seal]) -> None:
    """Devices and visits have keys of their own, 32 octets, the same at each reading."""
    database, seal = opened
    with reading(database) as one, reading(database) as other:
        first, second = (snapshot.read(session, seal) for session in (one, other))
    assert (first.device_key, first.visit_key) == (second.device_key, second.visit_key)
    assert {32} == {len(first.device_key), len(first.visit_key)}
    assert first.device_key != first.visit_key


def test_a_client_gets_its_key_once(opened: tuple[Engine, Seal]) -> None:
    """A client without key is given one, which stays when the file is applied again and goes where the file says so."""
    database, seal = opened
    declared = [Client("box", nas="opennds", radius=False), Client("other", nas="opennds", radius=False)]

    def applied(*clients: Client) -> dict[str, str]:
        with transaction(database) as session:
            stored = snapshot.read(session, seal)
            network = Network()
            network.rows["client"] |= {client.name: client for client in clients}
            declare.write(session, seal, stored, merged(stored, network, prune=True))
            return {name: row.key for name, row in snapshot.read(session, seal).rows["client"].items()}  # type: ignore[union-attr]

    keys = applied(*declared)
    assert [16, 16] == [len(key) for key in keys.values()]
    assert keys == applied(*declared)
    box, other = keys.values()
    assert {"box": other, "other": box} == applied(replace(declared[0], key=other), replace(declared[1], key=box))
    assert {"new": other} == applied(Client("new", nas="opennds", radius=False, key=other))
