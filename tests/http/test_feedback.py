"""Feedback: owed with the decision, sent to the referrer's inbox, or withheld without a word why (domain.md A.1.7)."""

from __future__ import annotations

from datetime import datetime

import pytest

WITHHOLDING = {"reason_code": "LIVE_INVESTIGATION", "reason": "Operation Zephyrine would be known."}


def refused(answer, status, code):
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.get_data(as_text=True)


def subjects(person):
    return [each["subject"] for each in person.get("/v1/inbox").json["items"]]


def test_nothing_is_owed_before_the_decision(story, people):
    report = story.report()
    for who in ("teacher", "supervisor"):
        assert people[who].get(f"/v1/feedback/{report}").status_code == 404
    assert people["teacher"].get("/v1/feedback").json["items"] == []


def test_with_the_decision_feedback_is_owed_within_five_working_days(story, people):
    report = story.decided()
    shown = people["teacher"].get(f"/v1/feedback/{report}").json
    assert (shown["id"], shown["status"], shown["overdue"], shown["text"]) == (report, "DUE", False, None)
    assert datetime.fromisoformat(shown["due_at"]).strftime("%d %b %H:%M") == "09 Mar 10:00"
    (listed,) = people["teacher"].get("/v1/feedback", status="DUE").json["items"]
    assert (listed["report"], listed["status"], listed["sent_at"]) == (report, "DUE", None)
    assert listed["due_at"] == shown["due_at"]
    assert "FEEDBACK_DUE" in subjects(people["officer"])
    assert subjects(people["teacher"]) == []


def test_what_is_sent_is_in_the_referrers_inbox_and_says_nothing_until_it_is_opened(story, people):
    report = story.decided()
    story.feedback(report, text="Thank you; a social worker has met her.")
    (notice,) = people["teacher"].get("/v1/inbox").json["items"]
    assert (notice["subject"], notice["link"]) == ("FEEDBACK_SENT", f"/v1/feedback/{report}")
    assert notice["opened_at"] is None
    assert "social worker" not in people["teacher"].get("/v1/inbox").get_data(as_text=True)
    assert people["teacher"].get("/v1/inbox/count").json == {"unopened": 1}
    story.change("teacher", f"/v1/inbox/{notice['id']}", "opening")
    opened = people["teacher"].get(f"/v1/inbox/{notice['id']}").json
    assert opened["opened_at"]
    assert opened == people["teacher"].get("/v1/inbox").json["items"][0]
    assert people["teacher"].get("/v1/inbox/count").json == {"unopened": 0}
    shown = people["teacher"].get(notice["link"]).json
    assert (shown["status"], shown["text"]) == ("SENT", "Thank you; a social worker has met her.")
    (listed,) = people["teacher"].get("/v1/feedback", status="SENT").json["items"]
    assert listed["sent_at"]
    assert people["teacher"].get("/v1/feedback", status="DUE").json["items"] == []


def test_it_goes_to_whoever_sent_the_report_and_to_no_colleague(story, people):
    report = story.decided(who="worker")
    story.feedback(report)
    assert "FEEDBACK_SENT" in subjects(people["worker"])
    assert "FEEDBACK_SENT" not in subjects(people["teacher"])
    for who in ("teacher", "stranger", "manager"):
        assert people[who].get(f"/v1/feedback/{report}").status_code == 404


def test_what_is_withheld_is_not_explained_to_the_referrer(story, people):
    report = story.decided()
    story.feedback(report, "withholding", **WITHHOLDING)
    withheld = people["teacher"].get(f"/v1/feedback/{report}")
    assert (withheld.json["status"], withheld.json["text"], withheld.json["withheld"]) == ("WITHHELD", None, None)
    everything = withheld.get_data(as_text=True) + people["teacher"].get("/v1/feedback").get_data(as_text=True)
    assert "LIVE_INVESTIGATION" not in everything
    assert "Zephyrine" not in everything
    assert subjects(people["teacher"]) == []
    known = people["officer"].get(f"/v1/feedback/{report}").json["withheld"]
    assert known == WITHHOLDING


def test_a_referrer_who_is_a_member_of_the_case_is_not_told_on_its_timeline_either(story, people):
    report = story.decided()
    story.lift(report, "SHARE_WITH_CASE_MEMBERS")
    case = story.case(report)
    story.in_case(case, "members", account=people["teacher"].id)
    story.feedback(report, "withholding", **WITHHOLDING)

    def line(who):
        lines = people[who].get(f"/v1/timelines/{case}", kind="feedback-withheld").json["lines"]
        return [(each["sentence"], each["facts"]) for each in lines]

    told = people["teacher"].get(f"/v1/timelines/{case}").get_data(as_text=True)
    assert "LIVE_INVESTIGATION" not in told
    assert "Zephyrine" not in told
    assert line("teacher") == [("Feedback withheld", {})]
    ((sentence, facts),) = line("supervisor")
    assert facts == {"reason_code": "LIVE_INVESTIGATION"}
    assert "investigation" in sentence


def test_what_was_withheld_may_be_told_after_all_and_what_was_told_cannot_be_taken_back(story, people):
    report = story.decided()
    story.feedback(report, "withholding", **WITHHOLDING)
    story.feedback(report, "withholding", reason_code="OTHER", reason="The trial is over; to be told in May.")
    assert people["supervisor"].get(f"/v1/feedback/{report}").json["withheld"]["reason_code"] == "OTHER"
    story.feedback(report, text="It can be told now.")
    shown = people["supervisor"].get(f"/v1/feedback/{report}").json
    assert (shown["status"], shown["text"], shown["withheld"]) == ("SENT", "It can be told now.", None)
    again = people["supervisor"].change(f"/v1/feedback/{report}", "sending", {"text": "Something else."})
    refused(again, 409, "already-sent")
    refused(people["supervisor"].change(f"/v1/feedback/{report}", "withholding", WITHHOLDING), 409, "already-sent")


def test_feedback_that_is_not_given_in_time_is_overdue_and_may_still_be_given(story, people, running):
    report = story.decided()
    running.later(days=6, hours=23)
    assert people["teacher"].get(f"/v1/feedback/{report}").json["overdue"] is False
    running.later(hours=2)
    shown = people["teacher"].get(f"/v1/feedback/{report}").json
    assert (shown["status"], shown["overdue"]) == ("OVERDUE", True)
    (listed,) = people["teacher"].get("/v1/feedback", status="OVERDUE").json["items"]
    assert (listed["status"], listed["overdue"]) == ("OVERDUE", True)
    assert "FEEDBACK_OVERDUE" in subjects(people["officer"])
    story.feedback(report)
    shown = people["teacher"].get(f"/v1/feedback/{report}").json
    assert (shown["status"], shown["overdue"]) == ("SENT", True)


def test_feedback_that_was_withheld_in_time_never_becomes_overdue(story, people, running):
    report = story.decided()
    story.feedback(report, "withholding", **WITHHOLDING)
    running.later(days=10)
    shown = people["teacher"].get(f"/v1/feedback/{report}").json
    assert (shown["status"], shown["overdue"]) == ("WITHHELD", False)


@pytest.mark.parametrize("who", ["teacher", "manager", "worker", "handler", "salford-supervisor"])
def test_nobody_else_gives_feedback(story, people, who):
    report = story.decided()
    etag = people["supervisor"].get(f"/v1/feedback/{report}").headers["ETag"]
    for path, body in (("sending", {"text": "Hello."}), ("withholding", WITHHOLDING)):
        answer = people[who].post(f"/v1/feedback/{report}/{path}", body, etag=etag)
        assert answer.status_code in {403, 404}


def test_a_reason_for_withholding_is_one_of_those_named_and_in_words(story, people):
    report = story.decided()
    for body, code in (
        (WITHHOLDING | {"reason_code": "LAZINESS"}, "unknown-feedback-reason"),
        (WITHHOLDING | {"reason": " "}, "words-missing"),
        ({"reason_code": "OTHER"}, "invalid"),
    ):
        refused(people["supervisor"].change(f"/v1/feedback/{report}", "withholding", body), 422, code)


def test_a_notice_is_opened_by_whom_it_is_for_and_the_first_opening_is_kept(story, people):
    story.report()
    (notice,) = people["supervisor"].get("/v1/inbox").json["items"]
    assert people["teacher"].get(f"/v1/inbox/{notice['id']}").status_code == 404
    assert people["teacher"].post(f"/v1/inbox/{notice['id']}/opening", etag='"v1"').status_code == 404
    story.change("officer", f"/v1/inbox/{notice['id']}", "opening")
    first = people["supervisor"].get(f"/v1/inbox/{notice['id']}").json
    story.change("supervisor", f"/v1/inbox/{notice['id']}", "opening")
    assert people["supervisor"].get(f"/v1/inbox/{notice['id']}").json == first
