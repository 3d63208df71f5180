"""`hub serve`: serve the API with gunicorn, one worker of many threads."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import click
from gunicorn.app.base import BaseApplication

from hub_services.cli.migrate import prepare
from hub_services.cli.opened import settings
from hub_services.settings import DEMONSTRATION, Settings

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "gunicorn.conf.py"


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with the settings of `deploy/gunicorn.conf.py`; the app is made in the worker, after the fork."""

    def __init__(self, found: Settings, options: dict[str, object]) -> None:
        """Serve the hub of these settings."""
        self._found = found
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the deployment's settings and the address asked for."""
        for name, value in self._options.items():
            if name in self.cfg.settings and value is not None:
                self.cfg.set(name, value)
        self.cfg.set("bind", f"{self._found.host}:{self._found.port}")

    def load(self) -> object:
        """Make the app; called in the worker."""
        from hub_services.wsgi import make  # noqa: PLC0415 -- the parent process opens nothing

        return make()


def options() -> dict[str, object]:
    """Read the deployment's settings of gunicorn; without a checkout, those that matter most."""
    if not CONFIGURATION.exists():
        return {"worker_class": "gthread", "workers": 1, "threads": 256, "preload_app": False}
    found = runpy.run_path(str(CONFIGURATION))
    return {name: value for name, value in found.items() if not name.startswith("_")}


@click.command()
def serve() -> None:
    """Serve the API on HUB_HOST and HUB_PORT (127.0.0.1:8000); without HUB_DATA, the demonstration in var/demo."""
    found = settings()
    if found.profile == DEMONSTRATION:
        prepare(found)
    elif not found.log_file.exists():
        raise click.ClickException(f"There is no hub in {found.folder}; make one with `hub migrate`.")
    os.environ.setdefault("HUB_DATA", str(found.folder))
    os.environ.setdefault("HUB_PROFILE", found.profile)
    os.environ.setdefault("HUB_MASTER_KEY_FILE", str(found.master_key_file))
    click.echo(f"Serving the hub in {found.folder} on http://{found.host}:{found.port} - stop with Ctrl-C.")
    Server(found, options()).run()
