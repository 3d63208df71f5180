"""Local accounts: signing in with a password, short-lived signed tokens, and who a token speaks for today.

A token says only which account and which role; what the account holds is read from its events at every request, so a
closed account or a withdrawn role ends with the next request.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import argon2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from hub_events.case import MemberAdded, MemberRemoved, WorkerAllocated
from hub_events.envelope import Unreadable
from hub_events.stream import ACCOUNT, Stream, is_stream, kind_of, stream
from hub_projections.views.cases import memberships
from hub_services.caller import Caller
from hub_services.decisions.account import Account
from hub_services.decisions.case_people import works_on
from hub_services.decisions.decision import Past
from hub_services.hub import Hub
from hub_services.log.frame import TamperedError
from hub_services.refusal import RefusedError, UnavailableError

LIFETIME: Final = timedelta(hours=1)
MEMBERSHIP_SECONDS: Final = 0.5
MEMBERSHIP_EVENTS: Final = (MemberAdded, MemberRemoved, WorkerAllocated, Unreadable)
MOST_BEYOND: Final = 500
"""How many events the views may be behind the log for memberships to be put right from it."""
ISSUER: Final = "safeguarding-hub"
ALGORITHM: Final = "HS256"
CLAIMS: Final = frozenset({"iss", "sub", "role", "iat", "exp"})
_HASHER: Final = argon2.PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")


class _Strict(json.JSONDecoder):
    """Reads claims of which none stands twice, because parsers differ in which of the two they take."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_without_twins)


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a claim stands twice")
    return found


class Authentication:
    """Signs people in to one hub."""

    def __init__(self, hub: Hub) -> None:
        """Sign in with the hub's secrets."""
        self._hub = hub
        self._key = OctKey.import_key(hub.vault.secret("sessions"))
        self._natural = hub.vault.secret("natural-keys")

    def account_stream(self, login: str) -> Stream:
        """Name the stream of the account with a login, made from it under a secret."""
        digest = hmac.digest(self._natural, b"login\0" + login.strip().lower().encode(), "sha256")
        return stream(ACCOUNT, urlsafe_b64encode(digest[:16]).decode().rstrip("="))

    def set_password(self, account: Stream, password: str) -> None:
        """Keep the hash of a password in the vault."""
        self._hub.vault.keep_password_hash(account, _HASHER.hash(password))

    def account(self, account: str) -> Account | None:
        """Return an account as its events have it now, `None` when there is none or it is closed."""
        try:
            found = Account.of(Past({account: self._hub.log.past(account)}).events(account))
        except (TamperedError, RefusedError, UnavailableError):
            return None
        return None if found is None or found.closed else found

    def sign_in(self, login: str, password: str, role: str) -> tuple[str, datetime]:
        """Return a token for one role of an account, and when it ends.

        Raises:
            RefusedError: login and password do not go together (`not-signed-in`), or the account has several roles
                and the one asked for is not among them (`role-not-held`).
        """
        name = self.account_stream(login)
        account = self.account(name)
        kept = self._hub.vault.password_hash(name)
        try:
            _HASHER.verify(kept or _nobodys_hash(), password)
        except argon2.exceptions.VerificationError:
            account = None
        if account is None or kept is None:
            raise RefusedError("not-signed-in", "Login and password do not go together.")
        chosen = role or (account.roles[0] if len(account.roles) == 1 else "")
        if chosen not in account.roles:
            raise RefusedError(
                "role-not-held",
                f"Say in which role you sign in; those of your account are: {', '.join(account.roles) or 'none'}.",
                field="role",
            )
        now = self._hub.world.now()
        ends = int((now + LIFETIME).timestamp())
        claims = {
            "iss": ISSUER,
            "sub": name,
            "role": chosen,
            "iat": int(now.timestamp()),
            "exp": ends,
        }
        token = jwt.encode({"alg": ALGORITHM}, claims, self._key, algorithms=[ALGORITHM])
        return token, datetime.fromtimestamp(ends, UTC)

    def caller(self, token: str, purpose: str, **context: str) -> Caller:
        """Return who a token speaks for, with their memberships of today.

        Raises:
            RefusedError: the token is not one of this hub's, has ended, or its account or role has (`not-signed-in`).
        """
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM], decoder_cls=_Strict).claims
        except (JoseError, ValueError) as error:
            raise _signed_out() from error
        if claims.keys() != CLAIMS or claims["iss"] != ISSUER:
            raise _signed_out()
        name, role, ends = claims["sub"], claims["role"], claims["exp"]
        if not isinstance(name, str) or not is_stream(name) or kind_of(name) != ACCOUNT or not isinstance(role, str):
            raise _signed_out()
        if type(ends) is not int or ends <= self._hub.world.now().timestamp():
            raise _signed_out()
        account = self.account(name)
        if account is None or role not in account.roles:
            raise _signed_out()
        cases = self._memberships(name)
        return Caller(
            account=name,
            agency=account.agency,
            role=role,
            roles=account.roles,
            teams=account.teams,
            desks=account.desks,
            cases=cases,
            purpose=purpose,
            **context,
        )

    def _memberships(self, account: str) -> tuple[str, ...]:
        """Return the cases an account is a member of now: as the views have it, put right by the log beyond them.

        So nobody waits for the views, and a removal counts at once. When the log is far ahead it is waited for; as
        long as it stays so nobody is a member of anything.
        """
        for _ in range(2):
            with self._hub.views.reading() as reader:
                cases, position = set(memberships(reader, account)), reader.position
            beyond = self._hub.log.follow(position, MOST_BEYOND + 1)
            if len(beyond) <= MOST_BEYOND:
                changed = {recorded.stream for recorded in beyond if isinstance(recorded.event, MEMBERSHIP_EVENTS)}
                lost = {case for case in changed if not self._works_on(case, account)}
                return tuple(sorted((cases | changed) - lost))
            self._hub.runner.wait_for(beyond[-1].position, MEMBERSHIP_SECONDS)
        return ()

    def _works_on(self, case: str, account: str) -> bool:
        try:
            return works_on(Past({case: self._hub.log.past(case)}).events(case), account)
        except (TamperedError, RefusedError, UnavailableError):
            return False


def _signed_out() -> RefusedError:
    return RefusedError("not-signed-in", "Sign in again: this token has ended, or its account or role has.")
