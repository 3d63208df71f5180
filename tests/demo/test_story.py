"""The story holds on whatever day it is told: in order, within its clocks, up to the present and not beyond."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from hub_events.working_time import due_at
from hub_services.demo.days import LENGTH, Days
from hub_services.demo.step import Made, Mentioned
from hub_services.demo.story import ACCOUNTS, Story, fingerprint

A_DAY = timedelta(days=1)
PRESENTS = [datetime(2026, 11, 21, 0, 5, tzinfo=UTC) + day * (A_DAY + timedelta(hours=2)) for day in range(12)]


def told_on(present):
    return [step for _, step in Story.of(Days.up_to(present)).steps]


def told_in(year):
    """The story as told every third day of a year, at all hours: bank holidays fall anywhere in it."""
    for day in range(0, 365, 3):
        present = datetime(year, 1, 1, day % 24, 5, tzinfo=UTC) + day * A_DAY
        yield present, by_key(told_on(present))


def by_key(steps):
    return {step.key: step for step in steps}


def reports(steps):
    return [step for step in steps if step.path == "/v1/reports"]


@pytest.mark.parametrize("present", PRESENTS, ids=str)
def test_it_begins_on_a_monday_eleven_weeks_ago_and_ends_at_the_present(present):
    steps = told_on(present)

    assert steps[0].at.weekday() == 0
    assert LENGTH - A_DAY < present - steps[0].at < LENGTH + 7 * A_DAY
    assert all(earlier.at <= later.at for earlier, later in pairwise(steps))
    assert timedelta() < present - steps[-1].at < timedelta(minutes=5)


def test_what_a_step_names_was_made_before():
    made = set()
    for step in told_on(PRESENTS[0]):
        named = set(re.findall(r"{(.+?)}", step.path))
        for value in (step.body or {}).values():
            match value:
                case Made(step=key) | Mentioned(step=key):
                    named.add(key)
                case _:
                    pass
        assert named <= made, step.key
        assert step.key not in made
        if step.makes:
            made.add(step.key)


def test_what_a_report_is_looked_up_by_is_said_in_it():
    steps = by_key(told_on(PRESENTS[0]))
    for step in steps.values():
        for value in (step.body or {}).values():
            if isinstance(value, Mentioned):
                assert value.as_said in [each["as_said"] for each in steps[value.step].body["mentions"]]


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_only_the_two_reports_that_are_told_to_lie_too_long_do_so(year):
    for present, steps in told_in(year):
        in_time_but_for_two(present, steps)


def in_time_but_for_two(present, steps):
    for report in reports(steps.values()):
        due = due_at("TRIAGE", report.at)
        breach, agreed = steps.get(f"{report.key}-breached"), steps.get(f"{report.key}-agreed")
        if breach:
            assert due < breach.at
        elif agreed:
            assert agreed.at < due
        else:
            assert due > present


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_every_report_that_was_decided_has_feedback_in_time(year):
    for _, steps in told_in(year):
        for report in reports(steps.values()):
            if agreed := steps.get(f"{report.key}-agreed"):
                assert agreed.at < steps[f"{report.key}-feedback"].at < due_at("FEEDBACK", agreed.at)


@pytest.mark.parametrize("present", PRESENTS, ids=str)
def test_the_new_grade_and_the_cleared_flags_lie_after_the_moment_a_month_earlier(present):
    days = Days.up_to(present)
    steps = by_key(told_on(present))

    assert timedelta(days=27) < present - days.month_earlier < timedelta(days=36)
    assert (
        steps["child7-02-youth-justice-shared"].at < days.month_earlier < steps["child7-02-youth-justice-regraded"].at
    )
    assert steps["child7-flag-cse-placed"].at < days.month_earlier < steps["child7-flag-cse-cleared"].at


@pytest.mark.parametrize("present", PRESENTS, ids=str)
def test_the_girl_turns_eighteen_before_the_case_of_an_adult_is_opened(present):
    steps = by_key(told_on(present))
    born = steps["child8-01-nurse"].body["mentions"][0]["parts"]["date_of_birth"]
    year, month, day = (int(part) for part in born.split("-"))

    turns = datetime(year + 18, month, day, tzinfo=UTC)
    assert steps["child8-case"].at < turns < steps["child8-adult-case"].at


def test_a_person_is_never_born_on_a_leap_day():
    assert Days(datetime(2028, 2, 28, tzinfo=UTC).date(), PRESENTS[0]).birthday(0, 1, 18) == "2010-02-28"


def test_the_story_is_the_same_whatever_the_day():
    assert fingerprint() == fingerprint()
    assert [step.key for step in told_on(PRESENTS[0])] == [step.key for step in told_on(PRESENTS[5])]


def test_every_person_is_given_an_account_first():
    steps = Story.of(Days.up_to(PRESENTS[0])).steps
    accounts = {step.key for thread, step in steps if thread == ACCOUNTS}
    senders = {f"account-{step.by.login}" for thread, step in steps if thread != ACCOUNTS}

    assert senders <= accounts
