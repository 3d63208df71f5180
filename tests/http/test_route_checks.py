"""The gate before a report: 999 first, an item somebody owns, referrals go where they belong (domain.md A.1.2)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

INFORMATION = {"in_need_or_harmed": True, "information": True, "area": "MANCHESTER"}
CALL = {"called_at": "2026-03-02T09:58:00Z", "police_reference": "GMP-20260302-0042"}
CLOSING = {"outcome": "The child is safe at home", "reason": "Spoke with the mother."}


@pytest.fixture
def try_report(people, report_body):
    def send(check, who="teacher", **changes):
        return people[who].post("/v1/reports", report_body(check, **changes))

    return send


def test_without_danger_there_is_no_instruction_and_a_report_may_follow(people, story, try_report):
    answered = people["teacher"].post("/v1/route-checks", _answers())
    assert answered.json["instruction"] is None
    shown = people["teacher"].get(answered.json["link"])
    assert shown.json["emergency"] is None
    assert shown.json["referrals"] == []
    assert shown.json["answers"]["information"] is True
    assert try_report(answered.json["id"]).status_code == 201


def _answers(**changes):
    return {
        "immediate_danger": False,
        "in_need_or_harmed": False,
        "information": True,
        "person_of_interest_request": False,
        "adult": False,
        "area": "MANCHESTER",
        **changes,
    }


def test_immediate_danger_is_answered_with_the_999_instruction_and_that_is_recorded(people):
    answered = people["teacher"].post("/v1/route-checks", _answers(immediate_danger=True))
    assert answered.status_code == 201
    assert "999" in answered.json["instruction"]
    emergency = people["teacher"].get(answered.json["link"]).json["emergency"]
    assert emergency["instruction"] == answered.json["instruction"]
    assert (emergency["status"], emergency["owner"]) == ("OPEN", "PROTECT")


def test_a_report_is_refused_until_999_was_rung(story, people, try_report, hub):
    check = story.check(immediate_danger=True)
    head = hub.log.head()
    early = try_report(check)
    assert (early.status_code, early.json["code"], early.json["field"]) == (422, "emergency-first", "route_check")
    assert "999" in early.json["detail"]
    assert hub.log.head() == head
    story.change("teacher", f"/v1/route-checks/{check}", "emergency-call", CALL)
    shown = people["teacher"].get(f"/v1/route-checks/{check}").json["emergency"]
    assert (shown["status"], shown["police_reference"]) == ("CALLED", "GMP-20260302-0042")
    assert shown["called_at"] == "2026-03-02T09:58:00Z"
    assert try_report(check).status_code == 201


def test_the_desk_closes_an_item_whose_reporter_never_came_back(story, people, try_report):
    check = story.check(immediate_danger=True)
    story.change("supervisor", f"/v1/route-checks/{check}", "closing", CLOSING)
    shown = people["teacher"].get(f"/v1/route-checks/{check}").json["emergency"]
    assert (shown["status"], shown["outcome"]) == ("CLOSED", "The child is safe at home")
    assert try_report(check).status_code == 201
    again = people["officer"].change(f"/v1/route-checks/{check}", "closing", {"outcome": "Other", "reason": "Other."})
    assert (again.status_code, again.json["code"]) == (409, "emergency-settled")


def test_closing_the_browser_leaves_an_item_that_the_desk_owns_first_in_its_queue(story, people):
    waiting = story.report()
    check = story.check(immediate_danger=True)
    first, second = people["supervisor"].get("/v1/triage").json["items"]
    assert (first["kind"], first["id"], first["team"]) == ("EMERGENCY_OPEN_ITEM", check, "PROTECT")
    assert second["report"] == waiting
    assert first["opened_at"] is first["taken_by"] is None
    (notice, *_) = people["officer"].get("/v1/inbox").json["items"]
    assert (notice["subject"], notice["urgent"]) == ("OPEN_999_ITEM", True)
    assert notice["link"] == f"/v1/route-checks/{check}"

    story.change("officer", f"/v1/route-checks/{check}", "taking")
    (first, _) = people["supervisor"].get("/v1/triage").json["items"]
    assert first["taken_by"] == people["officer"].id
    assert first["opened_at"]
    story.change("supervisor", f"/v1/route-checks/{check}", "taking")
    (first, _) = people["supervisor"].get("/v1/triage").json["items"]
    assert first["taken_by"] == people["supervisor"].id
    story.change("supervisor", f"/v1/route-checks/{check}", "closing", CLOSING)
    assert [each["report"] for each in people["supervisor"].get("/v1/triage").json["items"]] == [waiting]


def test_danger_without_a_place_is_owned_by_the_duty_desk_of_the_hub(story, people):
    check = story.check(immediate_danger=True, area="")
    (item,) = people["duty"].get("/v1/triage").json["items"]
    assert (item["id"], item["team"]) == (check, "HUB_DUTY")
    assert people["supervisor"].get("/v1/triage").json["items"] == []
    story.change("duty", f"/v1/route-checks/{check}", "taking")


def test_an_item_nobody_settles_becomes_overdue_when_its_time_has_run_out(story, people, running):
    check = story.check(immediate_danger=True)
    due = datetime.fromisoformat(people["teacher"].get(f"/v1/route-checks/{check}").json["emergency"]["due_at"])
    assert timedelta(minutes=14) < due - running.world.time <= timedelta(minutes=15)
    running.later(minutes=14, seconds=50)
    assert "overdue" not in people["teacher"].get(f"/v1/route-checks/{check}").json["emergency"]
    running.later(seconds=20)
    assert people["teacher"].get(f"/v1/route-checks/{check}").json["emergency"]["overdue"] is True
    events = [each.event for each in running.hub.log.past(f"route-check:{check}")]
    assert [type(each).__name__ for each in events][2:] == ["EmergencyItemOverdue"]
    assert events[-1].due_at == due
    (item,) = people["supervisor"].get("/v1/triage").json["items"]
    assert item["breached"] is True
    subjects = [each["subject"] for each in people["supervisor"].get("/v1/inbox").json["items"]]
    assert subjects[:2] == ["OPEN_999_ITEM_OVERDUE", "OPEN_999_ITEM"]
    running.later(minutes=30)
    assert len(running.hub.log.past(f"route-check:{check}")) == 3


def test_an_item_that_was_settled_in_time_never_becomes_overdue(story, running):
    check = story.check(immediate_danger=True)
    story.change("teacher", f"/v1/route-checks/{check}", "emergency-call", CALL)
    running.later(hours=3)
    names = [type(each.event).__name__ for each in running.hub.log.past(f"route-check:{check}")]
    assert "EmergencyItemOverdue" not in names


def test_a_call_that_becomes_known_late_is_recorded_and_one_of_the_future_is_not(story, people):
    check = story.check(immediate_danger=True)
    path = f"/v1/route-checks/{check}"
    for called_at, code in (("2026-03-02T11:58:00Z", "time-in-future"), ("2026-03-02T09:58:00", "invalid")):
        refused = people["teacher"].change(path, "emergency-call", CALL | {"called_at": called_at})
        assert (refused.status_code, refused.json["code"]) == (422, code)
    story.change("supervisor", path, "closing", CLOSING)
    story.change("teacher", path, "emergency-call", CALL | {"called_at": "2026-03-02T10:57:30+01:00"})
    assert people["teacher"].get(path).json["emergency"]["called_at"] == "2026-03-02T09:57:30Z"


def test_there_is_no_item_to_work_on_where_nobody_was_in_danger(story, people):
    path = f"/v1/route-checks/{story.check()}"
    for who, step, body in (
        ("officer", "taking", None),
        ("officer", "closing", CLOSING),
        ("teacher", "emergency-call", CALL),
    ):
        refused = people[who].change(path, step, body)
        assert (refused.status_code, refused.json["code"]) == (409, "no-emergency-item")


def test_the_item_is_worked_by_the_desk_and_by_nobody_else(story, people):
    path = f"/v1/route-checks/{story.check(immediate_danger=True)}"
    etag = people["teacher"].get(path).headers["ETag"]
    for who in ("teacher", "worker", "salford-supervisor", "neighbourhood", "administrator"):
        for step, body in (("taking", None), ("closing", CLOSING)):
            assert people[who].post(f"{path}/{step}", body, etag=etag).status_code in {403, 404}


def test_an_answer_of_yes_or_no_is_not_given_in_words(people, hub):
    """Whether somebody is in danger is no place for guessing what was meant."""
    head = hub.log.head()
    for said in ("no", "off", "f", "maybe", "", None, [], {}):
        refused = people["teacher"].post("/v1/route-checks", _answers(immediate_danger=said))
        assert (refused.status_code, refused.json["field"]) == (422, "immediate_danger")
    assert hub.log.head() == head


@pytest.mark.parametrize(
    ("answers", "route", "code"),
    [
        ({"information": False}, "INFORMATION_REPORT", "route-not-answered"),
        ({}, "POI_RESPONSE", "route-not-answered"),
        ({"person_of_interest_request": True, "information": False}, "POI_RESPONSE", None),
    ],
    ids=["no information", "no request", "a reply"],
)
def test_a_report_goes_by_a_route_that_was_answered_with_yes(story, try_report, answers, route, code):
    answer = try_report(story.check(**answers), route=route)
    if code is None:
        assert answer.status_code == 201
    else:
        assert (answer.status_code, answer.json["code"]) == (422, code)


def test_a_route_check_is_for_whoever_answered_it(story, people, try_report):
    check = story.check("teacher")
    assert try_report(check, "worker").status_code == 404
    assert try_report(check).status_code == 201


def test_a_child_is_referred_to_childrens_social_care_and_an_adult_to_adult_safeguarding(story, people):
    sent = {"to_whom": "Duty social worker", "sent_at": "2026-03-02T09:25:00Z"}
    for adult, right, wrong in (
        (False, "MANCHESTER_CSC", "MANCHESTER_ASC"),
        (True, "MANCHESTER_ASC", "MANCHESTER_CSC"),
    ):
        path = f"/v1/route-checks/{story.check(adult=adult, in_need_or_harmed=True)}"
        for other in (wrong, "SALFORD_ASC" if adult else "SALFORD_CSC", "GMP"):
            refused = people["teacher"].change(path, "referrals", sent | {"recipient": other})
            assert (refused.status_code, refused.json["code"]) == (422, "wrong-recipient")
            assert refused.json["right_recipient"] == right
        story.change("teacher", path, "referrals", sent | {"recipient": right})
        (referral,) = people["teacher"].get(path).json["referrals"]
        assert referral == {
            "recipient": right,
            "to_whom": "Duty social worker",
            "sent_at": "2026-03-02T09:25:00Z",
            "safeguarding": "ADULT" if adult else "CHILD",
        }


def test_without_an_area_a_referral_goes_to_any_service_of_its_kind(story, people):
    sent = {"to_whom": "Duty social worker", "sent_at": "2026-03-02T09:25:00Z"}
    path = f"/v1/route-checks/{story.check(adult=True, area='')}"
    refused = people["teacher"].change(path, "referrals", sent | {"recipient": "BURY_CSC"})
    assert (refused.status_code, refused.json["code"]) == (422, "wrong-recipient")
    assert "right_recipient" not in refused.json
    story.change("teacher", path, "referrals", sent | {"recipient": "BURY_ASC"})


def test_a_place_goes_to_its_team_by_code_or_by_its_words_and_keeps_the_reporters_own_area_out(story, people):
    stated = story.report(area="ROCHDALE", place="")
    named = story.report(area="", place="behind the station in Rochdale")
    for report in (stated, named):
        shown = people["salford-supervisor"].get(f"/v1/reports/{report}").json
        assert (shown["area"], shown["team"], shown["unroutable"]) == ("ROCHDALE", "SUNRISE", False)
        assert people["supervisor"].get(f"/v1/reports/{report}").status_code == 404
    refused = people["teacher"].post("/v1/route-checks", _answers(area="ATLANTIS"))
    assert (refused.status_code, refused.json["code"]) == (422, "unknown-area")


def test_a_report_nobody_can_route_alarms_until_somebody_does(story, people, app):
    def alarm():
        return app.test_client().get("/health").json["unroutable_reports"]

    assert alarm() == 0
    report = story.report(area="", place="a lay-by on the motorway")
    assert alarm() == 1
    notice = people["duty"].get("/v1/inbox").json["items"][0]
    assert (notice["subject"], notice["urgent"]) == ("UNROUTABLE_REPORT", True)
    assert notice["link"] == f"/v1/reports/{report}"
    shown = people["duty"].get(notice["link"]).json
    assert (shown["status"], shown["unroutable"], shown["team"]) == ("RECEIVED", True, "HUB_DUTY")
    refused = people["duty"].change(f"/v1/reports/{report}", "rerouting", {"reason": "Somewhere."})
    assert (refused.status_code, refused.json["code"]) == (422, "team-not-found")

    due = shown["triage_due_at"]
    story.change("duty", f"/v1/reports/{report}", "rerouting", {"area": "MANCHESTER", "reason": "The caller said so."})
    assert alarm() == 0
    routed = people["supervisor"].get(f"/v1/reports/{report}").json
    assert (routed["status"], routed["team"], routed["unroutable"]) == ("REQUIRES_ASSESSMENT", "PROTECT", False)
    assert routed["triage_due_at"] == due
    assert people["supervisor"].get(f"/v1/reports/{report}/narrative").status_code == 200
    assert people["duty"].get(f"/v1/reports/{report}").status_code == 404
    subjects = {each["subject"] for each in people["supervisor"].get("/v1/inbox").json["items"]}
    assert "REPORT_TO_TRIAGE" in subjects


def test_sent_on_a_report_takes_everything_that_came_with_it_and_its_clock_keeps_running(story, people, running):
    report = story.report()
    mention = story.mention(report)
    due = people["supervisor"].get(f"/v1/triage/{report}").json["due_at"]
    running.later(hours=2)
    story.change("supervisor", f"/v1/reports/{report}", "rerouting", {"team": "SUNRISE", "reason": "It was Rochdale."})
    for path in (
        f"/v1/reports/{report}",
        f"/v1/reports/{report}/narrative",
        f"/v1/reports/{report}/reporter",
        f"/v1/mentions/{mention}",
        f"/v1/triage/{report}",
    ):
        assert people["supervisor"].get(path).status_code == 404
        assert people["salford-supervisor"].get(path).status_code == 200
    assert people["salford-supervisor"].get(f"/v1/triage/{report}").json["due_at"] == due
    (item,) = people["salford-supervisor"].get("/v1/triage").json["items"]
    assert (item["report"], item["due_at"], item["team"]) == (report, due, "SUNRISE")
