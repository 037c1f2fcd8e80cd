"""The documentation page's chapters, out of the OpenAPI document: what each operation reads and answers, and how to ask for it.

Never anything that the document does not say: what programs are told and what people read is one thing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

METHODS: Final = ("get", "post", "patch", "put", "delete")
_DEEPEST: Final = 4  # tables within tables
_VARIABLE: Final = re.compile(r"\{(\w+)\}")


class Key(NamedTuple):
    """One key of a body, or one parameter."""

    name: str
    kind: str
    needed: bool
    about: str
    choices: tuple[str, ...] = ()
    way: str = ""  # "in": only written; "out": only read


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    scope: str
    also: tuple[tuple[str, str], ...]  # for what, which scope
    parameters: Sequence[Key]
    body: Sequence[Key]
    answers: Sequence[tuple[str, str, Sequence[Key]]]  # status, what it means, the keys
    curl: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """Operations that belong together."""

    name: str
    title: str
    about: str
    operations: Sequence[Operation]


def chapters(document: Mapping[str, Any]) -> dict[str, Chapter]:
    """Every chapter by its name, in the document's order."""
    found: dict[str, list[Operation]] = {each["name"]: [] for each in document.get("tags", ())}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                said = operations[method]
                known = [*operations.get("parameters", ()), *said.get("parameters", ())]
                found[said["tags"][0]].append(_operation(document, method, path, {**said, "parameters": known}))
    return {
        each["name"]: Chapter(each["name"], each["x-title"], each.get("description", ""), found[each["name"]]) for each in document["tags"]
    }


def _operation(document: Mapping[str, Any], method: str, path: str, said: Mapping[str, Any]) -> Operation:
    content = said.get("requestBody", {}).get("content", {}).get("application/json")
    return Operation(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said.get("summary", ""),
        about=said.get("description", ""),
        scope=said.get("x-scope", ""),
        also=tuple((each["for"], each["scope"]) for each in said.get("x-also", ())),
        parameters=[_parameter(document, each) for each in said["parameters"]],
        body=list(_keys(document, content["schema"], "in")) if content else (),
        answers=list(_answers(document, said["responses"])),
        curl=_curl(document, method.upper(), path, said, content),
    )


def _parameter(document: Mapping[str, Any], said: Mapping[str, Any]) -> Key:
    said = _whole(document, said)
    schema = _whole(document, said.get("schema", {}))
    where = {"header": "header", "path": "path"}.get(said["in"], "query")
    about = said.get("description", "")
    if "default" in schema:
        about = f"{about}{'; ' if about else ''}`{json.dumps(schema['default'])}` if left out"
    return Key(said["name"], where, bool(said.get("required")), about, tuple(str(each) for each in schema.get("enum", ())))


def _answers(document: Mapping[str, Any], responses: Mapping[str, Any]) -> Iterator[tuple[str, str, Sequence[Key]]]:
    for status, each in sorted(responses.items()):
        whole = _whole(document, each)
        content = whole.get("content", {})
        if status != "default" and "application/problem+json" not in content:
            plain = content.get("application/json") or next(iter(content.values()), None)
            yield status, whole.get("description", ""), list(_keys(document, plain["schema"], "out")) if plain and "schema" in plain else ()


def _keys(document: Mapping[str, Any], schema: Mapping[str, Any], way: str, before: str = "", depth: int = 1) -> Iterator[Key]:
    """Each key, those of a table within as `table.key`, of a list of tables as `list[].key`."""
    schema = _whole(document, schema)
    needed = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        inner = _whole(document, each)
        if inner.get("readOnly" if way == "in" else "writeOnly"):
            continue
        about = each.get("description", inner.get("description", ""))
        choices = tuple(str(choice) for choice in inner.get("enum", ()) if choice is not None)
        yield Key(before + name, _kind(document, inner), name in needed, about, choices)
        items = _whole(document, inner.get("items", {}))
        if depth < _DEEPEST:
            yield from _keys(document, inner, way, f"{before}{name}.", depth + 1)
            yield from _keys(document, items, way, f"{before}{name}[].", depth + 1)


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """In a word or two: "text", "list of numbers"."""
    if "anyOf" in schema:
        return " / ".join(_kind(document, _whole(document, each)) for each in schema["anyOf"])
    said = schema.get("type", "any")
    kinds = [each for each in (said if isinstance(said, list) else [said]) if each != "null"]
    kind = kinds[0] if kinds else "any"
    if kind == "array":
        return f"array of {_kind(document, _whole(document, schema.get('items', {})))}"
    return str(schema.get("format", kind))


def _whole(document: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference refers to; a description beside it stays."""
    if "allOf" in said and len(said["allOf"]) == 1:
        return {**_whole(document, said["allOf"][0]), **{key: value for key, value in said.items() if key != "allOf"}}
    if "anyOf" in said and len(plain := [each for each in said["anyOf"] if each.get("type") != "null"]) == 1:
        return {**_whole(document, plain[0]), **{key: value for key, value in said.items() if key != "anyOf"}}
    if "$ref" not in said:
        return said
    found: Any = document
    for step in said["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return {**found, **{key: value for key, value in said.items() if key != "$ref"}}


def _curl(document: Mapping[str, Any], method: str, path: str, said: Mapping[str, Any], content: Any) -> str:
    """How a person would try it; {url} stands for where the API is."""
    lines = ['curl -H "Authorization: Bearer $TOKEN"']
    names = {_whole(document, each)["name"] for each in said["parameters"]}
    if method != "GET":
        lines[0] = lines[0].replace("curl", f"curl -X {method}" if method != "POST" else "curl", 1)
    if "If-Match" in names:
        lines.append("-H 'If-Match: \"…\"'")
    if "Idempotency-Key" in names:
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if content:
        lines.append("-H 'Content-Type: application/json'")
        body = json.dumps(content.get("example", _sample(document, content["schema"])), ensure_ascii=False)
        lines.append("-d '" + body.replace("'", "'\\''") + "'")
    elif method == "POST":
        lines.append("-d ''")
    lines.append('"{url}' + _VARIABLE.sub(lambda found: f"${found[1].upper()}", path) + '"')
    return " \\\n  ".join(lines)


def _sample(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """What is needed, in its shortest form."""
    whole = _whole(document, schema)
    kinds = {"integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}
    wanted = whole.get("required") or list(whole.get("properties", {}))[:1]
    made = {}
    for name in wanted:
        inner = _whole(document, whole["properties"][name])
        kind = inner.get("type", "string")
        said = kinds.get(kind[0] if isinstance(kind, list) else kind, "…")
        made[name] = inner.get("example", inner["enum"][0] if inner.get("enum") else said)
    return made
