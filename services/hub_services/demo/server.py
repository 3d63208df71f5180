"""The real server, started for the demonstration on a port of its own and stopped with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import socket
from threading import current_thread, main_thread
from types import FrameType
from typing import Final

from hub_services.demo.client import TellingError
from hub_services.settings import DEMONSTRATION, Settings

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
OK: Final = 200
TAIL: Final = 15
SERVE: Final = """
import os, signal, sys, threading

def end():
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=end, daemon=True).start()
from hub_services.cli import main
main(["serve"])
"""
"""`hub serve` that ends when its standard input does: with the demonstration, however that ends."""


def environment(folder: Path) -> dict[str, str]:
    """Return the environment in which the hub of a demonstration is opened; nothing of another hub's is taken over."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "GUNICORN_"))}
    return kept | {"HUB_DATA": str(folder.absolute()), "HUB_PROFILE": DEMONSTRATION}


@contextmanager
def serving(settings: Settings) -> Iterator[int]:
    """Serve the hub until the end of the context; lend the port.

    Raises:
        TellingError: the server does not start.
    """
    port = _free_port()
    log = settings.folder.with_name(f"{settings.folder.name}.log")
    served = environment(settings.folder) | {"HUB_HOST": "127.0.0.1", "HUB_PORT": str(port)}
    with log.open("w", encoding="utf-8") as file:
        server = subprocess.Popen(  # noqa: S603 -- our own code in our own Python
            [sys.executable, "-c", SERVE],
            env=served,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        with _ending_when_told():
            _wait_until_ready(server, port, log)
            yield port
    finally:
        _stop(server)


def _free_port() -> int:
    with socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def _ending_when_told() -> Iterator[None]:
    """Let SIGTERM end this process as Ctrl-C does, so that the server does not outlive it."""
    if current_thread() is not main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and server.poll() is None:
        if _ready(port):
            return
        time.sleep(0.05)
    said = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:])
    raise TellingError(f"The server did not start; the end of {log}:\n{said}")


def _ready(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection, suppress(HTTPException, OSError):
        connection.request("GET", "/ready")
        with connection.getresponse() as answer:
            return answer.status == OK
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.terminate()
    try:
        server.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.communicate()
