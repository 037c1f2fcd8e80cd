"""What the API says when it does not do something: RFC 9457, one kind for each thing that a program can act on.

Every kind has a place on the documentation page, which is its `type`. Never a fault's own words, and never what was sent.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Response, current_app, g
from werkzeug.exceptions import HTTPException

from portal.admin.desk import desk
from portal.misfortunes import known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.admin.desk import Wrong

MEDIA: Final = "application/problem+json"
DOCS: Final = "/api/v1/docs"


class Kind(Enum):
    """One kind: its name, its status, its title, and what to do about it."""

    BAD_REQUEST = "bad-request", 400, "The request cannot be read", "Mend it: the detail says what is wrong with it."
    NO_TOKEN = "no-token", 401, "A token is needed", "Send the header Authorization: Bearer pxy_…"
    DEAD_TOKEN = (
        "dead-token",
        401,
        "No token that works",
        "It was mistyped, has ended, was taken back, or whoever made it may not work here any more. Make another one under API.",
    )
    SCOPE = "scope", 403, "The token may not do that", "Make a token with the scope that `scope` names."
    NETWORK = "network", 403, "The token may not be used from there", "It names the networks that it works from; this address is in none."
    NOT_FOUND = "not-found", 404, "There is no such thing", "Look at the address, or list what there is."
    METHOD = "method", 405, "Not with this method", "The header Allow names those that there are."
    CONFLICT = "conflict", 409, "Somebody was faster", "Read it again, and do it again if it is still wanted."
    NOT_NOW = "not-now", 409, "It cannot be done as things stand", "The detail says why, and `reason` says it to a program."
    DECLARED = "declared", 409, "The network file declares that", "Change it there, or say take_over=true to keep it here from now on."
    UNDER_WAY = "under-way", 409, "A request with this key is under way", "Wait for its answer. If that is lost, look whether it was done."
    CHANGED = "changed", 412, "It is not what you read", "Read it again; If-Match takes the ETag of what you saw."
    TOO_LARGE = "too-large", 413, "The body is too large", "Send less at once."
    TOO_LONG = "too-long", 414, "The address is too long", "Send less in it."
    MEDIA = "media", 415, "Only JSON is read here", "Send Content-Type: application/json."
    ELSEWHERE = "elsewhere", 421, "This host is not ours", "Use the address of [staff] url."
    INVALID = "invalid", 422, "It cannot stand as it is", "`errors` says where, why, and what to do."
    KEY_REUSED = "key-reused", 422, "This key was another request's", "Take a fresh Idempotency-Key for each thing to be done."
    UNCONDITIONAL = "unconditional", 428, "Say which version you change", "Send If-Match with the ETag of what you read."
    TOO_MANY = "too-many", 429, "Too many requests", "Wait as long as Retry-After says."
    OURS = "ours", 500, "That is a fault of ours", "Tell whoever runs this controller the number in `instance`."
    AWAY = "away", 503, "Something that is needed does not answer", "Try again after Retry-After seconds."
    SLOW = "slow", 504, "That takes too long", "Ask for less: a filter, or a smaller limit."

    @property
    def slug(self) -> str:
        return self.value[0]

    @property
    def status(self) -> int:
        return self.value[1]

    @property
    def title(self) -> str:
        return self.value[2]

    @property
    def remedy(self) -> str:
        return self.value[3]


_BY_STATUS: Final = {
    kind.status: kind for kind in reversed(Kind) if kind not in (Kind.KEY_REUSED, Kind.UNDER_WAY, Kind.NOT_NOW, Kind.DECLARED)
} | {401: Kind.NO_TOKEN}


class Fault(NamedTuple):
    """One thing that is wrong with what was sent: where (a JSON pointer, or the name of a parameter), why, and what to do."""

    what: str
    pointer: str = ""
    parameter: str = ""
    remedy: str = ""

    def said(self) -> dict[str, str]:
        """As a member of `errors`."""
        where = {"parameter": self.parameter} if self.parameter else {"pointer": self.pointer or "#"}
        return {**where, "detail": self.what, **({"remedy": self.remedy} if self.remedy else {})}


class RefusedError(Exception):
    """Why a request is not carried out."""

    def __init__(
        self, kind: Kind, detail: str = "", faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(kind.slug)
        self.kind, self.detail, self.headers, self.more = kind, detail, dict(headers or {}), more
        self.faults: Sequence[Fault] = faults


def wrong(wrongs: Sequence[Wrong], where: str = "") -> RefusedError:
    """Of what `Desk.change` says; `where`: the pointer of the list that the edits are in, "" for one edit alone."""
    if all(each.what == "Declared in the network file" for each in wrongs):
        return RefusedError(Kind.DECLARED)
    return RefusedError(Kind.INVALID, faults=[Fault(each.what, _pointer(each, where), remedy=each.remedy) for each in wrongs])


def _pointer(each: Wrong, where: str) -> str:
    steps = [where, str(each.at), "fields"] if where and each.at >= 0 else []
    steps += each.key.split(".") if each.key and each.at >= 0 else []
    return "#" + "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)


def problem(
    kind: Kind,
    detail: str = "",
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """The answer that says so."""
    content = {
        "type": f"{desk().office.url}{DOCS}#problem-{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.remedy,
        "instance": g.number,
        **({"errors": [each.said() for each in faults]} if faults else {}),
        **(more or {}),
    }
    answer = Response(json.dumps(content, ensure_ascii=False), kind.status, content_type=MEDIA)
    answer.headers.update(headers or {})
    if kind.status == 503:
        answer.headers.setdefault("Retry-After", "5")
    return answer


def failed(fault: Exception) -> Any:
    """The answer to whatever went wrong."""
    if isinstance(fault, RefusedError):
        g.why = g.why or fault.kind.slug
        return problem(fault.kind, fault.detail, fault.faults, fault.headers, fault.more)
    if isinstance(fault, HTTPException):
        return _of_http(fault)
    if (misfortune := known(fault)) is not None:
        code, g.why = misfortune
        return problem(_BY_STATUS[code])
    g.why = type(fault).__name__
    current_app.logger.error("an answer of the API failed", exc_info=fault)
    return problem(Kind.OURS)


def _of_http(fault: HTTPException) -> Any:
    if fault.code is None or fault.code < 400:
        return fault
    kind = _BY_STATUS.get(fault.code, Kind.BAD_REQUEST)
    headers = {"Allow": fault.get_response().headers.get("Allow", "GET")} if fault.code == 405 else {}
    return problem(kind, headers=headers)
