"""Signing in: a password gets a short-lived token, and what a token opens is decided anew at every request."""

from __future__ import annotations

import hmac
import json
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta

import pytest

from hub_services import authentication
from hub_services.authentication import Authentication
from hub_services.caller import system
from hub_services.decisions.account import OpenAccount
from hub_services.log.frame import TamperedError

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    """One hub for the whole file: each test that changes an account opens one of its own."""
    with run_hub(tmp_path_factory.mktemp("sessions")) as found:
        yield found


@pytest.fixture
def sign_in(app):
    def send(login, password=PASSWORD, **more):
        return app.test_client().post("/v1/sessions", json={"login": login, "password": password, **more})

    return send


@pytest.fixture
def open_account(people, sign_in):
    """Open an account over HTTP and sign in; returns its id and token."""

    def make(login, *roles, **more):
        body = {
            "login": login,
            "name": "Sam Okafor",
            "agency": "MANCHESTER_CSC",
            "roles": list(roles or ("SOCIAL_WORKER",)),
            "password": PASSWORD,
            **more,
        }
        opened = people["administrator"].post("/v1/accounts", body)
        assert opened.status_code == 201, opened.json
        return opened.json["id"], sign_in(login, role=body["roles"][0]).json["token"]

    return make


@pytest.fixture
def me(app):
    """Ask who one is with a token."""

    def ask(token, **headers):
        whole = {"Authorization": f"Bearer {token}", "Hub-Purpose": "SAFEGUARDING", **headers}
        return app.test_client().get("/v1/accounts/me", headers=whole)

    return ask


def refused(answer, code="not-signed-in", status=401):
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == code
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    return answer


def test_the_right_password_gives_a_token_for_an_hour(sign_in, me, world):
    signed = sign_in("teacher")
    assert signed.status_code == 201
    assert signed.headers["Cache-Control"] == "no-store"
    ends = datetime.fromisoformat(signed.json["expires_at"])
    assert timedelta(minutes=59) < ends - world.time <= timedelta(hours=1)
    assert me(signed.json["token"]).json["role"] == "REFERRER"


def test_a_login_is_the_same_in_any_case(sign_in):
    assert sign_in("  Teacher ").status_code == 201


def test_a_wrong_password_and_an_unknown_login_answer_alike(sign_in):
    wrong, unknown = refused(sign_in("teacher", "wrong horse battery")), refused(sign_in("nobody.here"))
    assert wrong.get_data() == unknown.get_data()
    assert dict(wrong.headers) == dict(unknown.headers)


def test_an_account_whose_password_was_never_set_answers_alike(sign_in, running):
    account = Authentication(running.hub).account_stream("unset")
    command = OpenAccount(account=account, login="unset", name="U", agency="GMP", roles=("REFERRER",))
    running.hub.ask(command, system(), "open unset")
    running.following.settle()
    assert refused(sign_in("unset")).get_data() == refused(sign_in("nobody.here")).get_data()


def test_an_unknown_login_costs_a_password_check_as_well(sign_in, monkeypatch):
    """The time an answer takes says nothing of whether there is such an account."""
    checked = []

    class Counting:
        def verify(self, kept, password):
            checked.append(kept)
            raise authentication.argon2.exceptions.VerifyMismatchError

        def hash(self, password):
            return "hash"

    monkeypatch.setattr(authentication, "_HASHER", Counting())
    authentication._nobodys_hash.cache_clear()
    try:
        sign_in("teacher", "wrong")
        sign_in("nobody.here", "wrong")
    finally:
        authentication._nobodys_hash.cache_clear()
    assert len(checked) == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"login": "", "password": ""}, 422, "invalid"),
        ({"login": "teacher", "password": "x" * 201}, 422, "invalid"),
        ({"login": "teacher", "password": PASSWORD, "is_admin": True}, 422, "invalid"),
        ({"login": ["teacher"], "password": PASSWORD}, 422, "invalid"),
    ],
    ids=["nothing", "empty", "long", "foreign", "list"],
)
def test_a_sign_in_that_does_not_fit_is_refused(app, body, status, code):
    answer = refused(app.test_client().post("/v1/sessions", json=body), code, status)
    assert PASSWORD not in answer.get_data(as_text=True)


def test_a_sign_in_is_json_and_parsed_one_way(app):
    client = app.test_client()
    form = client.post("/v1/sessions", data={"login": "teacher", "password": PASSWORD})
    refused(form, "not-json", 415)
    twice = b'{"login": "teacher", "login": "supervisor", "password": "correct horse battery"}'
    refused(client.post("/v1/sessions", data=twice, content_type="application/json"), "not-json", 400)


def test_whoever_has_several_roles_says_in_which_one_they_act(sign_in, me):
    answer = refused(sign_in("both"), "role-not-held", 422)
    assert "FORCE_INTELLIGENCE_OFFICER" in answer.json["detail"]
    refused(sign_in("both", role="ADMINISTRATOR"), "role-not-held", 422)
    for role in ("FORCE_INTELLIGENCE_OFFICER", "SPECIALIST_SUPERVISOR"):
        assert me(sign_in("both", role=role).json["token"]).json["role"] == role
    assert me(sign_in("teacher", role="REFERRER").json["token"]).json["role"] == "REFERRER"


def test_a_token_ends_with_its_hour(sign_in, me, world):
    token = sign_in("teacher").json["token"]
    before = world.time
    try:
        world.time = before + timedelta(minutes=59)
        assert me(token).status_code == 200
        world.time = before + timedelta(hours=1)
        refused(me(token))
    finally:
        world.time = before


def test_a_closed_account_ends_with_the_next_request(people, open_account, me, sign_in):
    account, token = open_account("close.me")
    assert me(token).status_code == 200
    closed = people["administrator"].change(f"/v1/accounts/{account}", "closing", {"reason": "Left the agency."})
    assert closed.status_code == 200
    refused(me(token))
    assert refused(sign_in("close.me")).get_data() == refused(sign_in("nobody.here")).get_data()


def test_a_withdrawn_role_ends_with_the_next_request_and_the_others_go_on(people, open_account, me, sign_in):
    account, token = open_account("two.roles", "SOCIAL_WORKER", "MANAGER")
    other = sign_in("two.roles", role="MANAGER").json["token"]
    body = {"roles": ["SOCIAL_WORKER"], "reason": "Moved on."}
    people["administrator"].change(f"/v1/accounts/{account}", "role-withdrawals", body)
    refused(me(token))
    assert me(other).json["roles"] == ["MANAGER"]
    body = {"roles": ["MANAGER"], "reason": "Left."}
    people["administrator"].change(f"/v1/accounts/{account}", "role-withdrawals", body)
    refused(me(other))
    refused(sign_in("two.roles"), "role-not-held", 422)


def test_a_granted_role_is_one_to_sign_in_with(people, open_account, me, sign_in):
    account, token = open_account("more.roles")
    refused(sign_in("more.roles", role="MANAGER"), "role-not-held", 422)
    granted = people["administrator"].change(
        f"/v1/accounts/{account}", "role-grants", {"roles": ["MANAGER"], "reason": "Promoted."}
    )
    assert granted.status_code == 200
    assert me(sign_in("more.roles", role="MANAGER").json["token"]).json["roles"] == ["MANAGER", "SOCIAL_WORKER"]
    assert me(token).json["role"] == "SOCIAL_WORKER"


def test_an_account_is_shown_to_administrators_and_to_its_holder(people, open_account, app):
    account, token = open_account("show.me", teams=["PROTECT"], desks=["MANCHESTER_CSC"])
    shown = people["administrator"].get(f"/v1/accounts/{account}")
    assert shown.json == {
        "id": account,
        "login": "show.me",
        "name": "Sam Okafor",
        "agency": "MANCHESTER_CSC",
        "roles": ["SOCIAL_WORKER"],
        "teams": ["PROTECT"],
        "desks": ["MANCHESTER_CSC", "PROTECT"],
        "closed": False,
    }
    assert shown.headers["ETag"] == '"v1"'
    own = {"Authorization": f"Bearer {token}", "Hub-Purpose": "SAFEGUARDING"}
    assert app.test_client().get(f"/v1/accounts/{account}", headers=own).json == shown.json
    assert people["supervisor"].get(f"/v1/accounts/{account}").status_code == 404
    assert people["supervisor"].get("/v1/accounts").status_code == 403


def test_a_login_is_given_once_and_its_first_password_stays(people, open_account, sign_in):
    open_account("taken.once")
    again = {
        "login": "taken.once",
        "name": "Somebody Else",
        "agency": "GMP",
        "roles": ["ADMINISTRATOR"],
        "password": "another password here",
    }
    refused(people["administrator"].post("/v1/accounts", again), "login-taken", 409)
    refused(sign_in("taken.once", "another password here"))
    assert sign_in("taken.once").status_code == 201


def test_accounts_are_opened_by_administrators_alone(people, hub):
    body = {"login": "rise.up", "name": "X", "agency": "GMP", "roles": ["ADMINISTRATOR"], "password": PASSWORD}
    head = hub.log.head()
    for who in people.keys() - {"administrator"}:
        refused(people[who].post("/v1/accounts", body), "not-permitted", 403)
    assert hub.log.head() == head


def segment(part):
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=")


@pytest.fixture
def forge(hub, people, world):
    """Make a token out of parts, signed as the hub signs unless another key is given."""

    def make(claims=None, header=None, key=None):
        now = int(world.time.timestamp())
        whole = {
            "iss": "safeguarding-hub",
            "sub": f"account:{people['teacher'].id}",
            "role": "REFERRER",
            "iat": now,
            "exp": now + 3600,
        }
        if isinstance(claims, dict):
            claims = {name: value for name, value in (whole | claims).items() if value is not None}
        elif callable(claims):
            claims = claims(json.dumps(whole).encode())
        signed = segment(header or {"alg": "HS256"}) + b"." + segment(whole if claims is None else claims)
        secret = hub.vault.secret("sessions") if key is None else key
        return (signed + b"." + segment(hmac.digest(secret, signed, "sha256"))).decode()

    return make


def test_the_way_tokens_are_forged_here_can_succeed(forge, me):
    assert me(forge()).json["role"] == "REFERRER"


FORGED_HEADERS = {
    "alg none": {"alg": "none"},
    "alg nOnE": {"alg": "nOnE"},
    "alg missing": {"typ": "JWT"},
    "another alg": {"alg": "HS512"},
    "an asymmetric alg": {"alg": "RS256"},
    "an unknown critical header": {"alg": "HS256", "crit": ["hub"], "hub": 1},
    "an unencoded payload": {"alg": "HS256", "crit": ["b64"], "b64": False},
    "a list": b"[]",
    "no JSON": b"HS256",
}


@pytest.mark.parametrize("header", FORGED_HEADERS.values(), ids=FORGED_HEADERS)
def test_a_token_with_another_header_is_refused(forge, me, header):
    refused(me(forge(header=header)))


def test_a_token_without_signature_is_refused(forge, me):
    header, claims, _ = forge().split(".")
    none = segment({"alg": "none"}).decode()
    for text in (f"{none}.{claims}.", f"{none}.{claims}", f"{header}.{claims}.", f"{header}.{claims}", claims):
        refused(me(text))


def test_a_token_signed_with_another_key_is_refused(forge, me, hub):
    for key in (b"\0" * 32, b"x" * 32, b"", hub.vault.secret("positions"), hub.vault.secret("ids")):
        refused(me(forge(key=key)))
    refused(me(forge(header={"alg": "HS256", "jwk": {"kty": "oct", "k": "eHh4"}}, key=b"xxx")))
    refused(me(forge(header={"alg": "HS256", "kid": "../../dev/null"}, key=b"")))


FORGED_CLAIMS = {
    "exp as text": lambda now: {"exp": str(now + 3600)},
    "exp with a fraction": lambda now: {"exp": now + 3600.5},
    "exp as true": lambda now: {"exp": True},
    "exp missing": lambda now: {"exp": None},
    "exp over": lambda now: {"exp": now - 1},
    "sub missing": lambda now: {"sub": None},
    "sub as number": lambda now: {"sub": 7},
    "sub as list": lambda now: {"sub": ["account:" + "A" * 22]},
    "sub of nobody": lambda now: {"sub": "account:" + "A" * 22},
    "sub of another kind": lambda now: {"sub": "report:" + "A" * 22},
    "sub with half a surrogate": lambda now: {"sub": "account:\ud800"},
    "role missing": lambda now: {"role": None},
    "role as list": lambda now: {"role": ["REFERRER"]},
    "role not held": lambda now: {"role": "ADMINISTRATOR"},
    "role of the hub": lambda now: {"role": "SYSTEM"},
    "another issuer": lambda now: {"iss": "elsewhere"},
    "issuer missing": lambda now: {"iss": None},
    "not before later": lambda now: {"nbf": now + 600},
    "for another audience": lambda now: {"aud": "elsewhere"},
    "more than is issued": lambda now: {"is_admin": True},
}


@pytest.mark.parametrize("claims", FORGED_CLAIMS.values(), ids=FORGED_CLAIMS)
def test_a_token_with_other_claims_is_refused(forge, me, world, claims):
    refused(me(forge(claims(int(world.time.timestamp())))))


FORGED_PAYLOADS = {
    "a claim twice": lambda raw: raw[:-1] + b', "role": "REFERRER"}',
    "exp twice": lambda raw: raw[:-1] + b', "exp": 99999999999}',
    "exp too large": lambda raw: raw[: raw.rindex(b": ")] + b": 1e400}",
    "a list": lambda raw: b"[" + raw + b"]",
    "no JSON": lambda raw: b"claims",
    "not UTF-8": lambda raw: raw.replace(b"REFERRER", b"\xff"),
    "nested too deep": lambda raw: raw[:-1] + b', "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a huge number": lambda raw: raw[:-1] + b', "a": ' + b"1" * 5000 + b"}",
}


@pytest.mark.parametrize("payload", FORGED_PAYLOADS.values(), ids=FORGED_PAYLOADS)
def test_a_token_with_another_payload_is_refused(forge, me, payload):
    refused(me(forge(payload)))


@pytest.mark.parametrize("text", ["", " ", ".", "..", "...", "a.b.c", "é.é.é", "a.b.c.d.e", "A" * 20_000, "null"])
def test_what_is_no_token_is_refused(me, text):
    refused(me(text))


def test_no_mutated_token_is_accepted(forge, me):
    """Every position once, and some bytes at random: in a token there is nothing one may change."""
    token, chance = forge(), random.Random(7)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place, found in enumerate(token):
        other = chance.choice([each for each in alphabet + "." if each != found])
        refused(me(token[:place] + other + token[place + 1 :]))
        if place % 7 == 0:
            refused(me(token[:place] + token[place + 1 :]))
    head, claims, signature = token.split(".")
    for other in alphabet:
        if other != signature[-1]:
            refused(me(f"{head}.{claims}.{signature[:-1]}{other}"))
    raw = bytearray(urlsafe_b64decode(signature + "="))
    raw[0] ^= 1
    refused(me(f"{head}.{claims}.{segment(bytes(raw)).decode()}"))


FORGED_IDENTITY = {
    "X-User": "supervisor",
    "X-Remote-User": "supervisor",
    "Remote-User": "supervisor",
    "X-Forwarded-User": "supervisor",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "https",
    "X-Original-URL": "/v1/triage",
    "X-HTTP-Method-Override": "DELETE",
    "Hub-Account": "account:" + "A" * 22,
    "Hub-Role": "SPECIALIST_SUPERVISOR",
    "Cookie": "session=supervisor; token=supervisor",
}


def test_forged_identity_headers_change_nothing(app, people, me):
    alone = app.test_client().get("/v1/triage", headers={**FORGED_IDENTITY, "Hub-Purpose": "TRIAGE"})
    refused(alone)
    teacher = people["teacher"]
    assert me(teacher.token, **FORGED_IDENTITY).json == me(teacher.token).json
    refused(me(teacher.token, Authorization="Basic c3VwZXJ2aXNvcjp4"))


def test_the_token_of_one_hub_opens_no_other(run_foreign_hub, tmp_path, people, me):
    with run_foreign_hub(tmp_path) as other:
        refused(me(other.people["teacher"].token))


@pytest.fixture
def case(story):
    report = story.decided()
    story.lift(report, "SHARE_WITH_CASE_MEMBERS")
    case = story.case(report)
    story.allocate(case)
    return case


@pytest.fixture
def standing_still(people, monkeypatch):
    """The views take nothing in any more."""
    monkeypatch.setattr(people["supervisor"].following, "settle", lambda: None)


def member_of(me, person):
    return me(person.token).json["cases"]


def test_a_membership_begins_and_ends_with_the_next_request_although_the_views_stand_still(
    people, story, case, me, standing_still
):
    path, stranger, worker = f"/v1/cases/{case}", people["stranger"], people["worker"]
    assert (case in member_of(me, worker), case in member_of(me, stranger)) == (True, False)
    etag = people["supervisor"].get(path).headers["ETag"]

    def change(what, **body):
        nonlocal etag
        done = people["supervisor"].post(f"{path}/{what}", {"reason": "X", **body}, etag=etag)
        assert done.status_code == 200, done.json
        etag = done.headers["ETag"]

    change("members", account=stranger.id)
    assert case in member_of(me, stranger)
    assert stranger.get(path).status_code == 200
    change("member-removals", account=stranger.id)
    assert case not in member_of(me, stranger)
    assert stranger.get(path).status_code == 404
    change("allocations", worker=stranger.id, team="PROTECT")
    assert (case in member_of(me, worker), case in member_of(me, stranger)) == (True, True)
    change("member-removals", account=worker.id)
    assert case not in member_of(me, worker)
    assert worker.get(path).status_code == 404
    assert worker.get("/v1/cases").json["items"] == []


def test_nobody_is_a_member_of_a_case_that_cannot_be_read_any_more(
    people, case, me, running, monkeypatch, standing_still
):
    past, worker = running.hub.log.past, people["worker"]
    etag = people["supervisor"].get(f"/v1/cases/{case}").headers["ETag"]
    body = {"account": people["stranger"].id, "reason": "X"}
    assert people["supervisor"].post(f"/v1/cases/{case}/members", body, etag=etag).status_code == 200

    def damaged(stream):
        if stream == f"case:{case}":
            raise TamperedError(stream)
        return past(stream)

    assert case in member_of(me, worker)
    monkeypatch.setattr(running.hub.log, "past", damaged)
    assert case not in member_of(me, worker)
    assert case not in member_of(me, people["stranger"])


def test_while_the_log_is_far_ahead_of_the_views_nobody_is_a_member(people, case, me, monkeypatch, standing_still):
    monkeypatch.setattr(authentication, "MOST_BEYOND", 2)
    monkeypatch.setattr(authentication, "MEMBERSHIP_SECONDS", 0.05)
    worker, answers = people["worker"], {"immediate_danger": False, "in_need_or_harmed": False, "adult": False}
    answers |= {"information": True, "person_of_interest_request": False}
    for _ in range(2):
        people["teacher"].post("/v1/route-checks", answers)
    assert case in member_of(me, worker)
    people["teacher"].post("/v1/route-checks", answers)
    assert member_of(me, worker) == []
    monkeypatch.undo()
    worker.following.settle()
    assert case in member_of(me, worker)


def test_the_account_of_an_agency_that_is_no_more_opens_nothing(running, world, me):
    door, before = Authentication(running.hub), world.time
    account = door.account_stream("border.officer")
    command = OpenAccount(account=account, login="border.officer", name="B", agency="UKBA", roles=("REFERRER",))
    try:
        world.time = datetime.fromisoformat("2012-06-01T10:00:00+00:00")
        running.hub.ask(command, system(), "open border officer")
        running.following.settle()
        door.set_password(account, PASSWORD)
    finally:
        world.time = before
    token, _ = door.sign_in("border.officer", PASSWORD, "")
    refused(me(token), "agency-not-in-force", 403)


def test_a_damaged_account_opens_nothing(running, me, monkeypatch, sign_in):
    def damaged(stream):
        raise TamperedError(stream)

    monkeypatch.setattr(running.hub.log, "past", damaged)
    refused(me(running.people["teacher"].token))
    refused(sign_in("teacher"))
