"""The program that the proofs kill: for each line of its input it forks a hub that serves, and says when it has ended.

It has imported everything and opened nothing, so a hub is up in the time it takes to open one. The hub is the one the
settings in the environment name, opened as the server's worker opens it; only the server itself is a small one.
"""

import gc
import json
import os
import sys
from datetime import UTC, datetime
from threading import Thread
from time import sleep

from werkzeug.serving import WSGIRequestHandler, make_server

from hub_events.working_time import due_at
from hub_services import wsgi


class Quiet(WSGIRequestHandler):
    """Keeps connections open, and writes no access log."""

    protocol_version = "HTTP/1.1"

    def log(self, kind, message, *args):
        del kind, message, args


class TooEarly:
    """The planted fault: an app that acknowledges a command, and does it a moment later."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if "HTTP_IDEMPOTENCY_KEY" not in environ:
            return self.app(environ, start_response)
        environ = {**environ, "wsgi.input": Sent(environ)}
        Thread(target=self.later, args=(environ,), daemon=True).start()
        start_response("201 CREATED", [("Content-Type", "application/json"), ("ETag", '"v1"')])
        return [json.dumps({"id": "x" * 22, "link": ""}).encode()]

    def later(self, environ):
        sleep(0.02)
        b"".join(self.app(environ, lambda *_: None))


class Sent:
    """The body of a request, read before its connection serves the next one."""

    def __init__(self, environ):
        self.left = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))

    def read(self, size=-1):
        size = len(self.left) if size < 0 else size
        found, self.left = self.left[:size], self.left[size:]
        return found


def serve(fault):
    print("begun", os.getpid(), 0, flush=True)
    app = wsgi.make()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    if fault == "too-early":
        server.app = TooEarly(app)
    print("ready", os.getpid(), server.port, flush=True)
    server.serve_forever(poll_interval=10)


def main(fault=""):
    # The library of bank holidays imports its countries when the first is asked for.
    due_at("TRIAGE", datetime.now(UTC))
    gc.freeze()
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            serve(fault)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("ended", os.waitstatus_to_exitcode(status), 0, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
