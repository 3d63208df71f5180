from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_events.reference import table
from hub_events.working_time import add_working_days, add_working_hours, due_at, is_working_day

LONDON = ZoneInfo("Europe/London")

moments = st.datetimes(
    min_value=datetime(2010, 1, 1),
    max_value=datetime(2040, 1, 1),
    timezones=st.just(UTC),
)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 3, 5), True),
        (date(2026, 3, 7), False),
        (date(2026, 3, 8), False),
        (date(2026, 4, 3), False),
        (date(2026, 4, 6), False),
        (date(2026, 12, 28), False),
        (date(2022, 9, 19), False),
        (date(2026, 3, 17), True),
        (date(2026, 11, 30), True),
    ],
    ids=str,
)
def test_a_working_day_is_neither_weekend_nor_bank_holiday_of_england(day: date, working: bool):
    assert is_working_day(day) is working


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-03-05T10:15", 1, "2026-03-06T10:15"),
        ("2026-03-06T10:15", 1, "2026-03-09T10:15"),
        ("2026-03-07T10:15", 1, "2026-03-10T09:00"),
        ("2026-03-05T20:00", 1, "2026-03-09T09:00"),
        ("2026-03-05T07:00", 1, "2026-03-06T09:00"),
        ("2026-04-02T16:59", 1, "2026-04-07T16:59"),
        ("2026-03-27T12:00", 5, "2026-04-07T12:00"),
        ("2026-03-05T10:15", 0, "2026-03-05T10:15"),
    ],
)
def test_working_days_end_at_the_same_local_time(start: str, days: int, due: str):
    answer = add_working_days(london(start), days)

    assert answer == london(due)
    assert answer.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-05T10:00", 2, "2026-03-05T12:00"),
        ("2026-03-05T09:00", 8, "2026-03-05T17:00"),
        ("2026-03-05T10:00", 8, "2026-03-06T10:00"),
        ("2026-03-05T16:30", 0.75, "2026-03-06T09:15"),
        ("2026-03-06T17:00", 1, "2026-03-09T10:00"),
        ("2026-03-08T13:00", 8, "2026-03-09T17:00"),
        ("2026-03-27T16:00", 2, "2026-03-30T10:00"),
        ("2026-10-23T16:00", 2, "2026-10-26T10:00"),
    ],
)
def test_working_hours_pass_only_in_office_hours(start: str, hours: float, due: str):
    answer = add_working_hours(london(start), hours)

    assert answer == london(due)
    assert answer.tzinfo is UTC


def test_a_change_of_the_clocks_moves_the_moment_and_not_the_local_time():
    assert add_working_days(london("2026-03-27T12:00"), 1) == datetime(2026, 3, 30, 11, tzinfo=UTC)
    assert add_working_days(london("2026-10-23T12:00"), 1) == datetime(2026, 10, 26, 12, tzinfo=UTC)


def test_elapsed_minutes_run_through_the_night_and_the_change_of_the_clocks():
    start = datetime(2026, 3, 29, 0, 55, tzinfo=UTC)

    assert due_at("EMERGENCY_OPEN_ITEM", start) == start + timedelta(minutes=15)


def test_named_clocks_run_as_their_entries_say():
    start = london("2026-03-05T10:00")

    assert due_at("TRIAGE", start) == london("2026-03-06T10:00")
    assert due_at("FEEDBACK", start) == london("2026-03-12T10:00")
    assert due_at("REFERRAL_DECISION", start) == london("2026-03-06T10:00")


def test_every_clock_can_be_started():
    start = london("2026-03-05T10:00")

    for code in table("clocks").codes():
        assert due_at(code, start) > start


def test_a_clock_that_is_not_known_says_which_there_are():
    with pytest.raises(KeyError, match="clocks has no code 'TEA'; it has TRIAGE"):
        due_at("TEA", london("2026-03-05T10:00"))


def test_a_moment_without_a_zone_and_a_negative_amount_are_refused():
    with pytest.raises(ValueError, match="with a time zone"):
        add_working_days(datetime(2026, 3, 5, 10), 1)
    with pytest.raises(ValueError, match="runs forward"):
        add_working_days(london("2026-03-05T10:00"), -1)
    with pytest.raises(ValueError, match="runs forward"):
        add_working_hours(london("2026-03-05T10:00"), -0.5)


@given(moments, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9)), st.integers(0, 30))
def test_a_clock_started_later_never_runs_out_earlier(start: datetime, later: timedelta, amount: int):
    assert add_working_days(start, amount) <= add_working_days(start + later, amount)
    assert add_working_hours(start, amount) <= add_working_hours(start + later, amount)


@given(moments, st.integers(0, 30), st.integers(0, 30))
def test_a_longer_clock_never_runs_out_earlier(start: datetime, amount: int, more: int):
    assert start <= add_working_days(start, amount) <= add_working_days(start, amount + more)
    assert start <= add_working_hours(start, amount) <= add_working_hours(start, amount + more)


@given(moments, st.floats(0, 100))
def test_a_clock_in_working_time_never_runs_out_outside_it(start: datetime, amount: float):
    for due in (add_working_hours(start, amount), add_working_days(start, int(amount))):
        local = due.astimezone(LONDON)

        assert is_working_day(local.date())
        assert (9, 0) <= (local.hour, local.minute) <= (17, 0)


@given(moments, st.integers(0, 20), st.integers(0, 20))
def test_working_days_add_up(start: datetime, first: int, second: int):
    assert add_working_days(add_working_days(start, first), second) == add_working_days(start, first + second)


@given(moments, st.integers(1, 20))
def test_one_working_day_is_eight_working_hours(start: datetime, days: int):
    by_days, by_hours = add_working_days(start, days), add_working_hours(start, 8 * days)

    # Closing time and the next opening are the same moment of working time.
    assert by_hours == by_days or add_working_hours(by_hours, 0) == by_days
