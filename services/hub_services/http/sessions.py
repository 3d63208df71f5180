"""`POST /v1/sessions`: signing in. It writes nothing, so it carries no Idempotency-Key and no purpose."""

from __future__ import annotations

import json

from flask import Flask, Response, request
from marshmallow import Schema, fields, validate
from werkzeug.exceptions import UnsupportedMediaType

from hub_services.http.body import load, parse
from hub_services.http.operation import Services


class SignIn(Schema):
    """Login, password, and the role to act in when the account has several."""

    login = fields.String(required=True, validate=validate.Length(min=1, max=100))
    password = fields.String(required=True, validate=validate.Length(min=1, max=200))
    role = fields.String(load_default="", validate=validate.Length(max=60))


class Session(Schema):
    """A token and when it ends."""

    token = fields.String(required=True)
    token_type = fields.String(required=True)
    expires_at = fields.DateTime(required=True)


def register(app: Flask, services: Services) -> None:
    """Give the app its sign-in."""

    @app.post("/v1/sessions")
    def _sign_in() -> Response:
        if request.mimetype != "application/json":
            raise UnsupportedMediaType("Send the body as application/json.")
        said = load(SignIn, parse(request.get_data(cache=False)))
        token, ends = services.authentication.sign_in(said["login"], said["password"], said["role"])
        body = Session().dump({"token": token, "token_type": "Bearer", "expires_at": ends})
        return Response(json.dumps(body), 201, mimetype="application/json")
