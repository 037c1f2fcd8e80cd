"""A request that is sent again: whoever did not hear the answer repeats it under the same Idempotency-Key, and it is done once.

Theory of operation. A POST with a key leaves a row before it is carried out, with a keyed digest of what it says. Done, the row
gets the answer, sealed, for a day. The same request again gets that answer, marked; another request under the same key is
refused; one that comes while the first is under way is told so. What was refused leaves nothing: nothing was done. Where the
process dies in between, the row stays under way, for nobody knows whether it was done: the program has to look.

Never another token's answer, and never a thing done twice.
"""

from __future__ import annotations

import contextlib
import hmac
from typing import Any, Final

from flask import Response, current_app, g, request
from marshmallow.fields import Boolean
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from portal.admin.desk import desk
from portal.api.problems import Kind, RefusedError
from portal.writing import GONE
from store.models import IdempotencyKey
from store.sealed import Where

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 255  # characters of a key
_KEPT: Final = ("Content-Type", "Location", "ETag")


def seen() -> Any:
    """The answer of the same request, if it was carried out before; None, and it is under way, where it was not."""
    key = request.headers.get(HEADER, "")
    if request.method != "POST" or not key or request.endpoint is None:
        return None
    if getattr(current_app.view_functions[request.endpoint], "fleeting", False):
        return None  # it changes nothing, and its answer is not to be kept
    if request.args.get("dry_run", "") in Boolean.truthy:
        return None  # nothing is done: its answer, which may be long, is made anew
    if len(key) > LONGEST or not key.isascii() or not key.isprintable():
        raise RefusedError(Kind.BAD_REQUEST, f"{HEADER} has at most {LONGEST} printable ASCII characters")
    asked = b"\0".join((request.method.encode(), request.full_path.encode(), request.get_data(cache=True)))
    said = hmac.digest(desk().privacy.account_key, asked, "sha256")  # keyed: a body may hold a password, or an address, that can be guessed
    row = IdempotencyKey(token_id=g.session.id, key=key, request=said, at=g.now)
    try:
        with desk().writing() as session:
            session.add(row)
            session.flush()
            g.again = row.id
    except IntegrityError:
        return _answered(key, said)
    return None


def _answered(key: str, said: bytes) -> Response:
    mine = select(IdempotencyKey).where(IdempotencyKey.token_id == g.session.id, IdempotencyKey.key == key)
    with desk().reading() as session:
        row = session.scalar(mine)
    if row is not None and row.request != said:
        raise RefusedError(Kind.KEY_REUSED)
    if row is None or not row.status:
        raise RefusedError(Kind.UNDER_WAY, headers={"Retry-After": "1"})
    body = desk().privacy.seal.open(row.body, _where(row.id)) if row.body is not None else b""
    answer = Response(body, row.status, headers=row.headers)
    answer.headers["Idempotent-Replayed"] = "true"
    return answer


def keep(response: Response) -> Response:
    """Remember what was done; forget the key of what was not, so that it may be tried again."""
    if (name := getattr(g, "again", None)) is None:
        return response
    g.again = None
    if response.status_code == 500:
        return response  # who knows what was done
    with contextlib.suppress(*GONE), desk().writing() as session:  # what was done is said all the same
        if response.status_code >= 300:
            session.execute(delete(IdempotencyKey).where(IdempotencyKey.id == name))
            return response
        headers = {each: response.headers[each] for each in _KEPT if each in response.headers}
        body = desk().privacy.seal.close(response.get_data(), _where(name))
        kept = update(IdempotencyKey).where(IdempotencyKey.id == name)
        session.execute(kept.values(status=response.status_code, headers=headers, body=body))
    return response


def _where(name: str) -> Where:
    return Where("idempotency_key", name, "body")
