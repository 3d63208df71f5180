"""Opening the hub of the environment's settings for one command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hub_services.following import Following
from hub_services.hub import Hub
from hub_services.settings import Settings, read


def settings() -> Settings:
    """Read the settings of the environment."""
    return read(os.environ)


@contextmanager
def opened() -> Iterator[tuple[Hub, Following]]:
    """Open the hub; its views are kept up by this process when no other does."""
    with Hub(settings()) as hub:
        following = Following(hub)
        following.take_lock()
        try:
            yield hub, following
        finally:
            following.stop()
