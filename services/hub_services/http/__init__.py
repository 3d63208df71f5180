"""The API over HTTP: parse, ask, answer. One routes file a subject; `operations` is its table of contents."""

from __future__ import annotations

from flask import Flask, Response

from hub_services.authentication import Authentication
from hub_services.following import Following
from hub_services.http import health, openapi, problem, sessions
from hub_services.http.body import register_invalid
from hub_services.http.operation import Services, mount
from hub_services.http.operations import OPERATIONS
from hub_services.hub import Hub
from hub_services.position_tokens import PositionTokens

LARGEST_BODY = 2 * 1024 * 1024


def create_app(hub: Hub, following: Following) -> Flask:
    """Make the WSGI app of an open hub."""
    app = Flask("hub", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.url_map.strict_slashes = False
    services = Services(hub, Authentication(hub), PositionTokens(hub.vault.secret("positions"), hub.world))
    problem.register(app)
    register_invalid(app)
    health.register(app, hub, following)
    sessions.register(app, services)
    openapi.register(app, OPERATIONS)
    for operation in OPERATIONS:
        mount(app, operation, services)

    @app.after_request
    def _closed(answer: Response) -> Response:
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        return answer

    return app
