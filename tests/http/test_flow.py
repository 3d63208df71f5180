"""The first whole path: a report from the door to a timeline, over HTTP."""

from __future__ import annotations

from hub_services.verification import verify


def triaged(people, report, outcome="INVESTIGATE"):
    grade = {
        "source": 2,
        "assessment": "D",
        "handling_code": "C",
        "handling_conditions": ["SPECIALIST_SUPERVISOR_ONLY"],
    }
    assert people["supervisor"].change(f"/v1/reports/{report}", "grades", grade).status_code == 200
    assert people["supervisor"].change(f"/v1/triage/{report}", "opening").status_code == 200
    proposal = {"outcome": outcome, "rationale": "A pattern with two earlier reports."}
    assert people["supervisor"].change(f"/v1/triage/{report}", "proposals", proposal).status_code == 200
    answer = {"outcome": outcome, "rationale": "Agreed: the vehicle is known."}
    done = people["intelligence"].change(f"/v1/triage/{report}", "answers", answer)
    assert done.status_code == 200, done.json


def subject_of(people, report, kind="PERSON"):
    shown = people["supervisor"].get(f"/v1/reports/{report}")
    return next(each["id"] for each in shown.json["mentions"] if each["kind"] == kind)


def opened_case(people, report):
    body = {
        "report": report,
        "subject": subject_of(people, report),
        "person_stage": "CHILD",
        "strands": ["CSE"],
        "team": "PROTECT",
        "reason": "Suspected exploitation of a Year 9 pupil.",
    }
    opened = people["supervisor"].post("/v1/cases", body)
    assert opened.status_code == 201, opened.json
    return opened.json["id"]


def test_a_report_goes_from_the_door_to_a_timeline(people, send_report):
    report = send_report()
    queue = people["supervisor"].get("/v1/triage")
    assert [item["report"] for item in queue.json["items"]] == [report]
    triaged(people, report)
    case = opened_case(people, report)
    worker = {"worker": people["worker"].id, "team": "PROTECT", "reason": "Knows the school."}
    assert people["supervisor"].change(f"/v1/cases/{case}", "allocations", worker).status_code == 200
    before = people["worker"].get(f"/v1/timelines/{case}")
    assert before.status_code == 200
    lifting = {
        "authority": "DI Ashworth",
        "reason": "The school has to act.",
        "handling_conditions": ["SHARE_WITH_CASE_MEMBERS"],
    }
    assert people["worker"].get(f"/v1/reports/{report}").status_code == 404
    lifted = people["supervisor"].change(f"/v1/reports/{report}", "restriction-lifting", lifting)
    assert lifted.status_code == 200, lifted.json
    assert people["worker"].get(f"/v1/reports/{report}").status_code == 200
    after = people["worker"].get(f"/v1/timelines/{case}")
    assert len(after.json["lines"]) > len(before.json["lines"])
    print(*[line["sentence"] for line in after.json["lines"]], sep="\n")
    assert people["worker"].get(f"/v1/reports/{report}/source").status_code == 403
    assert people["stranger"].get(f"/v1/timelines/{case}").status_code == 404
    source = people["handler"].get(f"/v1/reports/{report}/source")
    assert source.json["full_name"] == "Marjorie Quillfeather"


def test_the_views_of_the_whole_path_equal_a_rebuild(hub, people, send_report):
    report = send_report()
    triaged(people, report)
    opened_case(people, report)

    assert list(verify(hub)) == []


def test_a_flag_follows_its_case_to_another_team(people, send_report):
    report = send_report()
    triaged(people, report)
    case = opened_case(people, report)
    flag = {
        "mention": subject_of(people, report),
        "flag": "CSE",
        "review_on": "2026-06-01",
        "reason": "So that every officer knows.",
    }
    requested = people["supervisor"].post(f"/v1/cases/{case}/flags", flag)
    assert requested.status_code == 201, requested.json
    flag_path = requested.json["link"]
    assert people["salford-supervisor"].get(flag_path).status_code == 404

    moved = {"worker": people["worker"].id, "team": "SUNRISE", "reason": "She moved to Rochdale."}
    assert people["supervisor"].change(f"/v1/cases/{case}", "allocations", moved).status_code == 200

    assert people["salford-supervisor"].get(flag_path).json["team"] == "SUNRISE"
    assert people["supervisor"].get(flag_path).status_code == 404
