from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_events.partial_time import PARTS_OF_DAY, When, describe, parse_when, sort_key

LONDON = ZoneInfo("Europe/London")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "precision", "words"),
    [
        ("2026-03-05T21:30", "2026-03-05T21:30", "2026-03-05T21:31", "MINUTE", "21:30 on 5 March 2026"),
        ("2026-03-05 21:30:15", "2026-03-05T21:30:15", "2026-03-05T21:30:16", "MINUTE", "21:30 on 5 March 2026"),
        ("2026-07-05T21:30Z", "2026-07-05T21:30", "2026-07-05T21:31", "MINUTE", "22:30 on 5 July 2026"),
        ("2026-07-05T21:30:00.250+01:00", "2026-07-05T20:30", "2026-07-05T20:30:01", "MINUTE", "21:30 on 5 July 2026"),
        (
            "2026-03-05T21",
            "2026-03-05T21:00",
            "2026-03-05T22:00",
            "HOUR",
            "between 21:00 on 5 March 2026 and 22:00 on 5 March 2026",
        ),
        ("2026-03-05", "2026-03-05T00:00", "2026-03-06T00:00", "DAY", "5 March 2026"),
        ("2026-07-05", "2026-07-04T23:00", "2026-07-05T23:00", "DAY", "5 July 2026"),
        ("2026-03", "2026-03-01T00:00", "2026-03-31T23:00", "MONTH", "sometime in March 2026"),
        ("2026-12", "2026-12-01T00:00", "2027-01-01T00:00", "MONTH", "sometime in December 2026"),
        ("2026", "2026-01-01T00:00", "2027-01-01T00:00", "YEAR", "sometime in 2026"),
        ("2026-03-05 evening", "2026-03-05T18:00", "2026-03-06T00:00", "INTERVAL", "evening of 5 March 2026"),
        ("2026-03-05  Early  Hours", "2026-03-05T00:00", "2026-03-05T06:00", "INTERVAL", "early hours of 5 March 2026"),
        ("2026-03-05 night", "2026-03-05T21:00", "2026-03-06T06:00", "INTERVAL", "night of 5 March 2026"),
        ("about 2026-03-05", "2026-03-04T00:00", "2026-03-07T00:00", "APPROXIMATE", "about 5 March 2026"),
        ("about 2026-01", "2025-12-01T00:00", "2026-03-01T00:00", "APPROXIMATE", "about January 2026"),
        ("around 2026", "2025-01-01T00:00", "2028-01-01T00:00", "APPROXIMATE", "about 2026"),
        (
            "about 2026-03-05T21:30",
            "2026-03-05T20:30",
            "2026-03-05T22:31",
            "APPROXIMATE",
            "about 21:30 on 5 March 2026",
        ),
        (
            "about 2026-03-05T21",
            "2026-03-05T20:00",
            "2026-03-05T23:00",
            "APPROXIMATE",
            "about between 21:00 on 5 March 2026 and 22:00 on 5 March 2026",
        ),
        (
            "about 2026-03-05 evening",
            "2026-03-05T12:00",
            "2026-03-06T06:00",
            "APPROXIMATE",
            "about evening of 5 March 2026",
        ),
    ],
)
def test_words_become_the_interval_they_leave_open(text: str, earliest: str, latest: str, precision: str, words: str):
    when = parse_when(text)

    assert when == When(
        earliest=utc(earliest),
        latest=utc(latest),
        precision=precision,  # type: ignore[arg-type]
        zone="Europe/London",
        basis="STATED",
        as_said=text,
    )
    assert describe(when) == words


@pytest.mark.parametrize(
    ("first", "second", "earliest", "latest", "words"),
    [
        ("2026-03-05", "2026-03-07", "2026-03-05T00:00", "2026-03-08T00:00", "between 5 March 2026 and 7 March 2026"),
        (
            "2026-03-05T21:30",
            "2026-03-06T02:00",
            "2026-03-05T21:30",
            "2026-03-06T02:01",
            "between 21:30 on 5 March 2026 and 02:00 on 6 March 2026",
        ),
        (
            "2026-03-05T21:30",
            "2026-03-05 evening",
            "2026-03-05T21:30",
            "2026-03-06T00:00",
            "between 21:30 on 5 March 2026 and the end of 5 March 2026",
        ),
        ("2025", "2026-03", "2025-01-01T00:00", "2026-03-31T23:00", "between 1 January 2025 and 31 March 2026"),
    ],
)
def test_a_pair_runs_from_the_first_to_the_second_included(
    first: str, second: str, earliest: str, latest: str, words: str
):
    when = parse_when(first, latest_text=second)

    assert (when.earliest, when.latest, when.precision) == (utc(earliest), utc(latest), "INTERVAL")
    assert when.as_said == f"{first} to {second}"
    assert describe(when) == words


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "words"),
    [
        (
            "2026-03-29T01:30",
            "2026-03-29T00:30",
            "2026-03-29T01:31",
            "between 00:30 GMT on 29 March 2026 and 02:30 BST on 29 March 2026",
        ),
        (
            "2026-10-25T01:30",
            "2026-10-25T00:30",
            "2026-10-25T01:31",
            "between 01:30 BST on 25 October 2026 and 01:30 GMT on 25 October 2026",
        ),
    ],
)
def test_a_clock_time_that_occurs_twice_or_not_at_all_covers_both_readings(
    text: str, earliest: str, latest: str, words: str
):
    when = parse_when(text)

    assert (when.earliest, when.latest, when.precision) == (utc(earliest), utc(latest), "INTERVAL")
    assert describe(when) == words


def test_a_stated_offset_tells_the_two_readings_apart():
    assert parse_when("2026-10-25T01:30+01:00").earliest == utc("2026-10-25T00:30")
    assert parse_when("2026-10-25T01:30Z").earliest == utc("2026-10-25T01:30")


def test_the_days_of_a_change_of_the_clocks_last_23_and_25_hours():
    spring, autumn = parse_when("2026-03-29"), parse_when("2026-10-25")

    assert spring.latest - spring.earliest == timedelta(hours=23)
    assert autumn.latest - autumn.earliest == timedelta(hours=25)


def test_another_zone_has_other_days():
    when = parse_when("2026-03-05", zone="Asia/Karachi", basis="INFERRED")

    assert (when.earliest, when.latest) == (utc("2026-03-04T19:00"), utc("2026-03-05T19:00"))
    assert (when.zone, when.basis) == ("Asia/Karachi", "INFERRED")
    assert describe(when) == "5 March 2026"


def test_a_day_whose_midnight_does_not_exist_follows_on_the_day_before():
    # Clocks in Beirut go forward at midnight.
    before, after = parse_when("2026-03-28", zone="Asia/Beirut"), parse_when("2026-03-29", zone="Asia/Beirut")

    assert before.latest == after.earliest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "last Tuesday",
        "05/03/2026",
        "2026-13",
        "2026-02-30",
        "2026-03-05T25:00",
        "2026-03-05 teatime",
        "0026",
        "3026",
        "2026-03-05T21:30+99:00",
        "about",
        "2026-03-05T21:30:61",
    ],
)
def test_what_cannot_be_read_is_answered_with_what_would_be_right(text: str):
    with pytest.raises(ValueError, match=r"Write a year 2026, a month 2026-03, a day 2026-03-05"):
        parse_when(text)


def test_a_zone_that_does_not_exist_is_refused():
    for zone in ("Mars/Olympus", "", "../etc"):
        with pytest.raises(ValueError, match="Europe/London"):
            parse_when("2026", zone=zone)


def test_a_pair_in_the_wrong_order_is_refused():
    with pytest.raises(ValueError, match="give the earlier time first"):
        parse_when("2026-03-07", latest_text="2026-03-05")


def test_an_interval_must_be_in_utc_and_end_after_it_begins():
    moment = utc("2026-03-05T12:00")

    with pytest.raises(ValueError, match="ends after it begins"):
        When(earliest=moment, latest=moment, precision="DAY")
    with pytest.raises(ValueError, match="UTC"):
        When(earliest=moment.astimezone(ZoneInfo("Asia/Karachi")), latest=moment + timedelta(1), precision="DAY")


def test_times_are_ordered_by_beginning_then_width_then_stated_before_inferred():
    day, month, year = parse_when("2026-01-01"), parse_when("2026-01"), parse_when("2026")
    inferred = parse_when("2026-01-01", basis="INFERRED")
    later = parse_when("2026-01-02T08:00")

    assert sorted([later, year, month, inferred, day], key=sort_key) == [day, inferred, month, year, later]


part_names = st.sampled_from(["", *(f" {part}" for part in PARTS_OF_DAY), "T21", "T21:30", "T01:30", "T21:30:59Z"])
days = st.dates(min_value=datetime(1950, 1, 1, tzinfo=UTC).date(), max_value=datetime(2100, 1, 1, tzinfo=UTC).date())
texts = st.one_of(
    st.builds(
        lambda day, part, about: f"{about}{day.isoformat()}{part}", days, part_names, st.sampled_from(["", "about "])
    ),
    st.builds(lambda day, about: f"{about}{day:%Y-%m}", days, st.sampled_from(["", "about "])),
    st.builds(lambda day, about: f"{about}{day:%Y}", days, st.sampled_from(["", "about "])),
)
zones = st.sampled_from(["Europe/London", "Asia/Karachi", "America/New_York", "Asia/Beirut", "Pacific/Apia"])


@given(texts, zones)
def test_every_time_survives_writing_and_reading_and_has_words(text: str, zone: str):
    when = parse_when(text, zone=zone)

    assert when.earliest < when.latest
    assert msgspec.json.decode(msgspec.json.encode(when), type=When) == when
    assert describe(when)


@given(days)
def test_days_follow_on_each_other_without_gap(day: datetime):
    today, tomorrow = parse_when(day.isoformat()), parse_when((day + timedelta(days=1)).isoformat())

    assert today.latest == tomorrow.earliest


@given(texts)
def test_about_contains_what_it_is_about(text: str):
    exact, about = parse_when(text.removeprefix("about ")), parse_when(f"about {text.removeprefix('about ')}")

    assert about.earliest < exact.earliest
    assert exact.latest < about.latest


@given(days)
def test_about_a_thing_is_described_as_about_that_thing(day: datetime):
    for text in (day.isoformat(), f"{day:%Y-%m}", f"{day:%Y}"):
        exact, about = parse_when(text), parse_when(f"about {text}")

        assert describe(about) == f"about {describe(exact).removeprefix('sometime in ')}"


@given(st.lists(texts, max_size=6), st.randoms())
def test_the_order_does_not_depend_on_the_order_of_arrival(given_texts: list[str], chance: Random):
    whens = [parse_when(text) for text in given_texts]
    shuffled = chance.sample(whens, len(whens))

    assert sorted(whens, key=sort_key) == sorted(shuffled, key=sort_key)


@given(st.text(max_size=30))
def test_any_words_are_either_read_or_refused(text: str):
    with suppress(ValueError):
        assert parse_when(text).as_said == text
