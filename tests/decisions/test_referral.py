"""Social-care referrals as sent: an adult's goes to adult safeguarding (domain.md A.1.2 route 2)."""

from datetime import UTC, datetime

import pytest

from hub_events.route_check import SocialCareReferralSent
from hub_events.stream import ROUTE_CHECK
from hub_services.decisions.decision import To
from hub_services.decisions.referral import RecordReferral
from hub_services.refusal import RefusedError

SENT_AT = datetime(2026, 3, 5, 9, 45, tzinfo=UTC)


@pytest.fixture
def asked(story, people, routes):
    """A route check about a child or an adult, in an area or none."""

    def ask(**changes):
        story.tell(routes(in_need_or_harmed=True, **changes), people.teacher)
        return people.teacher.new_stream(ROUTE_CHECK)

    return ask


def referral(check, recipient, **changes):
    fields = {"to_whom": "Contact centre", "sent_at": SENT_AT} | changes
    return RecordReferral(route_check=check, recipient=recipient, **fields)


@pytest.mark.parametrize(("adult", "recipient"), [(False, "MANCHESTER_CSC"), (True, "MANCHESTER_ASC")])
def test_a_referral_goes_to_the_service_of_the_area_once(story, people, asked, adult, recipient):
    check = asked(adult=adult)

    sent = SocialCareReferralSent(recipient=recipient, to_whom="Contact centre", sent_at=SENT_AT, adult=adult)
    assert story.tell(referral(check, recipient), people.teacher) == [To(check, (sent,))]
    assert story.tell(referral(check, recipient), people.teacher) == []


CHILDS = (
    "A child's referral goes to children's social care of the area: "
    "here Manchester children's social care (MANCHESTER_CSC)."
)
ADULTS = (
    "An adult's referral goes to adult safeguarding of the area: here Manchester adult social care (MANCHESTER_ASC)."
)


@pytest.mark.parametrize(
    ("adult", "wrong", "right", "sentence"),
    [
        (False, "MANCHESTER_ASC", "MANCHESTER_CSC", CHILDS),
        (True, "MANCHESTER_CSC", "MANCHESTER_ASC", ADULTS),
        (False, "SALFORD_CSC", "MANCHESTER_CSC", CHILDS),
    ],
)
def test_another_agency_is_refused_and_the_right_one_named(story, people, asked, adult, wrong, right, sentence):
    check = asked(adult=adult)

    with pytest.raises(RefusedError) as refused:
        story.when(referral(check, wrong), people.teacher)

    assert (refused.value.code, refused.value.field, refused.value.sentence, refused.value.more) == (
        "wrong-recipient",
        "recipient",
        sentence,
        {"right_recipient": right},
    )


def test_without_an_area_any_agency_that_takes_such_referrals_may_receive_it(story, people, asked):
    check = asked(adult=True, area="")

    assert len(story.when(referral(check, "SALFORD_ASC"), people.teacher)) == 1
    with pytest.raises(RefusedError) as refused:
        story.when(referral(check, "SALFORD_CSC"), people.teacher)
    assert (refused.value.code, refused.value.more) == ("wrong-recipient", {})
    assert refused.value.sentence == "An adult's referral goes to adult safeguarding of the area."


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"recipient": "ATLANTIS_CSC"}, ("unknown-agency", "recipient")),
        ({"to_whom": ""}, ("words-missing", "to_whom")),
        ({"sent_at": datetime(2026, 3, 6, tzinfo=UTC)}, ("time-in-future", "sent_at")),
    ],
)
def test_a_referral_says_to_whom_and_when_it_was_sent(story, people, asked, changes, refusal):
    fields = {"recipient": "MANCHESTER_CSC"} | changes

    assert story.refusal(referral(asked(), **fields), people.teacher) == refusal


def test_a_referral_belongs_to_a_route_check(story, people):
    nowhere = people.teacher.new_stream(ROUTE_CHECK)

    assert story.refusal(referral(nowhere, "MANCHESTER_CSC"), people.teacher) == ("not-found", "")
