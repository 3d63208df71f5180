"""The `hub` command: one file a subcommand; the list in `main` is its table of contents."""

from __future__ import annotations

import os

import click

from hub_services.bench.command import bench
from hub_services.cli.clock import clock
from hub_services.cli.demo import demo
from hub_services.cli.key import key
from hub_services.cli.migrate import migrate
from hub_services.cli.quarantine import quarantine
from hub_services.cli.rebuild import rebuild
from hub_services.cli.serve import serve
from hub_services.cli.status import status
from hub_services.cli.user import user
from hub_services.cli.verify import verify
from hub_services.refusal import RefusedError, UnavailableError, UnsafeSettingError

COMMANDS = (demo, serve, migrate, user, rebuild, status, verify, quarantine, bench, key, clock)


class Group(click.Group):
    """Commands whose refusals are sentences and not traces."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a refusal ends with its sentence, a setting that is refused with exit code 2."""
        try:
            return super().invoke(ctx)
        except (RefusedError, UnavailableError) as error:
            raise click.ClickException(f"{error.sentence} ({error.code})") from error
        except UnsafeSettingError as error:
            raise click.UsageError(str(error)) from error


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="safeguarding-hub")
def main() -> None:
    """Run and look after a complex safeguarding hub; settings come from HUB_ variables in the environment."""
    os.umask(0o077)


for command in COMMANDS:
    main.add_command(command)
