"""A fork server: it has imported everything and opened nothing, and serves a hub in a child that may be killed.

    python fork_server.py DATA KEY [FAULT]

It prints its port. For each line on its standard input it forks a child that opens the hub and serves it there, prints
the child's process id, and at the next line waits for that child's end. The listening socket outlives the children, so
a client that comes between two of them waits for the next.

FAULT plants a fault: `early` answers before the commit.
"""

import os
import socket
import sys
import threading
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from hub_services.following import Following
from hub_services.http import create_app
from hub_services.hub import Hub
from hub_services.log import writing
from hub_services.settings import REAL, Settings


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


class Early:
    """A connection that says it has committed and does so a little later."""

    def __init__(self, connection):
        self.connection = connection
        self.lock = threading.Lock()

    in_transaction = property(lambda self: False)

    def execute(self, text, *values):
        if text == "BEGIN IMMEDIATE":
            self.lock.acquire()
        if text == "COMMIT":
            threading.Timer(0.03, self.commit).start()
            return None
        return self.connection.execute(text, *values)

    def executemany(self, text, rows):
        return self.connection.executemany(text, rows)

    def commit(self):
        self.connection.execute("COMMIT")
        self.lock.release()


def serve(listening, folder, key):
    hub = Hub(Settings(folder=Path(folder), master_key_file=Path(key), profile=REAL))
    following = Following(hub)
    following.take_lock()
    following.start()
    app = create_app(hub, following)
    make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet, fd=listening.fileno()).serve_forever()


def main(folder, key, fault=""):
    if fault == "early":
        begin = writing.Writing.__init__
        writing.Writing.__init__ = lambda self, connection: begin(self, Early(connection))
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listening.getsockname()[1], flush=True)
    child = 0
    for _ in sys.stdin:
        if child:
            os.waitpid(child, 0)
        child = os.fork()
        if not child:
            serve(listening, folder, key)
        print(child, flush=True)
    if child:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
