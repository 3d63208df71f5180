"""What the way to the log does at its edges: damaged rows, commands that forget a label, another lawful basis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from hub_events.route_check import EmergencyItemTaken
from hub_events.stream import ROUTE_CHECK
from hub_services.caller import system
from hub_services.decisions.decision import Command, To
from hub_services.http.operations import OPERATIONS
from hub_services.log.frame import TamperedError
from hub_services.verification import verify

BASIS = {"Hub-Lawful-Basis": "CA_1989_S17_47", "Hub-Basis-Reason": "A strategy meeting, canary-basis, asked for it."}


def refused(answer, status, code):
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.get_data(as_text=True)


@pytest.fixture
def damaged(hub, monkeypatch):
    """Let a stream be damaged: its rows are not the ones that were written."""
    past = hub.log.past

    def damage(stream):
        def tampered(name):
            if name == stream:
                raise TamperedError(f"{name} version 1 is not the row that was written")
            return past(name)

        monkeypatch.setattr(hub.log, "past", tampered)

    return damage


def test_a_damaged_record_is_neither_read_nor_written(story, people, damaged):
    report = story.report()
    body = {"outcome": "INVESTIGATE", "rationale": "A pattern."}
    etag = people["supervisor"].get(f"/v1/triage/{report}").headers["ETag"]
    done = people["supervisor"].post(f"/v1/triage/{report}/proposals", body, etag=etag, key="before")
    assert done.status_code == 200
    damaged(f"triage:{report}")
    read = people["supervisor"].get(f"/v1/triage/{report}")
    refused(read, 503, "record-damaged")
    assert "version" not in read.json["detail"]
    refused(people["supervisor"].post(f"/v1/triage/{report}/opening", etag=etag), 503, "record-damaged")
    # What was done before is not said again either: whether it may be said cannot be known.
    refused(
        people["supervisor"].post(f"/v1/triage/{report}/proposals", body, etag=etag, key="before"),
        503,
        "record-damaged",
    )
    assert people["supervisor"].get(f"/v1/reports/{report}").status_code == 200


@dataclass(frozen=True, kw_only=True)
class Forgetful(Command):
    """Begins a stream without saying who may see it."""

    action: ClassVar[str] = "place-notice"

    def about(self, by):
        return by.new_stream(ROUTE_CHECK)

    def decide(self, past, by):
        return [To(self.about(by), (EmergencyItemTaken(taken_by=by.account),))]


def test_nothing_is_written_that_nobody_knows_who_may_see(hub):
    head = hub.log.head()
    with pytest.raises(ValueError, match="given no labels"):
        hub.ask(Forgetful(), system(), "forgetful")
    assert hub.log.head() == head


def test_with_another_lawful_basis_everything_goes_its_way_and_is_read_as_ever(story, people, hub):
    """Each command then writes one event more, which no view and no reader may stumble over."""
    for person in people.values():
        person.post = _with_basis(person.post)
    ids = story.everything()
    kinds = {
        "route-checks": ids["closed"],
        "mentions": ids["mention"],
        "flags": ids["flag"],
        "inbox": ids["notice"],
        "cases": ids["case"],
        "timelines": ids["case"],
        "accounts": ids["account"],
    }
    for operation in OPERATIONS:
        if operation.is_command:
            continue
        identifier = kinds.get(operation.path.split("/")[2], ids["report"])
        path = operation.path.replace("{id}", identifier).replace("{table}", "agencies")
        readers = ("supervisor", "worker", "handler", "administrator")
        answers = [people[who].get(path) for who in readers]
        assert 200 in {each.status_code for each in answers}, path
        assert {each.status_code for each in answers} <= {200, 403, 404}
        assert "canary-basis" not in "".join(each.get_data(as_text=True) for each in answers)
    assert hub.views.quarantine() == []
    assert list(verify(hub)) == []
    timeline = people["supervisor"].get(f"/v1/timelines/{ids['case']}", limit=500).json["lines"]
    assert "lawful-basis-overridden" not in {each["kind"] for each in timeline}


def _with_basis(post):
    def send(path, body=None, **more):
        return post(path, body, **more, **BASIS)

    return send


def test_a_command_that_takes_no_body_is_sent_without(story, people, hub):
    report = story.report()
    etag = people["supervisor"].get(f"/v1/triage/{report}").headers["ETag"]
    head = hub.log.head()
    refused(people["supervisor"].post(f"/v1/triage/{report}/opening", {"force": True}, etag=etag), 422, "invalid")
    assert hub.log.head() == head


def test_what_the_views_have_not_taken_in_yet_is_not_there_yet(people, monkeypatch, hub):
    """Whoever made it asks with the position they were given, and then waits for it."""
    monkeypatch.setattr("hub_services.hub.WAIT_SECONDS", 0.1)
    monkeypatch.setattr(people["teacher"].following, "settle", lambda: None)
    check = people["teacher"].post("/v1/route-checks", _answers()).json["id"]
    sent = people["teacher"].post("/v1/reports", _form(check))
    path, token = sent.json["link"], people["supervisor"].post("/v1/route-checks", _answers()).headers["Hub-Position"]
    refused(people["supervisor"].get(path), 404, "not-found")
    refused(people["supervisor"].get(path, min_position=token), 503, "not-yet-visible")
    monkeypatch.undo()
    people["teacher"].following.settle()
    assert people["supervisor"].get(path, min_position=token).status_code == 200


def _answers():
    return {
        "immediate_danger": False,
        "in_need_or_harmed": False,
        "information": True,
        "person_of_interest_request": False,
        "adult": False,
        "area": "MANCHESTER",
    }


def _form(check):
    return {
        "route_check": check,
        "route": "INFORMATION_REPORT",
        "reported_at": "2026-03-02T09:30:00Z",
        "reporter_name": "Robin Ashdown",
        "reporter_job_title": "Form tutor",
        "reporter_organisation": "Moorfield Academy",
        "reporter_contact": "0161 496 0001",
        "source_types": ["WITNESSED_INCIDENT"],
        "accuracy": 1,
        "narrative": "A girl was pulled into a car.",
        "area": "MANCHESTER",
    }
