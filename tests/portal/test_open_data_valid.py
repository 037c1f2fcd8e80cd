"""The files of open data before other people's programs: Frictionless, a reader of GeoJSON, a reader of RDF."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import geojson
import pytest
from frictionless import Package, system
from rdflib import DCAT, DCTERMS, RDF, Graph, URIRef
from rdflib.namespace import FOAF

from portal.cases.disclosure import Line
from portal.cases.open_files import Hotspot, usage_csv
from portal.cases.open_files import geojson as written
from store.models import Dataset
from tests.portal.test_open_data import FIGURES, FILES, LIBRARY, TERMS, publish

if TYPE_CHECKING:
    from pathlib import Path

    from tests.portal.world import World

HOME = "http://wifi.city.example/open-data/"
ODD = Hotspot(
    "=odd", "-1+1", "Quai d’Orléans 3, « porte B »", "", 0.0, 180.0, "A; B", "both", '"24/7"; à l’année', "2026-05-01", "planned", "limited"
)
LINES = [Line("=odd", None), Line("central-library", FIGURES), Line("pool", replace(FIGURES, median=None, share=None))]


@pytest.fixture
def folder(city: World, tmp_path: Path) -> Path:
    """Everything that is published, fetched into one folder as its addresses have it."""
    city.house = replace(city.house, open_data=TERMS)
    publish(city, Dataset.HOTSPOTS, "", written([LIBRARY, Hotspot("pool", "City Pool"), ODD]))
    for month in ("2025-12", "2026-01"):
        publish(city, Dataset.USAGE, month, usage_csv(month, LINES))
    reader, kept = city.client(), tmp_path / "open-data"
    kept.mkdir()
    for name in FILES:
        (kept / name).write_bytes(reader.get(f"/open-data/{name}").data)
    return kept


def faults(folder: Path) -> list[str]:
    """What Frictionless says is wrong: of the descriptor, of lengths and hashes, of every cell by its schema."""
    with system.use_context(trusted=True):
        report = Package(str(folder / "datapackage.json")).validate()
    return [f"{kind} {note}" for kind, note in report.flatten(["type", "note"])]


def test_the_package_is_valid(folder: Path) -> None:
    """The descriptor and every line of every table, lines that are withheld among them."""
    assert [] == faults(folder)
    with system.use_context(trusted=True):
        package = Package(str(folder / "datapackage.json"))
        rows = {resource.name: resource.read_rows() for resource in package.resources if resource.format == "csv"}
    assert {"hotspots-csv": 3, "usage-monthly-csv": 6} == {name: len(some) for name, some in rows.items()}
    assert [None, 430, 430] == [row["unique_accounts_rounded"] for row in rows["usage-monthly-csv"][:3]]


@pytest.mark.parametrize(
    ("file", "old", "new", "kind"),
    [
        ("usage_monthly.csv", b",1250,", b",9,", "constraint-error"),
        ("usage_monthly.csv", b"2026-01", b"January", "type-error"),
        ("usage_monthly.csv", b",0.15", b",1.15", "constraint-error"),
        ("usage_monthly.csv", b"pool,2025-12", b"central-library,2025-12", "primary-key"),
        ("hotspots.csv", b"43.5885", b"143.5885", "constraint-error"),
        ("hotspots.csv", b"active", b"open", "constraint-error"),
        ("hotspots.csv", b"pool,City Pool", b"central-library,City Pool", "unique-error"),
    ],
)
def test_what_the_schemas_forbid_is_found(folder: Path, file: str, old: bytes, new: bytes, kind: str) -> None:
    """The validator does look: a count below ten, no month, no share, a line twice, no place on earth, no such word, a key twice."""
    octets = (folder / file).read_bytes()
    assert old in octets
    changed = octets.replace(old, new, 1)
    (folder / file).write_bytes(changed)
    assert {"byte-count", "hash-count"} & {each.partition(" ")[0] for each in faults(folder)}
    said = json.loads((folder / "datapackage.json").read_text("utf-8"))
    for each in said["resources"]:
        if each["path"] == file:
            each |= {"bytes": len(changed), "hash": f"sha256:{hashlib.sha256(changed).hexdigest()}"}
    (folder / "datapackage.json").write_text(json.dumps(said), "utf-8")
    assert kind in {each.partition(" ")[0] for each in faults(folder)}


def test_the_map_is_valid(folder: Path) -> None:
    """RFC 7946: positions in the order longitude, latitude; a place without one has no geometry."""
    found = geojson.loads((folder / "hotspots.geojson").read_text("utf-8"))
    assert (True, [], 3) == (found.is_valid, found.errors(), len(found.features))
    assert [[-79.6441, 43.5885], None, [180.0, 0.0]] == [each.geometry and each.geometry["coordinates"] for each in found.features]


def test_the_catalogue_is_read_by_those_who_harvest(folder: Path) -> None:
    """DCAT: a catalogue with its datasets, each with what the profiles demand, and addresses that are files of ours."""
    graph = Graph().parse(folder / "catalog.jsonld", format="json-ld")
    (catalogue,) = graph.subjects(RDF.type, DCAT.Catalog)
    assert {URIRef(f"{HOME}#hotspots"), URIRef(f"{HOME}#usage_monthly")} == set(graph.objects(catalogue, DCAT.dataset))
    for subject, needed in {
        catalogue: (DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCTERMS.license, DCTERMS.modified),
        **dict.fromkeys(graph.subjects(RDF.type, DCAT.Dataset), (DCTERMS.title, DCTERMS.description, DCTERMS.license, DCAT.contactPoint)),
        **dict.fromkeys(graph.subjects(RDF.type, DCAT.Distribution), (DCAT.accessURL, DCTERMS.license, DCAT.mediaType)),
        **dict.fromkeys(graph.objects(None, DCTERMS.publisher), (FOAF.name,)),
    }.items():
        assert set(needed) <= set(graph.predicates(subject)), subject
    assert {f"{HOME}{name}" for name in FILES[:3]} == {str(each) for each in graph.objects(None, DCAT.downloadURL)}
    assert {"en", "fr"} == {each.language for each in graph.objects(catalogue, DCTERMS.title)}
    assert ["2025-12-01", "2026-01-31"] == [str(next(graph.objects(None, each))) for each in (DCAT.startDate, DCAT.endDate)]


def test_numbers_of_the_catalogue_are_those_of_the_files(folder: Path) -> None:
    """Lengths and digests, in both descriptions."""
    graph = Graph().parse(folder / "catalog.jsonld", format="json-ld")
    sizes = {str(each).rpartition("/")[2]: int(size) for each, size in graph.subject_objects(DCAT.byteSize)}
    assert {name: (folder / name).stat().st_size for name in FILES[:3]} == sizes
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert sizes == {each["path"]: each["bytes"] for each in package["resources"]}
