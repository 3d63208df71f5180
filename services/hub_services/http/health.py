"""`/health` and `/ready`: whether the hub does its work, without a word about what it holds."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, json

from hub_projections.views.reports import unroutable
from hub_services.following import Following
from hub_services.hub import Hub


def state(hub: Hub, following: Following) -> dict[str, Any]:
    """Return how the hub is: red when an event could not be followed or a follower does not run."""
    with hub.views.reading() as reader:
        behind = hub.log.head() - reader.position
        waiting = unroutable(reader)
    quarantined = len(hub.views.quarantine())
    red = bool(quarantined or following.failures)
    return {
        "status": "red" if red else "green",
        "behind": behind > 0,
        "quarantined_streams": quarantined,
        "unroutable_reports": waiting,
        "failing": sorted(following.failures),
    }


def register(app: Flask, hub: Hub, following: Following) -> None:
    """Give the app its two routes for those who watch over it."""

    @app.get("/health")
    def _health() -> Response:
        found = state(hub, following)
        return Response(json.dumps(found), 503 if found["status"] == "red" else 200, mimetype="application/json")

    @app.get("/ready")
    def _ready() -> Response:
        with hub.views.engine.connect() as connection:
            live = {each.view for each in hub.views.live(connection)}
        ready = live == {view.name for view in hub.views.views}
        return Response(json.dumps({"ready": ready}), 200 if ready else 503, mimetype="application/json")
