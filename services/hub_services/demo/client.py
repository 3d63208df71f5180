"""A small client of the API, as an agency's own system would have one: it signs in, names a purpose and a key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlencode

from hub_services.demo.step import PASSWORD, Person

LEEWAY: Final = timedelta(minutes=1)
"""A token that ends sooner is not used any more."""


class TellingError(Exception):
    """The hub answered otherwise than the story expects, or not at all."""


@dataclass(frozen=True)
class Answer:
    """What the hub answered."""

    status: int
    body: Mapping[str, Any]
    etag: str = ""
    position: str = ""

    @property
    def code(self) -> str:
        """The code of the problem, when it is one."""
        return str(self.body.get("code", ""))

    def __str__(self) -> str:
        """Say it in one line."""
        said = f"{self.code}: {self.body.get('detail', '')}" if self.code else "without a problem"
        errors = "; ".join(f"{each['field']}: {each['detail']}" for each in self.body.get("errors", ()))
        return f"{self.status} ({said}{' ' + errors if errors else ''})"


class Client:
    """Sends requests as any of the people, signing each in when they have no token that still holds."""

    def __init__(self, port: int, now: Callable[[], datetime]) -> None:
        """Speak to the server on a port of this machine, by the clock of the demonstration."""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._now = now
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self.requests = 0

    def get(self, person: Person, purpose: str, path: str, **query: str) -> Answer:
        """Read something."""
        return self.ask(person, purpose, "GET", f"{path}?{urlencode(query)}" if query else path)

    def ask(
        self,
        person: Person,
        purpose: str,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        key: str = "",
        etag: str = "",
    ) -> Answer:
        """Send one request."""
        headers = {"Authorization": f"Bearer {self._token(person)}", "Hub-Purpose": purpose}
        if key:
            headers["Idempotency-Key"] = key
        if etag:
            headers["If-Match"] = etag
        return self._send(method, path, body, headers)

    def _token(self, person: Person) -> str:
        token, ends = self._tokens.get(person.login, ("", self._now()))
        if ends - LEEWAY <= self._now():
            answer = self._send("POST", "/v1/sessions", {"login": person.login, "password": PASSWORD}, {})
            if answer.status != 201:  # noqa: PLR2004 -- as RFC 9110 says it
                raise TellingError(f"{person.name} ({person.login}) cannot sign in: {answer}")
            token, ends = answer.body["token"], datetime.fromisoformat(answer.body["expires_at"])
            self._tokens[person.login] = token, ends
        return token

    def _send(self, method: str, path: str, body: Mapping[str, object] | None, headers: dict[str, str]) -> Answer:
        sent = None if body is None else json.dumps(body)
        if sent is not None:
            headers["Content-Type"] = "application/json"
        try:
            return self._exchange(method, path, sent, headers)
        except (HTTPException, ConnectionError):
            # A kept connection that has gone: every request may be sent again, commands by their key.
            self._connection.close()
        try:
            return self._exchange(method, path, sent, headers)
        except (HTTPException, OSError) as error:
            raise TellingError(f"The server does not answer {method} {path}: {type(error).__name__}") from error

    def _exchange(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        self.requests += 1
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        text = answer.read()
        found = json.loads(text) if text else {}
        return Answer(answer.status, found, answer.headers.get("ETag", ""), answer.headers.get("Hub-Position", ""))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
