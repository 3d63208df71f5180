"""Checks that several subjects share: the day it is, codes of reference data, words."""

from datetime import UTC, date, datetime

import pytest

from hub_services.decisions.decision import By
from hub_services.decisions.field import all_in_force, in_force, today, worded
from hub_services.refusal import RefusedError


def at(moment):
    return By(account="system", agency="HUB", role="SYSTEM", now=moment, seed=b"s", command_id=b"c")


SPRING = at(datetime(2026, 3, 5, 10, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), date(2026, 1, 31)),
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_the_day_is_the_one_at_the_hub(moment, day):
    assert today(at(moment)) == day


def test_words_are_kept_without_the_space_round_them():
    assert worded("  Missing again.\n") == "Missing again."


def test_no_words_are_refused_by_the_name_of_their_field():
    with pytest.raises(RefusedError) as refused:
        worded(" \t", "to_whom")

    assert (refused.value.code, refused.value.field) == ("words-missing", "to_whom")
    assert refused.value.sentence == "To whom is missing: say it in words."


def test_a_code_in_force_gives_its_entry_of_today():
    entry = in_force("teams", "BURY_PHOENIX", SPRING, refusal="unknown-team", field="team")

    assert (entry.code, entry.valid_from, entry.fields["agency"]) == ("BURY_PHOENIX", date(2020, 4, 1), "GMP")


@pytest.mark.parametrize("code", ["UKBA", "INTERPOL", ""])
def test_a_code_that_has_ended_or_never_was_is_refused(code):
    with pytest.raises(RefusedError) as refused:
        in_force("agencies", code, SPRING, refusal="unknown-agency", field="agency")

    assert (refused.value.code, refused.value.field) == ("unknown-agency", "agency")
    assert refused.value.sentence == f"Agency {code!r} is not in force; take a code of the reference table agencies."


def test_a_short_list_of_codes_in_force_is_named():
    with pytest.raises(RefusedError) as refused:
        in_force("markings", "RESTRICTED", SPRING, refusal="unknown-marking", field="marking")

    assert refused.value.sentence == (
        "Marking 'RESTRICTED' is not in force; take one of OFFICIAL, OFFICIAL_SENSITIVE, SECRET, TOP_SECRET."
    )


def test_codes_are_a_sorted_set():
    codes = all_in_force("strands", ["MSHT", "CSE", "MSHT"], SPRING, refusal="unknown-strand", field="strands")

    assert codes == ("CSE", "MSHT")


def test_one_code_that_is_not_in_force_refuses_them_all():
    with pytest.raises(RefusedError) as refused:
        all_in_force("strands", ["CSE", "BURGLARY"], SPRING, refusal="unknown-strand", field="strands")

    assert refused.value.code == "unknown-strand"
