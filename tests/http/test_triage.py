"""Grading and triage by two people, with clocks that leave an event when they run out (domain.md A.1.7, B.1)."""

from __future__ import annotations

from datetime import datetime

import pytest

SUPERVISOR_ONLY = "SPECIALIST_SUPERVISOR_ONLY"


def propose(person, report, outcome="INVESTIGATE", **more):
    body = {"outcome": outcome, "rationale": "A pattern with two earlier reports.", **more}
    return person.change(f"/v1/triage/{report}", "proposals", body)


def answer(person, report, outcome="INVESTIGATE", rationale="The vehicle is known."):
    return person.change(f"/v1/triage/{report}", "answers", {"outcome": outcome, "rationale": rationale})


def refused(found, status, code):
    assert (found.status_code, found.json["code"]) == (status, code), found.get_data(as_text=True)


@pytest.mark.parametrize(
    ("form", "suggested"),
    [
        # Trap T2: on the form 4 is suspected to be false, which is E by its meaning and never D by its place.
        ({"reliability": 1, "accuracy": 4}, (1, "E")),
        ({"reliability": 5, "accuracy": 5}, (2, "D")),
        # The form has no words for 3, so nobody may guess what it means.
        ({"reliability": 3, "accuracy": 1}, (None, "A")),
    ],
    ids=["suspected false", "cannot be judged", "without words"],
)
def test_the_digits_of_the_form_stay_and_the_grade_is_suggested_by_their_meaning(story, people, form, suggested):
    report = story.report(**form)
    shown = people["supervisor"].get(f"/v1/reports/{report}/narrative").json
    assert shown["form_evaluation"] == {**form, "willing_to_engage": "DONT_KNOW"}
    assert (shown["suggested_grade"]["source"], shown["suggested_grade"]["assessment"]) == suggested
    assert shown["suggested_grade"]["handling_code"] == "C"
    assert shown["suggested_grade"]["handling_conditions"] == [SUPERVISOR_ONLY]
    assert people["supervisor"].get(f"/v1/reports/{report}").json["grade"] == ""


def test_a_grade_is_confirmed_by_an_officer_and_its_history_stays(story, people, hub):
    report = story.report()
    story.grade(report, source=2, assessment="D")
    assert people["supervisor"].get(f"/v1/reports/{report}").json["grade"] == "[2DC]"
    story.lift(report)
    story.grade(report, (), who="intelligence", source=1, assessment="B", reason="Corroborated twice.")
    shown = people["supervisor"].get(f"/v1/reports/{report}").json
    assert (shown["grade"], shown["handling_code"], shown["handling_conditions"]) == ("[1BP]", "P", [])
    grades = [each.event for each in hub.log.past(f"report:{report}") if "grade-confirmed" in each.topic]
    assert [each.printed for each in grades] == ["[2DC]", "[1BP]"]
    first = next(each.version for each in hub.log.past(f"report:{report}") if "grade-confirmed" in each.topic)
    assert grades[1].supersedes == first
    assert people["supervisor"].get(f"/v1/reports/{report}/narrative").json["form_evaluation"]["accuracy"] == 5


def test_two_people_of_the_two_roles_decide_together(story, people):
    report = story.report()
    story.grade(report)
    story.change("supervisor", f"/v1/triage/{report}", "opening")
    story.propose(report, alternatives=["RECORD_ONLY"])
    (item,) = people["intelligence"].get("/v1/triage").json["items"]
    assert [(each["role"], each["outcome"]) for each in item["proposals"]] == [("SPECIALIST_SUPERVISOR", "INVESTIGATE")]
    assert item["disagreement"] is False
    story.answer(report)
    shown = people["supervisor"].get(f"/v1/triage/{report}").json
    assert (shown["status"], shown["outcome"], shown["breached"]) == ("DECIDED", "INVESTIGATE", False)
    proposed, decided = shown["steps"]
    assert (proposed["step"], proposed["role"]) == ("PROPOSED", "SPECIALIST_SUPERVISOR")
    assert proposed["alternatives"] == ["RECORD_ONLY"]
    assert proposed["rationale"] == "A pattern with two earlier reports."
    assert (decided["step"], decided["role"]) == ("DECIDED", "FORCE_INTELLIGENCE_OFFICER")
    report_shown = people["supervisor"].get(f"/v1/reports/{report}").json
    assert (report_shown["status"], report_shown["outcome"]) == ("TRIAGED", "INVESTIGATE")
    assert people["supervisor"].get("/v1/triage").json["items"] == []
    for late in (propose(people["supervisor"], report), answer(people["intelligence"], report, "RECORD_ONLY")):
        refused(late, 409, "already-decided")


def test_disagreement_keeps_the_report_open_with_both_recorded_until_they_agree(story, people):
    report = story.report()
    story.grade(report)
    story.propose(report, "INVESTIGATE")
    assert answer(people["intelligence"], report, "RECORD_ONLY", "Nothing new in it.").status_code == 200
    (item,) = people["supervisor"].get("/v1/triage").json["items"]
    assert item["disagreement"] is True
    assert {each["outcome"] for each in item["proposals"]} == {"INVESTIGATE", "RECORD_ONLY"}
    shown = people["supervisor"].get(f"/v1/triage/{report}").json
    assert (shown["status"], shown["outcome"]) == ("DISAGREED", None)
    assert [each["step"] for each in shown["steps"]] == ["PROPOSED", "DISAGREED"]
    assert shown["steps"][1]["proposed"] == "INVESTIGATE"
    assert shown["steps"][1]["rationale"] == "Nothing new in it."
    assert answer(people["supervisor"], report, "RECORD_ONLY", "Convinced.").status_code == 200
    shown = people["supervisor"].get(f"/v1/triage/{report}").json
    assert (shown["status"], shown["outcome"]) == ("DECIDED", "RECORD_ONLY")
    assert people["supervisor"].get("/v1/triage").json["items"] == []


def test_one_person_does_not_decide_alone(story, people):
    report = story.report()
    story.grade(report)
    refused(answer(people["supervisor"], report), 409, "nothing-proposed")
    story.propose(report)
    refused(answer(people["supervisor"], report), 409, "same-person")
    refused(propose(people["intelligence"], report), 409, "already-proposed")


def test_somebody_who_holds_both_roles_decides_nothing(story, people):
    report = story.report()
    story.grade(report)
    refused(propose(people["both"], report), 409, "holds-both-roles")
    story.propose(report)
    refused(answer(people["both"], report), 409, "holds-both-roles")


def test_the_reporter_does_not_decide_on_the_report(story, people):
    report = story.report("supervisor")
    story.grade(report, who="intelligence")
    refused(propose(people["supervisor"], report), 409, "reporter-cannot-decide")
    story.propose(report, who="intelligence")
    refused(answer(people["supervisor"], report), 409, "reporter-cannot-decide")


def test_a_report_is_graded_before_it_is_decided(story, people):
    report = story.report()
    story.propose(report)
    refused(answer(people["intelligence"], report), 409, "grade-first")
    story.grade(report)
    assert answer(people["intelligence"], report).status_code == 200


@pytest.mark.parametrize("who", ["teacher", "officer", "manager", "worker", "handler", "administrator"])
def test_nobody_else_decides(story, people, who):
    report = story.report()
    for path, body in (
        ("opening", None),
        ("proposals", {"outcome": "INVESTIGATE", "rationale": "X"}),
        ("answers", {"outcome": "INVESTIGATE", "rationale": "X"}),
    ):
        refused(people[who].post(f"/v1/triage/{report}/{path}", body, etag='"v1"'), 403, "not-permitted")


def test_an_outcome_is_one_of_those_named_and_a_rationale_is_in_words(story, people):
    report = story.report()
    refused(propose(people["supervisor"], report, "IGNORE"), 422, "unknown-outcome")
    refused(propose(people["supervisor"], report, alternatives=["IGNORE"]), 422, "unknown-outcome")
    refused(propose(people["supervisor"], report, rationale="   "), 422, "words-missing")


def test_a_report_that_is_not_decided_in_time_leaves_a_breach_as_an_event(story, people, running):
    report = story.report()
    due = people["supervisor"].get(f"/v1/triage/{report}").json["due_at"]
    # Eight working hours from Monday at ten: Tuesday at ten, over a night that does not count.
    assert datetime.fromisoformat(due).strftime("%a %H:%M") == "Tue 10:00"
    running.later(hours=23, minutes=59)
    assert people["supervisor"].get(f"/v1/triage/{report}").json["breached"] is False
    running.later(minutes=2)
    assert people["supervisor"].get(f"/v1/triage/{report}").json["breached"] is True
    breaches = [each for each in running.hub.log.past(f"triage:{report}") if "breached" in each.topic]
    assert len(breaches) == 1
    assert breaches[0].envelope.actor.role == "SYSTEM"
    assert breaches[0].event.due_at == datetime.fromisoformat(due)
    (notice, *_) = people["supervisor"].get("/v1/inbox").json["items"]
    assert (notice["subject"], notice["urgent"], notice["link"]) == ("TRIAGE_OVERDUE", True, f"/v1/triage/{report}")
    running.later(days=1)
    assert len([each for each in running.hub.log.past(f"triage:{report}") if "breached" in each.topic]) == 1
    story.grade(report)
    story.propose(report)
    story.answer(report)
    assert people["supervisor"].get(f"/v1/triage/{report}").json["breached"] is True


def test_a_report_decided_in_time_is_never_breached(story, running):
    report = story.decided()
    running.later(days=3)
    assert not [each for each in running.hub.log.past(f"triage:{report}") if "breached" in each.topic]


def test_the_queue_puts_open_999_items_first_then_breached_then_never_opened_then_oldest(story, people, running):
    breached_opened, breached = story.report(), story.report()
    story.change("supervisor", f"/v1/triage/{breached_opened}", "opening")
    running.later(days=1, hours=2)
    opened = story.report()
    story.change("intelligence", f"/v1/triage/{opened}", "opening")
    older, newer = story.report(), story.report()
    emergency = story.check(immediate_danger=True)
    items = people["supervisor"].get("/v1/triage").json["items"]
    expected = [emergency, breached, breached_opened, older, newer, opened]
    assert [each["id"] for each in items] == expected
    assert [each["breached"] for each in items] == [False, True, True, False, False, False]
    assert [each["opened_at"] is None for each in items] == [True, True, False, True, True, False]
    assert [each["id"] for each in people["supervisor"].get("/v1/triage", team="SUNRISE").json["items"]] == []
    # The intelligence officer decides on reports and works no 999 items.
    assert [each["id"] for each in people["intelligence"].get("/v1/triage").json["items"]] == expected[1:]


def test_a_report_is_opened_once_and_by_whom_is_kept(story, people, hub):
    report = story.report()
    story.change("supervisor", f"/v1/triage/{report}", "opening")
    first = people["supervisor"].get(f"/v1/triage/{report}").json
    assert first["status"] == "OPENED"
    story.change("intelligence", f"/v1/triage/{report}", "opening")
    assert people["supervisor"].get(f"/v1/triage/{report}").json == first
