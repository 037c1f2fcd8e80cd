"""The OpenAPI document and the pages that are made of it: open to anyone, whole, and without a script."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from portal.api.manual import chapters
from portal.permissions import PERSONS_ALONE, Permission
from tests.portal.api_room import Programs

if TYPE_CHECKING:
    from tests.portal.staffroom import Room


@pytest.fixture
def programs(staffroom: Room) -> Programs:
    return Programs(staffroom)


def document(programs: Programs) -> Any:
    return programs.get("/openapi.json", "").get_json()


def test_the_document_is_open_and_kept(programs: Programs) -> None:
    """No token, nothing of the city, 304 while it is the same, and another host's name is refused as anywhere."""
    answer = programs.get("/openapi.json", "")
    assert (200, "application/json") == (answer.status_code, answer.mimetype)
    assert "3.1.0" == answer.get_json()["openapi"]
    assert 304 == programs.get("/openapi.json", "", If_None_Match=answer.headers["ETag"]).status_code
    assert 421 == programs.get("/docs", "", Host="evil.example").status_code


def test_every_operation_says_what_it_needs(programs: Programs) -> None:
    """Its scope, a name of its own, a sentence, and what a problem looks like; a change has If-Match, what lists has `after`."""
    said = document(programs)
    names = []
    for path, operations in said["paths"].items():
        for method, each in operations.items():
            if method == "parameters":
                continue
            names.append(each["operationId"])
            assert each["summary"], each["operationId"]
            assert each["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}
            (scopes,) = (need["token"] for need in each["security"])
            assert set(scopes) <= {one.name for one in Permission} - {one.name for one in PERSONS_ALONE}, each["operationId"]
            reads = {one["name"] for one in each.get("parameters", ())}
            assert "If-Match" in reads or method != "patch" or "/webhooks/" in path, path  # whose versions move with each delivery
            assert ("limit" in reads) == ("after" in reads)
    assert len(names) == len(set(names)) > 60


def test_every_chapter_is_a_page(programs: Programs) -> None:
    """Each operation with its path, its scope and a line to try it; nothing that runs, and nothing from anywhere else."""
    for name, chapter in chapters(document(programs)).items():
        answer = programs.get(f"/docs/{name}", "")
        page = answer.get_data(as_text=True)
        assert (200, "text/html") == (answer.status_code, answer.mimetype)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "script" not in answer.headers["Content-Security-Policy"]
        assert not re.search(r"<script|<style|\son\w+=|style=|https?://(?!staff\.city\.example)", page)
        for each in chapter.operations:
            assert f'id="{each.name}"' in page
            assert each.path in page
    assert 404 == programs.get("/docs/nobodys", "").status_code


def test_every_example_can_be_typed(programs: Programs) -> None:
    """A shell takes it apart into headers and a body that is JSON."""
    for chapter in chapters(document(programs)).values():
        for each in chapter.operations:
            words = shlex.split(each.curl.replace("\\\n", ""))
            assert words[0] == "curl"
            assert words[-1].startswith("{url}/api/v1/")
            bodies = [words[at + 1] for at, word in enumerate(words) if word == "-d"]
            for body in bodies:
                assert body == "" or isinstance(json.loads(body), dict), each.name
            assert not each.body or any(bodies), each.name


def test_secrets_are_told_where_they_go_in_and_nowhere_else(programs: Programs) -> None:
    """On the page of gateways: among what is sent, and in no answer."""
    (gateways,) = (each for name, each in chapters(document(programs)).items() if name == "gateways")
    for each in gateways.operations:
        assert ("secret" in {key.name for key in each.body}) == (each.method in ("POST", "PATCH"))
        said = {key.name.rpartition(".")[2] for _, _, keys in each.answers for key in keys}
        assert said.isdisjoint({"secret", "previous_secret", "coa_secret", "uam_secret", "fas_key", "api_secret"})


def test_the_frame_is_in_the_readers_language(programs: Programs) -> None:
    """As the browser asks, or as a link chose; what is said of operations is marked as English."""
    french = programs.get("/docs", "", Accept_Language="fr-CA").get_data(as_text=True)
    assert 'lang="fr-CA"' in french
    assert "Ce qui est dit de chaque opération est en anglais." in french
    chosen = programs.get("/docs/sites?lang=fr", "", Accept_Language="en").get_data(as_text=True)
    assert 'href="/api/v1/docs/homes?lang=fr"' in chosen
    assert 'lang="en"' in chosen
    assert programs.get("/docs?lang=xx%00", "").status_code == 400
