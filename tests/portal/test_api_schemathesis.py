"""The whole OpenAPI document, tried by schemathesis against the app in this process, with programs of every role.

Requests are made that fit the document and that break it; half of them name things that are there, so that they get as far as the
work itself. Whatever the document says of an answer has to be so: status, media type, schema, headers; and nothing is a fault of
ours. Each request is sent by a program that may do everything, and by one of those that may do less. Who gets what, and
methods that a path has not, are tests/portal/test_api_matrix.py's: there they are tried whole, without chance.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.api.app import RESOURCES, api_app
from portal.permissions import grantable
from store.models import Role
from tests.portal.api_room import Programs
from tests.portal.api_samples import there
from tests.portal.staffroom import URL, Room, room
from tests.screens.desks import furnish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemathesis import BaseSchema

SEED = 20_260_308
EXAMPLES = 15  # of each operation
ALIKE = dict.fromkeys(
    ("access-points", "homes", "policies", "districts", "ssids", "plans", "portals"), 4
)  # one code with sites, gateways, realms
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]
MODES = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE


class Tried:
    """The document, a city, and the programs that ask: the first may do everything."""

    def __init__(self, made: Room) -> None:
        made.office = replace(made.office, api_rate=1_000_000)
        programs = Programs(made)
        self.headers = {"everything": _bearer(programs.token())}
        self.headers |= {role.value: _bearer(programs.token(*grantable(role), role=role)) for role in Role if grantable(role)}
        self.headers["one scope"] = _bearer(programs.token("OVERVIEW", role=Role.AUDITOR))
        self.others = cycle([name for name in self.headers if name != "everything"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.schema: BaseSchema = schemathesis.openapi.from_dict(programs.ask("GET", "/openapi.json", token="").get_json())
            self.schema.app = api_app(made.desk)
        self.there = there(made)

    def faults(self, operation: Any, examples: int) -> list[str]:
        """What it does that the document does not say. Nothing is tried twice: what is there has changed meanwhile."""
        found: list[str] = []

        @seed(SEED)
        @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=st.one_of(*(operation.as_strategy(mode) for mode in MODES)), named=st.booleans())
        def each(case: Any, named: bool) -> None:
            if named:
                case.path_parameters = {**(case.path_parameters or {}), **self.there(operation.path)}
                if "If-Match" in (case.headers or {}):
                    case.headers = {**case.headers, "If-Match": "*"}
            for who in ("everything", next(self.others)):
                try:
                    case.validate_response(case.call(base_url=URL, headers=self.headers[who]), checks=CHECKS)
                except FailureGroup as group:
                    found.extend(f"{operation.label} as {who}: {fault}" for fault in group.exceptions)

        each()
        return found


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[Tried]:
    made = room(tmp_path_factory.mktemp("tried"), shaped)
    furnish(made)
    yield Tried(made)
    made.close()


@pytest.mark.parametrize("resource", [each.blueprint.name for each in RESOURCES])
def test_what_the_document_says_is_so(tried: Tried, resource: str) -> None:
    """Every operation of the resource, as every program."""
    operations = [found.ok() for found in tried.schema.get_all_operations()]
    mine = [each for each in operations if resource in each.tags]
    assert mine
    assert [] == [fault for each in mine for fault in tried.faults(each, ALIKE.get(resource, EXAMPLES))]
