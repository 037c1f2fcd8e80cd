"""Staff for programs: who works here, as what, and which programs do. Changed by people alone, on the pages.

Never what somebody signs in with, and never a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import g
from marshmallow import Schema, fields

from portal.admin import people
from portal.admin import tokens as token_pages
from portal.admin.desk import desk
from portal.api import listing
from portal.api.answers import answer
from portal.api.problems import Kind, RefusedError
from portal.api.resource import Resource
from portal.api.values import choice, many, moment, text, whole
from portal.cases.tokens import State
from portal.permissions import ALLOWED, OF_STAFF, Permission
from store import staff as store
from store import tokens
from store.models import Role, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response
    from sqlalchemy.orm import Session


class Person(Schema):
    """Somebody who works here, or did."""

    name = text("What they sign in with")
    shown = text()
    role = choice(Role)
    source = choice(Source, "Who vouches for them")
    state = choice(people.STATES)
    second_factors = whole()
    browsers = whole("Where they are signed in")
    created_at = moment()
    seen_at = moment("When they signed in last")
    disabled_at = moment()


class RoleSaid(Schema):
    """What a role may do."""

    role = choice(Role)
    permissions = many(fields.String(), "As tokens name them")


class Roles(Schema):
    """The whole table."""

    items = many(RoleSaid)


class Token(Schema):
    """A program's token, without the token."""

    id = text()
    name = text()
    tail = text("Its last four characters")
    state = choice(State)
    role = choice(Role)
    scopes = many(fields.String())
    networks = many(fields.String(), "It works from these alone; none: from anywhere")
    made_by = text()
    created_at = moment()
    used_at = moment()
    expires_at = moment()
    revoked_at = moment()


class Me(Schema):
    """The token that asks."""

    id = text()
    name = text()
    role = choice(Role)
    scopes = many(fields.String(), "What it may do now: no more than its role and its maker may")
    expires_at = moment()


STAFF: Final = Resource("staff", "Staff and roles", "Who works here, and as what. Changed on the pages alone.")
TOKENS: Final = Resource("tokens", "Tokens", "Which programs use the API. Made and taken back on the pages alone.")


@STAFF.on("GET", "/staff", Permission.STAFF, query=listing.query(people.EVERYONE), answer=listing.page_of(Person))
def every(asked: Mapping[str, Any]) -> Response:
    """Everybody, by name."""
    return listing.listed(people.EVERYONE, asked, _people)


@STAFF.on("GET", "/staff/<name>", Permission.STAFF, answer=Person)
def show(_asked: Mapping[str, Any], name: str) -> Response:
    """Somebody."""
    with desk().reading() as session:
        row = store.named(session, name)
        if row is None or row.role not in OF_STAFF:
            raise RefusedError(Kind.NOT_FOUND)
        return answer(_people(session, people.dressed(session, [row]))[0])


def _people(_session: Session, rows: Sequence[people.Row]) -> list[dict[str, Any]]:
    names = ("name", "shown", "role", "source", "created_at", "seen_at", "disabled_at")
    return [
        {name: getattr(row.staff, name) for name in names} | {"state": row.state, "second_factors": row.factors, "browsers": row.browsers}
        for row in rows
    ]


@STAFF.on("GET", "/roles", Permission.STAFF, answer=Roles)
def roles(_asked: Mapping[str, Any]) -> Response:
    """What each role may do."""
    return answer({"items": [{"role": role, "permissions": sorted(each.name for each in ALLOWED[role])} for role in Role]})


@TOKENS.on("GET", "/me", None, answer=Me)
def me(_asked: Mapping[str, Any]) -> Response:
    """The token that asks, and what it may do: for every token."""
    with desk().reading() as session:
        found = tokens.named(session, g.session.id)
        if found is None:
            raise RefusedError(Kind.NOT_FOUND)
        said = {name: getattr(found.token, name) for name in ("id", "name", "role", "expires_at")}
        return answer(said | {"scopes": sorted(each.name for each in g.staff.may)})


@TOKENS.on("GET", "/tokens", Permission.TOKENS, query=listing.query(token_pages.EVERY), answer=listing.page_of(Token))
def programs(asked: Mapping[str, Any]) -> Response:
    """Every token that is or was."""
    return listing.listed(token_pages.EVERY, asked, lambda _session, rows: [_token(row) for row in rows])


@TOKENS.on("GET", "/tokens/<name>", Permission.TOKENS, answer=Token)
def program(_asked: Mapping[str, Any], name: str) -> Response:
    """One of them."""
    with desk().reading() as session:
        found = tokens.named(session, name)
        if found is None:
            raise RefusedError(Kind.NOT_FOUND)
        return answer(_token(token_pages.dressed(session, [found.token])[0]))


def _token(row: token_pages.Row) -> dict[str, Any]:
    names = ("id", "name", "tail", "role", "scopes", "networks", "created_at", "used_at", "expires_at", "revoked_at")
    return {name: getattr(row.token, name) for name in names} | {"state": row.state, "made_by": row.maker}
