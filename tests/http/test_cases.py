"""Cases: opened from a decision, worked by their members, flagged with a manager's approval (domain.md A.4.5)."""

from __future__ import annotations

import pytest

SHARED = "SHARE_WITH_CASE_MEMBERS"


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("cases")) as found:
        yield found


@pytest.fixture(scope="module")
def report(running, story_of):
    """A report that was decided on and is open to the members of its cases; cases are opened from it anew."""
    story = story_of(running)
    report = story.decided()
    story.lift(report, SHARED)
    return report


@pytest.fixture
def case(story, report):
    case = story.case(report)
    story.allocate(case)
    return case


@pytest.fixture
def shown(people, case):
    def show(who="worker"):
        answer = people[who].get(f"/v1/cases/{case}")
        assert answer.status_code == 200
        return answer.json

    return show


@pytest.fixture
def tried(people, case):
    """Try to change the case."""

    def attempt(path, who="supervisor", **body):
        return people[who].change(f"/v1/cases/{case}", path, {"reason": "The work asks for it.", **body})

    return attempt


def refused(answer, status, code):
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.get_data(as_text=True)


def test_a_case_is_opened_from_a_decision_about_a_person_of_the_report(story, people, report):
    case = story.case(report, strands=["CSE", "COUNTY_LINES"])
    found = people["supervisor"].get(f"/v1/cases/{case}").json
    assert (found["status"], found["person_stage"], found["team"]) == ("OPEN", "CHILD", "PROTECT")
    assert found["subject"] == story.mention(report)
    assert (found["subject_as_said"], found["subject_name"]) == ("a girl called Tansy", "Tansy Wrenfield")
    assert (found["strands_open"], found["strands_closed"]) == (["COUNTY_LINES", "CSE"], [])
    assert found["opened_from"] == report
    assert [each["report"] for each in found["reports"]] == [report]
    ((person),) = found["persons"]
    assert (person["role"], person["role_to"]) == ("SUBJECT", None)
    assert (found["worker"], found["members"]) == ("", [])


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"person_stage": "TEENAGER"}, 422, "invalid"),
        ({"strands": []}, 422, "invalid"),
        ({"strands": ["GOSSIP"]}, 422, "unknown-strand"),
        ({"team": "NOBODY"}, 422, "unknown-team"),
        ({"reason": " "}, 422, "words-missing"),
    ],
    ids=["stage", "no strand", "strand", "team", "reason"],
)
def test_a_case_that_does_not_fit_is_not_opened(story, people, report, changes, status, code):
    body = {
        "report": report,
        "subject": story.mention(report),
        "person_stage": "CHILD",
        "strands": ["CSE"],
        "team": "PROTECT",
        "reason": "Suspected exploitation.",
        **changes,
    }
    refused(people["supervisor"].post("/v1/cases", body), status, code)


def test_a_subject_is_a_person_of_that_very_report(story, people, report):
    body = {"report": report, "person_stage": "CHILD", "strands": ["CSE"], "team": "PROTECT", "reason": "X"}
    for subject in (story.mention(report, "VEHICLE"), story.mention(story.report())):
        answer = people["supervisor"].post("/v1/cases", body | {"subject": subject})
        refused(answer, 422, "subject-not-in-report")


def test_a_case_follows_a_decision_that_somebody_works_on(story, people):
    body = {"person_stage": "CHILD", "strands": ["CSE"], "team": "PROTECT", "reason": "X"}
    undecided, recorded = story.report(), story.decided("RECORD_ONLY")
    for other in (undecided, recorded):
        answer = people["supervisor"].post("/v1/cases", body | {"report": other, "subject": story.mention(other)})
        refused(answer, 409, "not-triaged")


def test_a_further_report_joins_whatever_its_outcome_once_it_is_decided(story, people, case, shown, tried):
    refused(tried("reports", report=story.report()), 409, "not-triaged")
    second = story.decided("RECORD_ONLY")
    assert tried("reports", report=second).status_code == 200
    assert second not in {each["report"] for each in shown()["reports"]}
    story.lift(second, SHARED)
    assert second in {each["report"] for each in shown()["reports"]}
    assert people["worker"].get(f"/v1/reports/{second}").status_code == 200


def test_persons_have_roles_here_and_for_a_time_and_never_one_for_good(story, report, shown, tried):
    mention = story.mention(report)
    assert tried("persons", "worker", mention=mention, role="VICTIM", role_from="2025-11-01").status_code == 200
    assert tried("persons", "worker", mention=mention, role="WITNESS", role_from="2026-01-01").status_code == 200
    ended = tried("role-endings", "worker", mention=mention, role="WITNESS", ended_on="2026-02-01")
    assert ended.status_code == 200
    periods = {each["role"]: (each["role_from"], each["role_to"]) for each in shown()["persons"]}
    assert periods["VICTIM"] == ("2025-11-01", None)
    assert periods["WITNESS"] == ("2026-01-01", "2026-02-01")
    assert {each["name"] for each in shown()["persons"]} == {"Tansy Wrenfield"}
    other = story.case(report)
    assert {each["role"] for each in story.people["supervisor"].get(f"/v1/cases/{other}").json["persons"]} == {
        "SUBJECT"
    }


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("persons", {"role": "VICTIM", "role_from": "2026-03-03"}, "date-in-future"),
        ("persons", {"role": "VICTIM", "role_from": "0001-01-01"}, "invalid"),
        ("persons", {"role": "VICTIM", "role_from": "1899-12-31"}, "invalid"),
        ("persons", {"role": "VICTIM", "role_from": "9999-12-31"}, "invalid"),
        ("persons", {"role": "VICTIM", "role_from": "2026-02-30"}, "invalid"),
        ("persons", {"role": "OFFENDER", "role_from": "2026-01-01"}, "unknown-role"),
        ("role-endings", {"role": "CARER", "ended_on": "2026-01-01"}, "role-not-held"),
        ("role-endings", {"role": "SUBJECT", "ended_on": "2026-03-03"}, "date-in-future"),
        ("role-endings", {"role": "SUBJECT", "ended_on": "2026-03-01"}, "ends-before-it-began"),
    ],
    ids=["future", "year 1", "1899", "9999", "no day", "no role", "not held", "ends later", "ends before"],
)
def test_a_role_with_impossible_days_or_names_is_refused(story, report, tried, hub, path, body, code):
    refused(tried(path, "worker", mention=story.mention(report), **body), 422, code)
    assert hub.views.quarantine() == []


def test_strands_open_and_close_and_the_last_one_stays(shown, tried):
    assert tried("strands", "worker", strand="MSHT").status_code == 200
    assert (shown()["strands_open"], shown()["strands_closed"]) == (["CSE", "MSHT"], [])
    assert tried("strand-closings", "worker", strand="CSE").status_code == 200
    assert (shown()["strands_open"], shown()["strands_closed"]) == (["MSHT"], ["CSE"])
    refused(tried("strand-closings", "worker", strand="MSHT"), 409, "last-strand")
    refused(tried("strand-closings", "worker", strand="FGM"), 422, "strand-not-open")
    assert tried("strands", "worker", strand="CSE").status_code == 200
    assert (shown()["strands_open"], shown()["strands_closed"]) == (["CSE", "MSHT"], [])


def test_allocation_names_a_worker_who_holds_cases_and_tells_them(story, people, case, shown, tried):
    assert shown()["worker"] == people["worker"].id
    (member,) = shown()["members"]
    assert (member["account"], member["allocated"]) == (people["worker"].id, True)
    notices = people["worker"].get("/v1/inbox").json["items"]
    assert {each["subject"] for each in notices if each["link"].endswith(case)} == {"CASE_ALLOCATED", "CASE_SHARED"}
    for who in ("supervisor", "teacher", "administrator"):
        answer = tried("allocations", worker=people[who].id, team="PROTECT")
        refused(answer, 422, "cannot-hold-cases")
    refused(tried("allocations", worker="A" * 22, team="PROTECT"), 422, "unknown-account")
    assert tried("allocations", worker=people["stranger"].id, team="PROTECT").status_code == 200
    assert shown("stranger")["worker"] == people["stranger"].id
    # Whoever held it before stays a member until they are removed.
    assert {each["account"]: each["allocated"] for each in shown()["members"]} == {
        people["worker"].id: False,
        people["stranger"].id: True,
    }


def test_members_come_and_go_and_the_allocated_worker_stays(people, case, tried):
    assert people["stranger"].get(f"/v1/cases/{case}").status_code == 404
    assert tried("members", account=people["stranger"].id).status_code == 200
    assert people["stranger"].get(f"/v1/cases/{case}").status_code == 200
    assert case in {each["id"] for each in people["stranger"].get("/v1/cases").json["items"]}
    assert tried("member-removals", account=people["stranger"].id).status_code == 200
    assert people["stranger"].get(f"/v1/cases/{case}").status_code == 404
    assert case not in {each["id"] for each in people["stranger"].get("/v1/cases").json["items"]}
    refused(tried("member-removals", account=people["worker"].id), 409, "worker-allocated")


def test_an_administrator_or_auditor_reads_no_case_although_somebody_made_them_a_member(people, case, tried):
    for who in ("administrator", "auditor", "board"):
        assert tried("members", account=people[who].id).status_code == 200
        assert people[who].get(f"/v1/cases/{case}").status_code == 404
        assert people[who].get("/v1/cases").json["items"] == []


def test_a_case_is_closed_for_a_named_reason_takes_no_work_and_opens_again(shown, tried):
    refused(tried("closing", reason_code="BORED"), 422, "unknown-closure-reason")
    assert tried("closing", "manager", reason_code="RISK_REDUCED").status_code == 200
    closed = shown()
    assert (closed["status"], closed["closure_code"]) == ("CLOSED", "RISK_REDUCED")
    assert closed["closed_at"]
    for path, body in (
        ("strands", {"strand": "MSHT"}),
        ("closing", {"reason_code": "OTHER"}),
        ("members", {"account": "A" * 22}),
    ):
        refused(tried(path, **body), 409, "case-closed")
    assert tried("reopening", "manager").status_code == 200
    again = shown()
    assert (again["status"], again["closed_at"], again["closure_code"]) == ("OPEN", None, "")
    assert tried("strands", strand="MSHT").status_code == 200


@pytest.mark.parametrize("path", ["allocations", "members", "member-removals", "closing", "reopening"])
def test_a_member_works_a_case_and_does_not_run_it(people, case, tried, path):
    bodies = {
        "allocations": {"worker": people["worker"].id, "team": "PROTECT"},
        "closing": {"reason_code": "OTHER"},
        "reopening": {},
    }
    refused(tried(path, "worker", **bodies.get(path, {"account": people["stranger"].id})), 403, "not-permitted")


def test_cases_are_listed_by_team_status_strand_and_worker(people, case, tried):
    def listed(**query):
        return case in {each["id"] for each in people["supervisor"].get("/v1/cases", limit=200, **query).json["items"]}

    worker = people["worker"].id
    assert listed()
    assert listed(team="PROTECT", status="OPEN", strand="CSE", worker=worker)
    for other in ({"team": "SUNRISE"}, {"status": "CLOSED"}, {"strand": "FGM"}, {"worker": people["stranger"].id}):
        assert not listed(**other)
    tried("closing", reason_code="OTHER")
    assert listed(status="CLOSED")
    assert not listed(status="OPEN")
    refused(people["supervisor"].get("/v1/cases", status="FORGOTTEN"), 422, "invalid")


REASON = {"reason": "The other agency has to know."}
PLACING = {
    "agency": "MANCHESTER_CSC",
    "system": "Children's system",
    "confirmation": "LL-2026-1",
    "placed_at": "2026-03-02T09:59:00Z",
    **REASON,
}


@pytest.fixture
def flag(story, case, report):
    return story.flag(case, story.mention(report))


@pytest.fixture
def step(people, flag):
    def take(path, body=REASON, who="worker"):
        return people[who].change(f"/v1/flags/{flag}", path, body)

    return take


def test_a_flag_is_requested_approved_by_a_manager_placed_and_cleared(people, case, report, story, flag, step):
    def status():
        found = people["worker"].get(f"/v1/flags/{flag}").json
        (listed,) = people["worker"].get(f"/v1/cases/{case}/flags").json["items"]
        assert listed == found
        return found["status"]

    waiting = [each["id"] for each in people["manager"].get("/v1/flags", team="PROTECT", limit=200).json["items"]]
    assert flag in waiting
    assert "FLAG_TO_APPROVE" in {each["subject"] for each in people["manager"].get("/v1/inbox").json["items"]}
    assert status() == "REQUESTED"
    refused(step("placing", PLACING), 409, "flag-state")
    assert step("approval", who="manager").status_code == 200
    assert status() == "APPROVED"
    assert flag not in [each["id"] for each in people["manager"].get("/v1/flags", limit=200).json["items"]]
    assert step("placing", PLACING).status_code == 200
    assert status() == "PLACED"
    refused(step("clearing"), 422, "confirmation-missing")
    assert step("clearing", {**REASON, "confirmation": "LL-2026-2"}).status_code == 200
    assert status() == "CLEARED"
    found = people["manager"].get(f"/v1/flags/{flag}").json
    assert (found["case"], found["mention"], found["code"]) == (case, story.mention(report), "CSE")
    assert found["requested"]["by"] == people["worker"].id
    assert found["approved"]["by"] == people["manager"].id
    assert found["refused"] is None
    assert (found["placed"]["confirmation"], found["cleared"]["confirmation"]) == ("LL-2026-1", "LL-2026-2")
    assert found["placed"]["placed_at"] == "2026-03-02T09:59:00Z"
    refused(step("clearing"), 409, "flag-state")


def test_whoever_asked_for_a_flag_does_not_answer(people, story, case, report):
    own = story.flag(case, story.mention(report), "manager")
    for path in ("approval", "refusal"):
        refused(people["manager"].change(f"/v1/flags/{own}", path, REASON), 409, "same-person")


@pytest.mark.parametrize("who", ["worker", "supervisor"])
def test_a_flag_is_answered_by_managers_alone(step, who):
    for path in ("approval", "refusal"):
        refused(step(path, who=who), 403, "not-permitted")


def test_a_flag_that_was_refused_is_placed_by_nobody(people, flag, step):
    assert step("refusal", who="manager").status_code == 200
    assert people["worker"].get(f"/v1/flags/{flag}").json["status"] == "REFUSED"
    refused(step("placing", PLACING), 409, "flag-state")
    refused(step("approval", who="manager"), 409, "flag-state")


def test_a_request_may_be_given_up(people, flag, step):
    assert step("clearing").status_code == 200
    assert people["worker"].get(f"/v1/flags/{flag}").json["status"] == "CLEARED"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"flag": "NONSENSE"}, "unknown-flag"),
        ({"flag": "PREMISES_OF_CONCERN"}, "unknown-flag"),
        ({"review_on": "2026-03-02"}, "date-not-in-future"),
        ({"review_on": "9999-12-31"}, "invalid"),
        ({"reason": " "}, "words-missing"),
    ],
    ids=["unknown", "not for a person", "today", "never", "reason"],
)
def test_a_flag_that_does_not_fit_is_not_requested(people, story, case, report, changes, code):
    body = {"mention": story.mention(report), "flag": "CSE", "review_on": "2026-09-01", **REASON, **changes}
    refused(people["worker"].post(f"/v1/cases/{case}/flags", body), 422, code)
