"""A client sees its own write: positions leave as tokens, and a read may ask for one."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from hub_services import hub as hubs
from hub_services.following import Following
from hub_services.http import create_app
from hub_services.http.operations import OPERATIONS
from hub_services.position_tokens import POSITION, PositionTokens, Token
from hub_services.settings import REAL, Settings
from hub_services.vault import make_master_key

READS = [each for each in OPERATIONS if not each.is_command]


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("positions")) as found:
        yield found


@pytest.fixture(scope="module")
def ids(running, story_of):
    return story_of(running).everything()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("hub_services.hub.WAIT_SECONDS", 0.1)


def routes():
    return {
        "immediate_danger": False,
        "in_need_or_harmed": False,
        "information": True,
        "person_of_interest_request": False,
        "adult": False,
    }


def path_of(operation, ids):
    kinds = {
        "/v1/route-checks/{id}": ids["called"],
        "/v1/mentions/{id}": ids["mention"],
        "/v1/flags/{id}": ids["flag"],
        "/v1/inbox/{id}": ids["notice"],
        "/v1/accounts/{id}": ids["account"],
    }
    if operation.path in kinds:
        identifier = kinds[operation.path]
    else:
        identifier = ids["case"] if "/cases/" in operation.path or "/timelines/" in operation.path else ids["report"]
    return operation.path.replace("{id}", identifier).replace("{table}", "areas")


def who_reads(operation):
    if "accounts" in operation.path:
        return "administrator"
    if operation.path.endswith(("/source", "/original")):
        return "handler"
    return "worker" if operation.path == "/v1/inbox/{id}" else "supervisor"


@pytest.mark.parametrize("operation", READS, ids=lambda each: each.path)
def test_every_read_answers_and_may_not_be_stored(people, ids, operation):
    answer = people[who_reads(operation)].get(path_of(operation, ids))
    assert answer.status_code == 200, answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "application/json"


@pytest.mark.parametrize("path", ["/health", "/ready", "/v1/openapi.json", "/v1/nothing", "/v1/reports"])
def test_nothing_that_is_open_to_all_may_be_stored_either(app, path):
    assert app.test_client().get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("operation", [each for each in READS if each.query is not None], ids=lambda each: each.path)
def test_a_read_may_ask_for_the_position_of_a_write(people, ids, operation, world):
    if "min_position" not in operation.query().fields:
        assert operation.path.startswith("/v1/reference")
        return
    who = people[who_reads(operation)]
    written = who.post("/v1/route-checks", routes())
    token = written.headers["Hub-Position"]
    assert who.get(path_of(operation, ids), min_position=token).status_code == 200
    for wrong in (
        "x",
        "A" * 86,
        token[:-2] + "AA",
        people["teacher"].post("/v1/route-checks", routes()).headers["Hub-Position"],
    ):
        answer = who.get(path_of(operation, ids), min_position=wrong)
        assert (answer.status_code, answer.json["code"]) == (400, "token-invalid")


def test_a_position_token_ends_with_the_day_after(people, world):
    token = people["supervisor"].post("/v1/route-checks", routes()).headers["Hub-Position"]
    before = world.time
    try:
        world.time = before + timedelta(days=2)
        fresh = _signed_in_again(people["supervisor"])
        answer = people["supervisor"].app.get("/v1/reports", headers=fresh, query_string={"min_position": token})
        assert (answer.status_code, answer.json["code"]) == (400, "token-invalid")
    finally:
        world.time = before


def _signed_in_again(person):
    body = {"login": "supervisor", "password": "correct horse battery"}
    token = person.app.post("/v1/sessions", json=body).json["token"]
    return {"Authorization": f"Bearer {token}", "Hub-Purpose": "SAFEGUARDING"}


def test_a_client_reads_its_own_write(people, story, running, monkeypatch):
    """The followers run by themselves, as in a server; the read that names the write waits for them."""
    running.following.start()
    try:
        monkeypatch.setattr(running.following, "settle", lambda: None)
        for _ in range(5):
            check = people["teacher"].post(
                "/v1/route-checks", routes() | {"immediate_danger": True, "area": "MANCHESTER"}
            )
            seen = people["supervisor"].post("/v1/route-checks", routes())
            queue = people["supervisor"].get("/v1/triage", min_position=seen.headers["Hub-Position"])
            assert queue.status_code == 200
            assert check.json["id"] in {each["id"] for each in queue.json["items"]}
    finally:
        running.following.stop()
        monkeypatch.undo()
        running.following._stop.clear()
        running.following.settle()


def test_while_followers_stand_still_a_read_waits_and_then_says_not_yet(people, hub, impatient, monkeypatch):
    who = people["supervisor"]
    with monkeypatch.context() as patch:
        patch.setattr(who.following, "settle", lambda: None)
        token = who.post("/v1/route-checks", routes()).headers["Hub-Position"]
        began = time.monotonic()
        late = who.get("/v1/triage", min_position=token)
        assert 0.05 < time.monotonic() - began < 2
        assert (late.status_code, late.json["code"]) == (503, "not-yet-visible")
        assert late.headers["Retry-After"] == "2"
        assert late.headers["Cache-Control"] == "no-store"
        assert "Hub-Position" not in late.headers
        # Without a position it answers with what there is, and says how far that goes.
        assert who.get("/v1/triage").status_code == 200
    who.following.settle()
    assert who.get("/v1/triage", min_position=token).status_code == 200


def test_every_command_answers_with_a_position_and_a_list_with_that_of_its_snapshot(people, hub, running):
    tokens = PositionTokens(hub.vault.secret("positions"), running.world)

    def position(person, answer):
        return tokens.open(answer.headers["Hub-Position"], POSITION, f"account:{person.id}").position

    written = people["teacher"].post("/v1/route-checks", routes())
    assert position(people["teacher"], written) == hub.log.head()
    for path in ("/v1/triage", "/v1/reports", "/v1/cases", "/v1/inbox", "/v1/inbox/count", "/v1/feedback", "/v1/flags"):
        listed = people["supervisor"].get(path)
        assert position(people["supervisor"], listed) == hub.log.head()


def test_a_position_beyond_the_log_is_never_reached(people, hub, running, impatient):
    """Nobody can make such a token but the hub; it is refused as not yet there, whatever it holds."""
    tokens = PositionTokens(hub.vault.secret("positions"), running.world)
    token = tokens.make(Token(POSITION, hub.log.head() + 1), f"account:{people['supervisor'].id}")
    assert people["supervisor"].get("/v1/reports", min_position=token).status_code == 503


def test_nothing_but_health_answers_before_the_views_are_built(tmp_path):
    key = tmp_path / "keys" / "master.key"
    make_master_key(key)
    settings = Settings(folder=tmp_path / "data", master_key_file=key, profile=REAL)
    hubs.migrate(settings)
    with hubs.Hub(settings) as hub:
        following = Following(hub)
        client = create_app(hub, following).test_client()
        health, ready = client.get("/health"), client.get("/ready")
        assert (health.status_code, health.json["status"]) == (503, "red")
        assert (ready.status_code, ready.json) == (503, {"ready": False})
        assert client.get("/v1/openapi.json").status_code == 200
        early = client.get("/v1/triage")
        assert (early.status_code, early.json["code"]) == (503, "not-ready")
        following.settle()
        assert client.get("/ready").json == {"ready": True}
        assert client.get("/health").json["status"] == "green"
        assert client.get("/v1/triage").status_code == 401
        following.stop()
