"""The form's own rules on its answers (domain.md A.1.4 validation, A.1.5)."""

from datetime import UTC, datetime

import pytest

from hub_events.partial_time import parse_when
from hub_services.decisions.report_form import MentionSaid, SourceSaid

THIRD_PARTIES = [
    ("MEMBER_OF_PUBLIC",),
    ("OTHER_PROFESSIONAL",),
    ("WITNESSED_INCIDENT", "MEMBER_OF_PUBLIC"),
]


@pytest.mark.parametrize("source_types", THIRD_PARTIES)
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reliability": None}, ("reliability-missing", "reliability")),
        ({"willing_to_engage": "NOT_APPLICABLE"}, ("willingness-missing", "willing_to_engage")),
    ],
)
def test_of_a_third_party_reliability_and_willingness_are_asked(
    story, people, form, check, source_types, changes, refusal
):
    said = form(check, source_types=source_types, **changes)

    assert story.refusal(said, people.teacher) == refusal


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"willing_to_engage": "NOT_APPLICABLE"}, ("reliability-not-applicable", "reliability")),
        ({"reliability": None}, ("willingness-not-applicable", "willing_to_engage")),
    ],
)
def test_of_a_reporter_who_saw_it_neither_is_asked(story, people, form, check, changes, refusal):
    said = form(check, source_types=("WITNESSED_INCIDENT",), **changes)

    assert story.refusal(said, people.teacher) == refusal


@pytest.mark.parametrize("source_types", THIRD_PARTIES)
@pytest.mark.parametrize("digit", [1, 2, 3, 4, 5])
def test_every_digit_of_the_form_is_taken_as_given(story, people, form, check, source_types, digit):
    said = form(check, source_types=source_types, reliability=digit, accuracy=digit)

    assert len(story.when(said, people.teacher)) > 0


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reporter_name": ""}, ("words-missing", "reporter_name")),
        ({"reporter_job_title": " "}, ("words-missing", "reporter_job_title")),
        ({"reporter_organisation": ""}, ("words-missing", "reporter_organisation")),
        ({"reporter_contact": ""}, ("words-missing", "reporter_contact")),
        ({"narrative": "\n"}, ("words-missing", "narrative")),
        ({"original": b""}, ("original-missing", "original")),
        ({"media_type": ""}, ("original-missing", "original")),
        ({"source_types": ()}, ("source-type-missing", "source_types")),
        ({"source_types": ("RUMOUR",)}, ("unknown-source-type", "source_types")),
        ({"strands": ("CSE", "SPYING")}, ("unknown-strand", "strands")),
        ({"provenance": "DREAM"}, ("unknown-provenance", "provenance")),
        ({"reliability": 0}, ("unknown-reliability", "reliability")),
        ({"reliability": 6}, ("unknown-reliability", "reliability")),
        ({"accuracy": 0}, ("unknown-accuracy", "accuracy")),
        ({"accuracy": 6}, ("unknown-accuracy", "accuracy")),
        ({"willing_to_engage": "PERHAPS"}, ("unknown-willingness", "willing_to_engage")),
        ({"area": "ATLANTIS"}, ("unknown-area", "area")),
        ({"reported_at": datetime(2026, 3, 5, 10, 6, tzinfo=UTC)}, ("time-in-future", "reported_at")),
        ({"reported_at": datetime(2026, 3, 5, 9)}, ("time-without-zone", "reported_at")),
        ({"became_aware": parse_when("2026-03-06")}, ("aware-after-report", "became_aware")),
        ({"source": SourceSaid(addresses=(" ",))}, ("source-empty", "source")),
    ],
)
def test_an_answer_the_form_does_not_take_is_refused(story, people, form, check, changes, refusal):
    assert story.refusal(form(check, **changes), people.teacher) == refusal


def test_somebody_may_have_become_aware_on_the_day_of_the_report(story, people, form, check):
    assert len(story.when(form(check, became_aware=parse_when("2026-03-05")), people.teacher)) > 0


def test_an_incident_may_lie_ahead(story, people, form, check):
    assert len(story.when(form(check, incident=parse_when("2026-04")), people.teacher)) > 0


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"kind": "GHOST"}, ("unknown-mention-kind", "mentions.1.kind")),
        ({"as_said": " "}, ("words-missing", "mentions.1.as_said")),
        ({"parts": {"plate": "AB12 CDE"}}, ("unknown-mention-part", "mentions.1.parts")),
        ({"parts": {"name": ""}}, ("words-missing", "mentions.1.parts")),
        ({"text_form": "COOKED"}, ("unknown-text-form", "mentions.1.text_form")),
        ({"reported_role": "OFFENDER"}, ("unknown-person-role", "mentions.1.reported_role")),
        ({"kind": "PREMISES", "reported_role": "VICTIM"}, ("role-of-a-thing", "mentions.1.reported_role")),
    ],
)
def test_a_mention_that_says_what_its_kind_cannot_is_refused(story, people, form, check, changes, refusal):
    first = MentionSaid(kind="VEHICLE", as_said="the silver Golf")
    second = MentionSaid(**({"kind": "PERSON", "as_said": "Kit", "parts": {"name": "Kit"}} | changes))

    assert story.refusal(form(check, mentions=(first, second)), people.teacher) == refusal


def test_a_mention_may_stand_in_the_sanitised_text(story, people, form, check, mentions):
    said = MentionSaid(kind="PHONE", as_said="ending 123", text_form="SANITISED")

    decision = story.when(form(check, mentions=(said,)), people.teacher)

    assert [to.events[0].text_form for to in decision if to.stream == mentions[0]] == ["SANITISED"]
