"""Forms and grades that are not filled in as they ask are refused, and a report's mentions shown as they were said."""

from __future__ import annotations

import pytest

SUPERVISOR_ONLY = "SPECIALIST_SUPERVISOR_ONLY"


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("forms")) as found:
        yield found


@pytest.fixture(scope="module")
def report(running, story_of):
    return story_of(running).report()


def refused(found, status, code):
    assert (found.status_code, found.json["code"]) == (status, code), found.get_data(as_text=True)


@pytest.mark.parametrize(
    ("grade", "status", "code"),
    [
        ({"handling_code": "P", "handling_conditions": []}, 422, "restriction-stands"),
        ({"handling_conditions": ["REFER_TO_ORIGINATOR"]}, 422, "restriction-stands"),
        ({"handling_conditions": ["HUSH"]}, 422, "unknown-handling-condition"),
        ({"handling_code": "R"}, 422, "unknown-handling-code"),
        ({"assessment": "F"}, 422, "unknown-grade"),
        ({"source": 4}, 422, "invalid"),
        ({"source": "2"}, 422, "invalid"),
        ({"action_code": "A3"}, 422, "words-missing"),
        ({"action_usage": "To the team"}, 422, "usage-not-applicable"),
    ],
    ids=["P", "no restriction", "condition", "code", "assessment", "source", "text", "no usage", "usage"],
)
def test_a_grade_that_3x5x2_does_not_know_or_the_restriction_forbids_is_refused(people, report, grade, status, code):
    body = {"source": 2, "assessment": "D", "handling_code": "C", "handling_conditions": [SUPERVISOR_ONLY]}
    refused(people["supervisor"].change(f"/v1/reports/{report}", "grades", body | grade), status, code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reliability": None}, "reliability-missing"),
        ({"source_types": ["WITNESSED_INCIDENT"]}, "reliability-not-applicable"),
        ({"willing_to_engage": "NOT_APPLICABLE"}, "willingness-missing"),
        ({"willing_to_engage": "PERHAPS"}, "unknown-willingness"),
        ({"source_types": ["RUMOUR"]}, "unknown-source-type"),
        ({"strands": ["GOSSIP"]}, "unknown-strand"),
        ({"area": "ATLANTIS"}, "unknown-area"),
        ({"provenance": "CRYSTAL_BALL"}, "unknown-provenance"),
        ({"reported_at": "2026-03-03T09:30:00Z"}, "time-in-future"),
        ({"became_aware": {"text": "2026-03-02T11:00"}}, "aware-after-report"),
        ({"narrative": "  "}, "words-missing"),
        ({"source": {}}, "source-empty"),
        ({"mentions": [{"kind": "PERSON", "as_said": "he", "parts": {"plate": "X"}}]}, "unknown-mention-part"),
        ({"mentions": [{"kind": "PHONE", "as_said": "07700 900123", "reported_role": "VICTIM"}]}, "role-of-a-thing"),
        ({"mentions": [{"kind": "GHOST", "as_said": "boo"}]}, "invalid"),
        ({"incident": {"text": "yesterday-ish"}}, "invalid"),
        ({"incident": {"text": "2026-02-27", "zone": "Mars/Olympus"}}, "invalid"),
        ({"incident": {"text": "2026-02-27", "until": "2026-02-20"}}, "invalid"),
        ({"incident": {"text": "1066"}}, "invalid"),
        ({"accuracy": True}, "invalid"),
        ({"accuracy": 0}, "invalid"),
        ({"reported_at": "0001-01-01T00:00:00+14:00"}, "invalid"),
        ({"reported_at": "2026-03-02T09:30:00"}, "invalid"),
        ({"source": {"nickname": "Q"}}, "invalid"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_a_form_that_is_not_filled_in_as_it_asks_is_refused_and_nothing_is_written(
    story, people, report_body, hub, changes, code
):
    check = story.check()
    head = hub.log.head()
    refused(people["teacher"].post("/v1/reports", report_body(check, **changes)), 422, code)
    assert hub.log.head() == head


def test_a_mention_shows_its_words_its_parts_and_the_normal_form_of_a_plate_or_number(story, people):
    report = story.report(
        mentions=[
            {"kind": "VEHICLE", "as_said": "a Golf, AB12 CDE", "parts": {"plate": "ab12 cde"}},
            {"kind": "PHONE", "as_said": "07700 900123", "parts": {"number": "07700 900123"}},
            {"kind": "VEHICLE", "as_said": "a silver car"},
            {
                "kind": "ONLINE_ACCOUNT",
                "as_said": "snap: tansy",
                "parts": {"handle": "tansy"},
                "text_form": "SANITISED",
            },
        ],
    )
    listed = people["supervisor"].get(f"/v1/reports/{report}/mentions").json["items"]
    assert [each["kind"] for each in listed] == ["VEHICLE", "PHONE", "VEHICLE", "ONLINE_ACCOUNT"]
    shown = [people["supervisor"].get(f"/v1/mentions/{each['id']}").json for each in listed]
    assert [each["report"] for each in shown] == [report] * 4
    assert shown[0]["normalised"]["value"] == "AB12CDE"
    assert shown[1]["normalised"]["value"] == "+447700900123"
    assert shown[2]["normalised"] is shown[3]["normalised"] is None
    assert (shown[3]["text_form"], shown[3]["parts"]) == ("SANITISED", {"handle": "tansy"})
    for one, other in zip(listed, shown, strict=True):
        assert {name: other[name] for name in one} == one
