"""How gunicorn serves one hub: embedded edition, one process, many threads.

Every figure is a decision written beside it; only the address comes from outside (HUB_HOST, HUB_PORT).
"""

import os
import re
from urllib.parse import quote

from gunicorn.glogging import Logger

_host = os.environ.get("HUB_HOST", "127.0.0.1")
_port = os.environ.get("HUB_PORT", "8000")
bind = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"

# One worker: followers, reactions and the group commit of concurrent writers live in the process that holds the lock
# on the data folder. Threads wait for the disk or for news, so there may be many more of them than cores.
worker_class = "gthread"
workers = 1
threads = 256
# Open files and locks must not cross a fork: each worker builds its own hub.
preload_app = False

# Longer than a proxy keeps its idle connections (60 s as a rule), so that it is never the hub that closes first.
keepalive = 75
# A worker that has not shown itself for so long is taken for hung and replaced.
timeout = 60
# What a request under way is given to end when the server is stopped.
graceful_timeout = 30

# Nothing beside the hub's own files: no control socket in somebody's home.
control_socket_disable = True
# No header of a request may rename the path it was asked under, whatever a proxy lets through.
forwarder_headers = ""

accesslog = "-"
errorlog = "-"
# The path and nothing else of what was asked: a query string, a referrer or a header may hold personal data, and who
# asked is for the hub's own records, which are sealed.
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s %(M)sms"


class PathOnlyLogger(Logger):
    """Gunicorn's log without what a caller could write into it."""

    def atoms(self, *args: object) -> dict[str, object]:
        """Quote the path again: as decoded it may hold a line break, and so a forged line."""
        atoms: dict[str, object] = super().atoms(*args)
        atoms["U"] = quote(str(atoms["U"] or ""))
        return atoms

    def exception(self, msg: str, *args: object, **kwargs: object) -> None:
        """Cut the query string off the address that a failure is reported with."""
        super().exception(msg, *(str(arg).partition("?")[0] for arg in args), **kwargs)

    def warning(self, msg: str, *args: object, **kwargs: object) -> None:
        """Say what is wrong with a request without repeating the request."""
        if str(msg).startswith("Invalid request from "):
            msg = re.sub(r":? b?['\"].*", "", msg, flags=re.DOTALL)
        super().warning(msg, *args, **kwargs)


logger_class = PathOnlyLogger


def on_starting(_server: object) -> None:
    """Let no other user of the machine open a file that this server makes; gunicorn's own `umask` covers its own."""
    os.umask(0o077)
