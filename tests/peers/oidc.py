"""A provider of OpenID Connect over HTTP on this machine, of Authlib's server: its own sign-in form, keys, codes that work once.

A test may make it lie: what it says of itself, what stands in its tokens, by whom they are signed, how slowly it answers.
Never listens beyond this machine and the test's own namespaces.
"""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, request
from joserfc import jwk, jwt
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENT, SECRET = "city-wifi", "a secret: of + signs & more"
LOGIN = """<!doctype html><html lang="en"><title>Sign in to the City</title><h1>Sign in to the City</h1>
<form method="post"><label>Name <input name="name" autocomplete="username"></label>
<button name="answer" value="yes">Sign in</button> <button name="answer" value="no">Cancel</button></form>"""


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Nothing."""


class Client(ClientMixin):
    """Us, as we are registered there."""

    client_id = CLIENT

    def __init__(self, back: list[str]) -> None:
        self.back = back

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self.back[0]

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(each for each in scope.split() if each in {"openid", "email", "profile"})

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.back

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    """One that was given out."""

    code: str
    redirect_uri: str
    scope: str
    user: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> None:
        return None


@dataclass
class Provider:
    """A running one."""

    issuer: str = ""
    elsewhere: str = ""
    back: list[str] = field(default_factory=list)  # the addresses to which it may send a browser back
    key: Any = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    now: Callable[[], float] = time.time
    says_issuer: bool = False  # RFC 9207
    asked: Counter[str] = field(default_factory=Counter)  # how often each of its addresses was
    codes: dict[str, Code] = field(default_factory=dict)
    # How it lies
    documented: dict[str, Any] = field(default_factory=dict)  # over its discovery document
    claims: dict[str, Any] = field(default_factory=dict)  # over those of an ID token; None takes one away
    signed: Callable[[dict[str, Any], dict[str, Any]], str] | None = None  # of header and claims
    answers: dict[str, Callable[[], Response]] = field(default_factory=dict)  # in the place of an address's own

    def rotate(self, kid: str) -> None:
        """Another key from now on."""
        self.key = jwk.RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})

    def document(self) -> dict[str, Any]:
        made = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": self.says_issuer,
        }
        return made | self.documented

    def token(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        whole = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return self.signed(header, whole) if self.signed else jwt.encode(header, whole, self.key, [header["alg"]])


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token of nobody's (RFC 7519, 6)."""
    parts = (base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in (header | {"alg": "none"}, claims))
    return ".".join((*parts, ""))


def application(provider: Provider) -> Flask:  # noqa: C901  a small server, whole
    """Its pages."""
    app = Flask(__name__)
    client = Client(provider.back)

    class Codes(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code: str, asked: Any) -> None:
            said = asked.payload.data
            provider.codes[code] = Code(
                code, asked.payload.redirect_uri, asked.payload.scope, asked.user, said.get("nonce"), said.get("code_challenge"), "S256"
            )

        def query_authorization_code(self, code: str, _client: Any) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, found: Code) -> None:
            del provider.codes[found.code]

        def authenticate_user(self, found: Code) -> str:
            return found.user

    class Tokens(OpenIDCode):
        def exists_nonce(self, _nonce: str, _request: Any) -> bool:
            return False

        def get_client_algorithm(self, _client: Any) -> str:
            return "RS256"

        def generate_user_info(self, user: str, _scope: str) -> UserInfo:
            return UserInfo(sub=f"subject of {user}", email=f"{user}@example.org", email_verified=True)

        def encode_id_token(self, _token: Any, asked: Any) -> str:
            now = int(provider.now())
            claims = {"iss": provider.issuer, "aud": CLIENT, "iat": now, "exp": now + 300}
            claims |= {"nonce": asked.authorization_code.get_nonce()} | self.generate_user_info(asked.user, "")
            return provider.token({"alg": "RS256", "kid": provider.key.kid}, claims)

    server = AuthorizationServer(app, lambda name: client if name == CLIENT else None, lambda *_: None)
    server.register_grant(Codes, [CodeChallenge(required=True), Tokens(require_nonce=True)])

    @app.before_request
    def _asked() -> Response | None:
        provider.asked[request.path] += 1
        return provider.answers[request.path]() if request.path in provider.answers else None

    @app.get("/.well-known/openid-configuration")
    def _document() -> dict[str, Any]:
        return provider.document()

    @app.get("/keys")
    def _keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.post("/token")
    def _token() -> Any:
        return server.create_token_response()

    @app.route("/authorize", methods=["GET", "POST"])
    def _authorize() -> Any:
        if request.method == "GET":
            return LOGIN
        user = request.form.get("name") if request.form.get("answer") != "no" else None
        answer = server.create_authorization_response(grant=server.get_consent_grant(end_user=user), grant_user=user)
        if provider.says_issuer:
            answer.headers["Location"] += f"&iss={provider.issuer}"
        return answer

    return app


@contextmanager
def running(page_at: str = "", **settings: Any) -> Iterator[Provider]:
    """A provider for the time of a `with`; at `page_at` too, from where tests/peers/forward.py brings it into a namespace."""
    provider = Provider(**settings)
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # http, on this machine
    app = application(provider)
    with ExitStack() as undo:
        undo.callback(os.environ.pop, "AUTHLIB_INSECURE_TRANSPORT", None)
        provider.issuer = undo.enter_context(_served(app, "127.0.0.1"))
        if page_at:
            provider.elsewhere = undo.enter_context(_served(app, page_at))
        yield provider


@contextmanager
def _served(app: Flask, address: str) -> Iterator[str]:
    """The origin at which it answers."""
    server = make_server(address, 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://{address}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
