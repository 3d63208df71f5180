"""Reference data: the codes in force on a day, for everybody with an account."""

from __future__ import annotations

import pytest

from hub_events.reference import tables


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("reference")) as found:
        yield found


def test_every_table_is_listed_and_shown_to_everybody(people):
    names = people["board"].get("/v1/reference").json["tables"]
    assert names == list(tables())
    for name in names:
        shown = people["teacher"].get(f"/v1/reference/{name}")
        assert shown.status_code == 200
        assert shown.json["name"] == name
        assert all(each["code"] and each["label"] and each["source"] for each in shown.json["entries"])


def test_a_table_that_is_not_there_is_absent(people):
    answer = people["teacher"].get("/v1/reference/secrets")
    assert (answer.status_code, answer.json["code"]) == (404, "not-found")


def test_codes_are_those_in_force_on_the_day_asked_for(people):
    def mailbox(**query):
        entries = people["teacher"].get("/v1/reference/teams", **query).json["entries"]
        (found,) = [each for each in entries if each["code"] == "SUNRISE"]
        return found.get("mailbox"), found["from"], found["to"]

    assert mailbox() == (None, "2020-04-01", None)
    assert mailbox(on="2019-01-01") == ("sunrise.rochdale@gmp.pnn.police.uk", None, "2020-04-01")


def test_further_fields_are_plain_values(people):
    entries = people["teacher"].get("/v1/reference/flag_kinds").json["entries"]
    assert next(each["on"] for each in entries if each["code"] == "CSE") == ["PERSON", "PREMISES", "VEHICLE"]


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "", "2026-03"])
def test_a_day_is_a_day(people, day):
    answer = people["teacher"].get("/v1/reference/teams", on=day)
    assert (answer.status_code, answer.json["field"]) == (422, "on")
