"""What can be tried without changing anything: where an identity goes, what the rules do to a packet, whether a home answers.

The same code as behind the pages. Never a password kept, nor an identity in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, fields, validate

from portal.admin import home_tests, policy_trial
from portal.admin.desk import desk
from portal.api import shapes
from portal.api.answers import answer
from portal.api.entries import named
from portal.api.problems import Fault, Kind, RefusedError
from portal.api.resource import Resource
from portal.api.sections import NAME
from portal.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

_TRIALS: Final = Resource("trials", "Trials", "What can be tried without changing anything.")
RESOURCES: Final = (_TRIALS,)
_SHORT: Final = validate.Length(0, 255)
_IDENTITY: Final = validate.Length(1, 253)


class Login(Schema):
    """An identity, and the gateway that it comes by."""

    identity = fields.String(required=True, validate=_IDENTITY)
    client = fields.String(load_default="", validate=_SHORT)


class Route(Schema):
    """Where it goes."""

    realm = fields.String(required=True)
    rule = fields.String(required=True, metadata={"description": "The realm's entry, or in brackets what else decided"})
    action = fields.String(required=True)
    homes = fields.List(fields.String(), required=True)
    reason = fields.String(required=True)
    strategy = fields.String(required=True)
    institution = fields.String(required=True)
    accounting = fields.String(required=True)
    written = fields.Boolean(required=True, metadata={"description": "The rule is an entry of the network"})
    told = fields.String(required=True, metadata={"description": "The same in words"})


class Attribute(Schema):
    """One of a packet."""

    name = fields.String(required=True, validate=_SHORT)
    value = fields.String(required=True, validate=_SHORT)


class Sample(Schema):
    """A packet, who takes part, and a rule that is not written yet: it stands for the one of its name, or after the others."""

    code = fields.String(load_default=policy_trial.CODES[0], validate=validate.OneOf(policy_trial.CODES))
    attributes = fields.List(fields.Nested(Attribute), load_default=[], validate=validate.Length(0, 64))
    realm = fields.String(load_default="", validate=_SHORT)
    site = fields.String(load_default="", validate=_SHORT)
    client = fields.String(load_default="", validate=_SHORT)
    home = fields.String(load_default="", validate=_SHORT)
    policy = fields.Nested(shapes.Policy)


class Stage(Schema):
    """What one rule did: attributes that went and came, as "Name = value", or why it refused the packet."""

    rule = fields.String(required=True)
    gone = fields.List(fields.String(), required=True)
    come = fields.List(fields.String(), required=True)
    refused = fields.String(required=True)


class Rehearsal(Schema):
    """What the rules did, one after the other."""

    stages = fields.List(fields.Nested(Stage), required=True)
    after = fields.List(fields.String(), required=True, metadata={"description": "The packet's attributes in the end"})
    refused = fields.String(required=True, metadata={"description": "The rule that refused it, if one did"})


class Credentials(Schema):
    """Whom the home should know. Nothing of it is kept."""

    identity = fields.String(required=True, validate=_IDENTITY)
    password = fields.String(required=True, load_only=True, validate=validate.Length(1, 128))
    client = fields.String(load_default="", validate=_SHORT)
    chap = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class Answer(Schema):
    """What the home said."""

    verdict = fields.String(required=True)
    home = fields.String(required=True)
    attempts = fields.List(fields.String(), required=True)
    milliseconds = fields.Float(required=True)
    reason = fields.String(required=True)
    said = fields.String(required=True)
    realm = fields.String(required=True)
    rule = fields.String(required=True)


_WHOM: Final = {"identity": "guest-017@uni-a.example"}


@_TRIALS.on("POST", "/network/route", Permission.NETWORK, body=Login, answer=Route, status=200, example=_WHOM)
def route(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """Where an identity would go, and by which rule; nothing is sent."""
    with desk().reading() as session:
        found: dict[str, Any] = desk().tools["route"](session, said["identity"], said["client"])
    if found.get("error"):
        raise RefusedError(Kind.INVALID, faults=[Fault("There is no gateway of that name", "#/client")])
    return answer({name: found[name] for name in Route().fields})


@_TRIALS.on("POST", "/network/rehearsal", Permission.NETWORK, body=Sample, answer=Rehearsal, status=200)
def rehearse(_asked: Mapping[str, Any], said: Mapping[str, Any]) -> Response:
    """What the rules would do to a packet; nothing is sent, and nothing is written."""
    sample = {**said, "attributes": [(each["name"], each["value"]) for each in said["attributes"]]}
    rule = {key: value for key, value in said.get("policy", {}).items() if key != "position"} or None
    with desk().reading() as session:
        found: dict[str, Any] = desk().tools["rehearse"](session, sample, rule)
    if "faults" in found:
        wrongs = [Fault(words, f"#/policy/{key}" if rule and key in rule else "#/attributes") for key, words in found["faults"]]
        raise RefusedError(Kind.INVALID, faults=wrongs)
    return answer(found)


@_TRIALS.on(
    "POST",
    "/homes/<name>/test",
    Permission.NETWORK_ACT,
    query=NAME,
    body=Credentials,
    answer=Answer,
    status=200,
    example=_WHOM | {"password": "…"},
)
def test(asked: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Response:
    """A real login through the running controller. At most thirty in ten minutes, and two at once for the whole controller."""
    found = home_tests.attempt(named(name, asked), said["identity"], said["password"], said["client"], chap=said["chap"])
    if found.get("error") == "client":
        raise RefusedError(Kind.INVALID, faults=[Fault("There is no gateway of that name", "#/client")])
    if found.get("error"):
        raise RefusedError(Kind.AWAY, str(found["error"]))
    if "verdict" not in found:
        raise RefusedError(
            Kind.INVALID, faults=[Fault("That identity goes to another home", "#/identity", remedy="Ask /network/route where")]
        )
    return answer({name: found[name] for name in Answer().fields})
