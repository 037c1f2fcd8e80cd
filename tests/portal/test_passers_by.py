"""proxeny.simulated.passers_by: other people's phones, at the guests' own pages."""

from __future__ import annotations

import io
import random
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from proxeny.simulated.gateway import Setting
from proxeny.simulated.passers_by import visit
from radius.secret import Secret
from tests.portal.shops import opened, written
from tests.portal.world import COOVA_KEY, UAM, URL, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.request import Request


ENTRANCE = f"{URL}/in/coova/{COOVA_KEY}"
HERE = Setting("library-coova", "10.1.0.1", 3990, "02-00-5E-77-00-01", "City Wi-Fi", "", Secret(b"x" * 16), UAM.octets.decode(), ENTRANCE)


def browser(city: World) -> Callable[..., Any]:
    """A browser without a network: its requests go straight to the pages."""
    client = city.app.test_client()

    def browse(request: Request, timeout: float) -> Any:
        where = urlsplit(request.full_url)
        headers = dict(request.header_items())
        answer = client.get(f"{where.path}?{where.query}", base_url=URL, headers=headers, follow_redirects=True)
        assert 200 == answer.status_code
        return closing(io.BytesIO(answer.get_data()))

    return browse


def test_they_are_counted_as_anybody_is(city: World) -> None:
    """Each phone sees the advert once, as its gateway's signed words say; whoever follows it has clicked once."""
    opened(city)
    browse, chance = browser(city), random.Random(7)
    clicked = sum(visit(HERE, "02-00-5E-77-00-01", chance, browse) for _ in range(40))
    counted = written(city)
    assert (40, clicked, True) == (sum(row[2] for row in counted), sum(row[3] for row in counted), 0 < clicked < 20)
    assert {"en", "fr"} == {row[1] for row in counted}


def test_where_nothing_is_shown_nobody_clicks(city: World) -> None:
    """A page without an advert is looked at, and left."""
    assert [False] * 10 == [visit(HERE, "02-00-5E-77-00-01", random.Random(each), browser(city)) for each in range(10)]
