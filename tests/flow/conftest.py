"""The sample city of the flows: three home institutions, chains above, one controller. Started once for the whole run.

Never changed by a test: whoever needs another network starts a controller of its own.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from tests.flow.catalogue import OTHER
from tests.flow.city import ABOVE_FREERADIUS, ABOVE_RADSECPROXY, CALLED, PASSWORD, REALMS, SWITCH, City, Road, student
from tests.peers import certificates, controller, twins
from tests.peers.controller import client, home, network, realm
from tests.peers.freeradius import Upstream, freeradius
from tests.peers.radsecproxy import radsecproxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.certificates import Certificates
    from tests.peers.freeradius import FreeRadius


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """One certificate authority for every home."""
    return certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def institutions(tmp_path_factory: pytest.TempPathFactory, authority: Certificates) -> Iterator[dict[str, FreeRadius]]:
    """A FreeRADIUS per realm; the first also knows the students of the far realms."""
    with ExitStack() as running:
        made = {}
        for name in REALMS:
            known = [student(name), *((student(ABOVE_FREERADIUS), student(ABOVE_RADSECPROXY)) if name == REALMS[0] else ())]
            folder = tmp_path_factory.mktemp(name)
            peer = freeradius(
                folder, certificates=authority, users=dict.fromkeys(known, PASSWORD), reply={"Class": f'"{name}"'}, signed=True
            )
            made[name] = running.enter_context(peer)
        yield made


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory, institutions: dict[str, FreeRadius]) -> Iterator[City]:
    """eduroam in small: homes beside us, one that is gone, a FreeRADIUS and a radsecproxy above us, a twin that tells what reached it."""
    folder = tmp_path_factory.mktemp("city")
    first = institutions[REALMS[0]]
    with (
        twins.home() as twin,
        freeradius(folder / "above-fr", upstream=Upstream(first.port)) as above,
        radsecproxy(folder / "above-rsp", Upstream(first.port)) as above_rsp,
        closing(twins.bound()) as silent,
        closing(twins.bound(address=SWITCH)) as orders,
    ):
        homes = [home(name.removesuffix(".example"), peer.port) for name, peer in institutions.items()]
        homes += [home("above-fr", above.port), home("above-rsp", above_rsp.port, status_server=False), home("twin", twin.port)]
        quick = {"resend": [0.4, 0.8], "request_timeout": 1.2, "zombie_probe": 0.2, "dead_probe": 5}
        homes.append(home("gone", silent.getsockname()[1], **quick))
        tables = network(
            clients=[client(), client("switch", f"{SWITCH}/32", coa_port=orders.getsockname()[1])],
            homes=homes,
            realms=[
                *(realm(name, name.removesuffix(".example"), institution=name, country="CA") for name in REALMS),
                realm(ABOVE_FREERADIUS, "above-fr", accounting="forward"),
                realm(ABOVE_RADSECPROXY, "above-rsp", accounting="forward"),
                realm("twin.example", "twin", accounting="forward"),
                realm("gone.example", "gone", institution="University Gone"),
                realm("refused.example", action="reject", reason="Not a member"),
            ],
            site=[{"id": "library", "name": "Library"}],
            access_point=[{"name": "lib-1", "mac": CALLED.partition(":")[0], "site": "library", "client": "nas"}],
        )
        with controller.controller(folder / "controller", tables) as running:
            yield City(running, institutions, twin, orders)
            running.fault_free()


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """One worker; two clients with secrets of their own; a home that accepts everything."""
    with twins.home() as twin:
        tables = network(
            clients=[client("nas", "127.0.0.1/32"), {"name": "other", "address": "127.0.0.2/32", "secret": OTHER}],
            homes=[home("twin", twin.port)],
            realms=[realm("twin.example", "twin"), realm("forwarded.example", "twin", accounting="forward")],
        )
        with controller.controller(tmp_path_factory.mktemp("road"), tables) as running:
            yield Road(running, twin)
            running.fault_free()


@pytest.fixture
def nas() -> Iterator[twins.Nas]:
    with twins.nas() as made:
        yield made
