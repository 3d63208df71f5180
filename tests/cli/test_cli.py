"""The `hub` command as an operator uses it, on a real hub of its own."""

from __future__ import annotations

import json
import sqlite3

import pytest
from click.testing import CliRunner

from hub_services.cli import main
from hub_services.hub import Hub
from hub_services.settings import read

PASSWORD = "correct horse battery"


@pytest.fixture
def environment(tmp_path):
    return {
        "HUB_DATA": str(tmp_path / "data"),
        "HUB_MASTER_KEY_FILE": str(tmp_path / "keys" / "master.key"),
        "HUB_PROFILE": "real",
        "HUB_NEW_PASSWORD": PASSWORD,
    }


@pytest.fixture
def hub(environment):
    """Run one `hub` command; its answer has `exit_code` and `output`."""

    def run(*words, **more):
        return CliRunner().invoke(main, words, env=environment | more)

    return run


@pytest.fixture
def made(hub, environment):
    assert hub("key", environment["HUB_MASTER_KEY_FILE"]).exit_code == 0
    assert hub("migrate").exit_code == 0
    return hub


def add(hub, login="rowan.marsh", role="SPECIALIST_SUPERVISOR", **more):
    words = ["user", "add", login, "--name", "Rowan Marsh", "--agency", "GMP", "--role", role, "--team", "PROTECT"]
    return hub(*words, **more)


def test_a_hub_is_made_filled_and_found_sound(made):
    assert add(made).exit_code == 0

    verified = made("verify")

    assert verified.exit_code == 0, verified.output
    assert "sound" in verified.output


def test_migrating_again_changes_nothing(made):
    add(made)

    assert made("migrate").exit_code == 0
    assert json.loads(made("status", "--json").output)["position"] == 1


def test_a_master_key_is_never_overwritten(made, environment):
    again = made("key", environment["HUB_MASTER_KEY_FILE"])

    assert again.exit_code == 1
    assert "never overwritten" in again.output


def test_status_tells_positions_lag_and_clocks(made):
    add(made)

    found = json.loads(made("status", "--json").output)

    assert found["position"] == 1
    assert {row["behind"] for row in found["views"]} == {0}
    assert found["quarantined"] == []
    assert "The log stands at position 1." in made("status").output


def test_an_account_is_refused_with_a_sentence(made):
    add(made)

    taken = add(made)
    unknown = add(made, login="ash.brook", role="WIZARD")
    short = add(made, login="ash.brook", HUB_NEW_PASSWORD="short")

    assert (taken.exit_code, unknown.exit_code, short.exit_code) == (1, 1, 2)
    assert "login-taken" in taken.output
    assert "12 characters" in short.output


def test_a_closed_account_is_closed(made):
    add(made)

    closed = made("user", "close", "rowan.marsh", "--reason", "Left the force.")

    assert closed.exit_code == 0
    assert json.loads(made("status", "--json").output)["position"] == 2


def test_views_are_rebuilt_by_name_or_all(made):
    add(made)

    assert made("rebuild", "accounts").output == "Rebuilt: accounts.\n"
    assert "labels" in made("rebuild").output
    assert made("verify").exit_code == 0
    assert made("rebuild", "nothing").exit_code == 2


def poisoned(environment, topic="account-enchanted/1"):
    """Rename the only event of the log to one nobody knows; the seal no longer holds either."""
    with sqlite3.connect(f"{environment['HUB_DATA']}/log.sqlite") as file:
        file.execute("DROP TRIGGER event_is_immutable")
        file.execute("UPDATE event SET topic = ?", (topic,))
    file.close()


def test_what_cannot_be_followed_is_listed_and_can_be_set_aside(made, environment):
    add(made)
    poisoned(environment)
    made("rebuild")

    listed = made("quarantine", "list", "--json")
    rows = [json.loads(line) for line in listed.output.splitlines()]
    assert listed.exit_code == 1
    assert {row["version"] for row in rows} == {1}
    assert made("status").exit_code == 1
    assert made("verify").exit_code == 1
    assert made("quarantine", "retry").exit_code == 1

    aside = made("quarantine", "set-aside", rows[0]["stream"], "1", "--reason", "Damaged in a test.")

    assert aside.exit_code == 0, aside.output
    assert made("quarantine", "list").exit_code == 0
    assert "Nothing is quarantined." in made("quarantine", "list").output


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"HUB_SYNCHRONOUS": "NORMAL"}, "loses acknowledged reports"),
        ({"HUB_JOURNAL_MODE": "DELETE"}, "set it to WAL"),
        ({"POSTGRES_ENABLE_DB_FUNCTIONS": "y"}, "unset it"),
        ({"HUB_PROFILE": "holiday"}, "neither"),
        ({"HUB_PORT": "eighty"}, "not a port"),
        ({"HUB_MASTER_KEY_FILE": ""}, "outside the data folder"),
    ],
)
def test_unsafe_settings_are_refused_with_what_to_change(made, changed, said):
    refused = made("status", **changed)

    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())


def test_a_master_key_inside_the_data_folder_is_refused(made, environment):
    refused = made("status", HUB_MASTER_KEY_FILE=f"{environment['HUB_DATA']}/master.key")

    assert refused.exit_code == 2
    assert "inside the data folder" in " ".join(refused.output.split())


def test_serving_a_hub_that_is_not_there_says_how_to_make_one(hub, environment):
    hub("key", environment["HUB_MASTER_KEY_FILE"])

    refused = hub("serve")

    assert refused.exit_code == 1
    assert "hub migrate" in refused.output


def test_only_a_demonstration_has_a_clock_of_its_own(made):
    refused = made("clock", "2026-03-01")

    assert refused.exit_code == 2
    assert "hub demo" in refused.output


def test_a_command_works_beside_the_process_that_follows(made, environment):
    from hub_services.following import Following

    with Hub(read(environment)) as running:
        following = Following(running)
        assert following.take_lock()
        following.start()

        added = add(made)

        assert added.exit_code == 0, added.output
        assert running.runner.wait_for(running.log.head(), 5)
        following.stop()
