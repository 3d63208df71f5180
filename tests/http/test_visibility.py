"""Who sees what at each stage of a report's way, against a table that people can read (domain.md D.4)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

SUPERVISOR_ONLY = "SPECIALIST_SUPERVISOR_ONLY"
SHARED = "SHARE_WITH_CASE_MEMBERS"

DECIDERS = "supervisor intelligence both"
CASE_TEAM = "supervisor both manager"

TABLE = {
    "sent in": {
        "report": DECIDERS,
        "mentions": DECIDERS,
        "mention": DECIDERS,
        "narrative": DECIDERS,
        "reporter": f"{DECIDERS} handler",
        "original": "handler",
        "source": "handler",
        "triage": DECIDERS,
        "check": "teacher supervisor both officer",
        "feedback": "",
        "notice": "supervisor both officer manager worker",
        "account": "teacher administrator",
    },
    # Decided on, so that feedback is due; everything else stays as restricted as it was.
    "decided": {"feedback": f"teacher {DECIDERS} officer"},
    # Under C with another condition than that of sharing it in a case.
    "lifted, C": {
        "report": f"{DECIDERS} officer manager",
        "mentions": f"{DECIDERS} officer manager",
        "mention": f"{DECIDERS} officer manager",
    },
    "lifted, P": {
        "report": f"{DECIDERS} officer manager neighbourhood",
        "mentions": f"{DECIDERS} officer manager neighbourhood",
        "mention": f"{DECIDERS} officer manager neighbourhood",
    },
    "lifted, C and shared in cases": {
        "report": f"{DECIDERS} officer manager",
        "mentions": f"{DECIDERS} officer manager",
        "mention": f"{DECIDERS} officer manager",
    },
    "joined to a case": {
        "report": f"{DECIDERS} officer manager worker stranger",
        "mentions": f"{DECIDERS} officer manager worker stranger",
        "mention": f"{DECIDERS} officer manager worker stranger",
        "case": f"{CASE_TEAM} worker stranger",
        "timeline": f"{CASE_TEAM} worker stranger",
        "flags": f"{CASE_TEAM} worker stranger",
        "flag": f"{CASE_TEAM} worker stranger",
    },
    "in the case under C with another condition": {
        "report": f"{DECIDERS} officer manager",
        "mentions": f"{DECIDERS} officer manager",
        "mention": f"{DECIDERS} officer manager",
    },
    "in the case under P": {
        "report": f"{DECIDERS} officer manager neighbourhood worker stranger",
        "mentions": f"{DECIDERS} officer manager neighbourhood worker stranger",
        "mention": f"{DECIDERS} officer manager neighbourhood worker stranger",
    },
    "one member removed": {
        "report": f"{DECIDERS} officer manager neighbourhood worker",
        "mentions": f"{DECIDERS} officer manager neighbourhood worker",
        "mention": f"{DECIDERS} officer manager neighbourhood worker",
        "case": f"{CASE_TEAM} worker",
        "timeline": f"{CASE_TEAM} worker",
        "flags": f"{CASE_TEAM} worker",
        "flag": f"{CASE_TEAM} worker",
    },
    # A closed case is still its members'.
    "closed": {},
    "restricted again": {"report": DECIDERS, "mentions": DECIDERS, "mention": DECIDERS},
}
"""At each stage who sees each record; what a stage leaves out is as in the stage before."""

OPERATORS = "board auditor administrator"
BY_RULE = {
    "original": "all but handler",
    "source": "all but handler",
    "timeline": f"handler {OPERATORS}",
}
"""Who is refused by the rule and not as if the record were absent: no record whatever would ever be open to them."""

LISTS = {
    "report": "/v1/reports",
    "case": "/v1/cases",
    "flag": "/v1/flags",
    "feedback": "/v1/feedback",
    "notice": "/v1/inbox",
}
LISTED_AT = ("decided", "joined to a case", "one member removed", "restricted again")
WHOLE_AT = ("sent in", "joined to a case", "restricted again")
"""Where every record is looked at; elsewhere those the stage speaks of, and what must never open."""


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("visibility")) as found:
        yield found


@pytest.fixture(scope="module")
def told(running, story_of):
    """Take a report from stage to stage; each is told on demand, in its order."""
    story, people = story_of(running), running.people
    ids = SimpleNamespace(check=story.check(), case="", flag="")
    ids.report = story.report(check=ids.check)
    ids.mention = story.mention(ids.report)
    ids.notice = people["supervisor"].get("/v1/inbox").json["items"][0]["id"]
    ids.account = people["teacher"].id

    def decided():
        story.grade(ids.report)
        story.propose(ids.report)
        story.answer(ids.report)

    def joined():
        ids.case = story.case(ids.report)
        story.allocate(ids.case)
        story.in_case(ids.case, "members", account=people["stranger"].id)
        ids.flag = story.flag(ids.case, ids.mention)

    stages = {
        "sent in": lambda: None,
        "decided": decided,
        "lifted, C": lambda: story.lift(ids.report),
        "lifted, P": lambda: story.grade(ids.report, ()),
        "lifted, C and shared in cases": lambda: story.grade(ids.report, (SHARED,)),
        "joined to a case": joined,
        "in the case under C with another condition": lambda: story.grade(ids.report, ("REFER_TO_ORIGINATOR",)),
        "in the case under P": lambda: story.grade(ids.report, ()),
        "one member removed": lambda: story.in_case(ids.case, "member-removals", account=people["stranger"].id),
        "closed": lambda: story.in_case(ids.case, "closing", reason_code="RISK_REDUCED"),
        "restricted again": lambda: story.grade(ids.report, (SUPERVISOR_ONLY,)),
    }
    assert list(stages) == list(TABLE)
    return stages, ids


def paths(ids):
    report = f"/v1/reports/{ids.report}"
    found = {
        "report": report,
        "mentions": f"{report}/mentions",
        "mention": f"/v1/mentions/{ids.mention}",
        "narrative": f"{report}/narrative",
        "reporter": f"{report}/reporter",
        "original": f"{report}/original",
        "source": f"{report}/source",
        "triage": f"/v1/triage/{ids.report}",
        "check": f"/v1/route-checks/{ids.check}",
        "feedback": f"/v1/feedback/{ids.report}",
        "notice": f"/v1/inbox/{ids.notice}",
        "account": f"/v1/accounts/{ids.account}",
    }
    if ids.case:
        found |= {
            "case": f"/v1/cases/{ids.case}",
            "timeline": f"/v1/timelines/{ids.case}",
            "flags": f"/v1/cases/{ids.case}/flags",
            "flag": f"/v1/flags/{ids.flag}",
        }
    return found


def absent(path, ids):
    for identifier in vars(ids).values():
        path = path.replace(identifier, "A" * 22) if identifier else path
    return path


def refused_by_rule(record, who):
    named = BY_RULE.get(record, "")
    return who != "handler" if named == "all but handler" else who in named.split()


def test_each_record_is_seen_by_those_in_the_table_and_looks_absent_to_everybody_else(told, people):
    """15 people, 16 records, 11 stages; a refusal is byte for byte that of a record which does not exist."""
    stages, ids = told
    expected, cells, refusals = {}, 0, {}
    for stage, tell in stages.items():
        tell()
        expected |= {record: set(names.split()) for record, names in TABLE[stage].items()}
        for record, path in paths(ids).items():
            if stage not in WHOLE_AT and record not in {*TABLE[stage], "narrative", "source", "triage"}:
                continue
            for who, person in people.items():
                answer = person.get(path)
                wanted = 200 if who in expected[record] else 403 if refused_by_rule(record, who) else 404
                assert answer.status_code == wanted, (stage, record, who, answer.get_data(as_text=True))
                cells += 1
                if wanted != 200:
                    if (record, who) not in refusals:
                        refusals[record, who] = person.get(absent(path, ids))
                    never = refusals[record, who]
                    assert answer.get_data() == never.get_data(), (stage, record, who)
                    assert dict(answer.headers) == dict(never.headers), (stage, record, who)
        if stage in LISTED_AT:
            lists_hold_what_is_seen(people, ids, expected, stage)
        if ids.case:
            timeline_shows_the_report_to_those_who_see_it(people, ids, expected, stage)
    assert cells > 15 * 75


def lists_hold_what_is_seen(people, ids, expected, stage):
    """A list holds exactly the records its reader can open one by one."""
    for record, path in LISTS.items():
        if record not in expected:
            continue
        identifier = ids.report if record == "feedback" else getattr(ids, record)
        listing = {
            who for who, each in people.items() if identifier in {item["id"] for item in each.get(path).json["items"]}
        }
        assert listing == expected[record], (stage, record)


def timeline_shows_the_report_to_those_who_see_it(people, ids, expected, stage):
    """On a case's timeline the lines of a report, and the words of its mentions, are those of whoever sees it."""
    for who in sorted(expected["timeline"]):
        answer, sees = people[who].get(f"/v1/timelines/{ids.case}"), who in expected["report"]
        told = {each["source_event"]["kind"] for each in answer.json["lines"]}
        assert ({"report", "mention"} <= told) is sees, (stage, who)
        assert ("Tansy" in answer.get_data(as_text=True)) is sees, (stage, who)
        assert ({"triage"} <= told) is (who in expected["triage"]), (stage, who)
        assert ({"feedback"} <= told) is (who in expected["feedback"] and sees), (stage, who)
        shown = people[who].get(f"/v1/cases/{ids.case}").json
        assert (shown["subject_name"] == "Tansy Wrenfield") is sees
        assert ({each["report"] for each in shown["reports"]} == {ids.report}) is sees
        assert (shown["opened_from"] == ids.report) is sees
