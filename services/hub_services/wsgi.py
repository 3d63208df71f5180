"""The WSGI entry point: opens the hub of the environment's settings in the worker that serves it."""

from __future__ import annotations

import atexit
import os

from flask import Flask

from hub_events.working_time import due_at
from hub_services.following import Following
from hub_services.http import create_app
from hub_services.hub import Hub
from hub_services.settings import read


def make() -> Flask:
    """Open the hub, start its followers and make the app; to be called after a server has forked its worker."""
    hub = Hub(read(os.environ))
    # The library of bank holidays imports its countries when the first is asked for: not while somebody waits.
    due_at("TRIAGE", hub.world.now())
    following = Following(hub)
    following.take_lock()
    following.start()

    def _close() -> None:
        following.stop()
        hub.close()

    atexit.register(_close)
    return create_app(hub, following)
