"""What tells of open data to programs: a data package (Frictionless, version 1) and a catalogue (DCAT 3, as JSON-LD).

Pure: the terms, the files and the words are arguments. Never names a file that nobody can fetch.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from portal.cases.open_files import Column
    from portal.doors import Terms

LOCALE: Final = {"en": "ENG", "fr": "FRA"}  # of the EU's list of languages, which DCAT's profiles go by
_EU: Final = "http://publications.europa.eu/resource/authority"
_CONTEXT: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


class File(NamedTuple):
    """One file as it is given out."""

    octets: bytes
    kind: str  # its media type
    at: datetime  # when what is in it was published
    digest: str  # SHA-256 in hexadecimal


def file(octets: bytes, kind: str, at: datetime) -> File:
    """With its digest, which is reckoned once: each answer has it as its ETag."""
    return File(octets, kind, at, hashlib.sha256(octets).hexdigest())


class Set(NamedTuple):
    """A dataset: its files (the first of them is its table), its columns, and what it says of itself: language -> text."""

    name: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    columns: Sequence[Column]
    of_columns: Mapping[str, str]  # in the data package's language
    files: Mapping[str, File]
    first: datetime  # when any of it was published first
    frequency: str  # of the EU's list
    span: tuple[str, str] | None = None  # the days that it tells of


def package(sets: Sequence[Set], terms: Terms, words: Mapping[str, str], url: str) -> bytes:
    """datapackage.json; `words`: its title and description."""
    publisher = {"title": terms.publisher, "role": "publisher", **({"email": terms.contact} if terms.contact else {})}
    said = {
        "profile": "data-package",
        "name": "public-wifi",
        **words,
        "homepage": f"{url}/open-data/",
        "created": _moment(max(each.at for every in sets for each in every.files.values())),
        "licenses": [{"name": terms.licence, "path": terms.url, "title": terms.title}],
        "contributors": [publisher],
        "resources": [resource for each in sets for resource in _resources(each)],
    }
    return _json(said)


def _resources(every: Set) -> list[dict[str, Any]]:
    found = []
    for name, file in every.files.items():
        table = file.kind == "text/csv"
        schema = {"fields": [_field(each, every.of_columns) for each in every.columns], "missingValues": [""], "primaryKey": _key(every)}
        found.append(
            {
                "name": name.replace(".", "-").replace("_", "-"),
                "path": name,
                "title": every.title["en"],
                "description": every.text["en"],
                "format": name.rpartition(".")[2],
                "mediatype": file.kind,
                "encoding": "utf-8",
                "bytes": len(file.octets),
                "hash": f"sha256:{file.digest}",
                **({"profile": "tabular-data-resource", "schema": schema} if table else {}),
            }
        )
    return found


def _key(every: Set) -> list[str]:
    return [each.name for each in every.columns if each.name in ("site_id", "month")]


def _field(column: Column, said: Mapping[str, str]) -> dict[str, Any]:
    constraints = {"constraints": dict(column.constraints)} if column.constraints else {}
    return {"name": column.name, "type": column.kind, "description": said[column.name], **constraints}


def catalogue(sets: Sequence[Set], terms: Terms, words: Callable[[str], Mapping[str, str]], url: str) -> bytes:
    """catalog.jsonld; `words`: "title" or "text" -> language -> text."""
    home = f"{url}/open-data/"
    said = {
        "@context": _CONTEXT,
        "@id": f"{home}catalog.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": _spoken(words("title")),
        "dct:description": _spoken(words("text")),
        "dct:publisher": _publisher(terms, home),
        "dct:license": {"@id": terms.url},
        "dct:language": [{"@id": f"{_EU}/language/{LOCALE[language]}"} for language in words("title") if language in LOCALE],
        "dct:issued": _typed(min(each.first for each in sets)),
        "dct:modified": _typed(max(each.at for every in sets for each in every.files.values())),
        "foaf:homepage": {"@id": home},
        "dcat:dataset": [_dataset(each, terms, home) for each in sets],
    }
    return _json(said)


def _dataset(every: Set, terms: Terms, home: str) -> dict[str, Any]:
    contact = {"vcard:hasEmail": {"@id": f"mailto:{terms.contact}"}} if terms.contact else {}
    said = {
        "@id": f"{home}#{every.name}",
        "@type": "dcat:Dataset",
        "dct:identifier": every.name,
        "dct:title": _spoken(every.title),
        "dct:description": _spoken(every.text),
        "dct:publisher": _publisher(terms, home),
        "dct:license": {"@id": terms.url},
        "dcat:contactPoint": {"@type": "vcard:Organization", "vcard:fn": terms.publisher, **contact},
        "dct:issued": _typed(every.first),
        "dct:modified": _typed(max(each.at for each in every.files.values())),
        "dct:accrualPeriodicity": {"@id": f"{_EU}/frequency/{every.frequency}"},
        "dcat:distribution": [_distribution(name, file, terms, home) for name, file in every.files.items()],
    }
    if every.span is not None:
        first, last = ({"@value": day, "@type": "xsd:date"} for day in every.span)
        said["dct:temporal"] = {"@type": "dct:PeriodOfTime", "dcat:startDate": first, "dcat:endDate": last}
    return said


def _distribution(name: str, file: File, terms: Terms, home: str) -> dict[str, Any]:
    return {
        "@id": f"{home}{name}",
        "@type": "dcat:Distribution",
        "dct:title": name,
        "dcat:accessURL": {"@id": home},
        "dcat:downloadURL": {"@id": f"{home}{name}"},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{file.kind}"},
        "dct:license": {"@id": terms.url},
        "dct:modified": _typed(file.at),
        "dcat:byteSize": {"@value": str(len(file.octets)), "@type": "xsd:nonNegativeInteger"},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": file.digest, "@type": "xsd:hexBinary"},
        },
    }


def _publisher(terms: Terms, home: str) -> dict[str, Any]:
    return {"@id": f"{home}#publisher", "@type": "foaf:Agent", "foaf:name": terms.publisher}


def _spoken(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": text, "@language": language} for language, text in texts.items()]


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _typed(at: datetime) -> dict[str, str]:
    return {"@value": _moment(at), "@type": "xsd:dateTime"}


def _json(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"
