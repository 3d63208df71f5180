"""`/health` and `/ready`: whether the hub does its work, without a word about what it holds."""

from __future__ import annotations

from threading import Event
from typing import Any, Final

from flask import Flask, Response, json, request

from hub_projections.views.reports import unroutable
from hub_services.following import REACTIONS, Following
from hub_services.http.problem import problem
from hub_services.hub import Hub

ALWAYS: Final = frozenset({"/health", "/ready", "/v1/openapi.json"})
"""What answers although the views are not built yet."""


def state(hub: Hub, following: Following) -> dict[str, Any]:
    """Return how the hub is: red when an event could not be followed or a follower does not run."""
    with hub.views.reading() as reader:
        behind = hub.log.head() - reader.position
        waiting = unroutable(reader)
    reacted = hub.log.head() - hub.views.bookmark(REACTIONS)
    quarantined = len(hub.views.quarantine())
    red = bool(quarantined or following.failures)
    return {
        "status": "red" if red else "green",
        "behind": behind > 0,
        "reactions_behind": reacted > 0,
        "quarantined_streams": quarantined,
        "unroutable_reports": waiting,
        "failing": sorted(following.failures),
    }


def register(app: Flask, hub: Hub, following: Following) -> None:
    """Give the app its two routes for those who watch over it; until every view is built nothing else answers."""
    built = Event()

    def ready() -> bool:
        if not built.is_set():
            with hub.views.engine.connect() as connection:
                live = {each.view for each in hub.views.live(connection)}
            if live == {view.name for view in hub.views.views}:
                built.set()
        return built.is_set()

    @app.before_request
    def _wait() -> Response | None:
        if request.path in ALWAYS or ready():
            return None
        return problem(503, "not-ready", "The hub is still building what it shows; please ask again.")

    @app.get("/health")
    def _health() -> Response:
        found = state(hub, following) if ready() else {"status": "red", "failing": ["not-ready"]}
        return Response(json.dumps(found), 503 if found["status"] == "red" else 200, mimetype="application/json")

    @app.get("/ready")
    def _ready() -> Response:
        found = ready()
        return Response(json.dumps({"ready": found}), 200 if found else 503, mimetype="application/json")
