"""`hub demo` as a newcomer runs it: told once, shown again without a word written, cut off and gone on with."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub_services.cli import main
from hub_services.demo import performance, story
from hub_services.demo.client import Answer, TellingError
from hub_services.demo.days import Days
from hub_services.demo.journal import FILE, Journal
from hub_services.demo.looking import Looking
from hub_services.demo.people import HARBOUR_SUPERVISOR, YOUTH_WORKER
from hub_services.demo.server import environment
from hub_services.demo.teller import Teller
from hub_services.hub import Hub
from hub_services.refusal import UnsafeSettingError
from hub_services.settings import read
from hub_services.world import DemoWorld

WIDTH = 100


def demo(folder):
    return CliRunner().invoke(main, ["demo", "--folder", str(folder)])


def head(folder):
    with Hub(read(environment(folder))) as hub:
        return hub.log.head()


@pytest.fixture(scope="session")
def told(tmp_path_factory):
    """The folder of a demonstration and what was printed when it was told; once for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, printed = root / "told" / "demo", root / "told" / "printed.txt"
    with (root / "told.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not printed.exists():
            folder.parent.mkdir()
            result = demo(folder)
            assert result.exit_code == 0, result.output
            printed.write_text(result.output, encoding="utf-8")
    return folder, printed.read_text(encoding="utf-8")


def test_it_is_told_through_the_api_and_every_answer_is_the_expected_one(told):
    _, printed = told

    assert "123 steps told and answered as expected" in printed
    assert "“Ring 999 now and tell the police everything you know." in printed
    assert "The hub notes that the clock has run out" in printed


def test_each_role_is_shown_what_it_sees(told):
    _, printed = told

    for chapter in (
        "What a triage supervisor sees",
        "What a social worker sees",
        "The timeline of the boy's case",
        "What an officer sees, and what the force intelligence officer sees",
        "What a manager sees",
        "What those who reported are told",
        "What is refused, and the reason",
        "The log behind one line",
        "Going on",
    ):
        assert f" {chapter} " in printed


def test_the_timeline_as_known_a_month_earlier_prints_the_old_grade(told):
    _, printed = told
    now, then = printed.split("as known a month earlier")

    assert "Report graded anew [1BP]" in now
    assert "Report graded anew [1BP]" not in then.split("Not known then")[0]
    assert "[2CP]  [1BP]" in then
    assert "cleared" in then


def test_refusals_are_shown_with_their_reason(told):
    _, printed = told

    assert "403 not-permitted" in printed
    assert "404 not-found" in printed
    assert "There is no such record, or it" in printed


def test_the_sealed_rows_are_shown_and_tell_no_content(told):
    folder, printed = told
    _, sealed = printed.split("The log behind one line")

    assert "grade-confirmed/1" in sealed
    assert "AES-256-GCM" in sealed
    for file in folder.iterdir():
        for name in (b"Tia Marlow", b"Reece", b"Sharrow", b"07700"):
            assert name not in file.read_bytes(), file.name


def test_it_is_plain_and_fits_a_terminal_of_a_hundred_columns(told):
    _, printed = told
    screens, typed = printed.split("and in another terminal")

    assert "\x1b" not in printed
    assert max(len(line) for line in screens.splitlines()) <= WIDTH
    assert "make serve" in screens
    assert "/sessions" in typed


def test_a_folder_that_was_told_is_shown_again_and_nothing_is_written(told):
    folder, _ = told
    before = head(folder)

    again = subprocess.run(
        [Path(sys.executable).with_name("hub"), "demo", "--folder", folder],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing is written" in again.stdout
    assert "What a manager sees" in again.stdout
    assert head(folder) == before


def test_the_views_a_demonstration_leaves_are_whole(told):
    folder, _ = told
    with Hub(read(environment(folder))) as hub:
        assert hub.views.quarantine() == []


def test_a_real_profile_refuses_the_folder(told, tmp_path):
    folder, _ = told
    real = {"HUB_DATA": str(folder), "HUB_PROFILE": "real", "HUB_MASTER_KEY_FILE": str(tmp_path / "master.key")}

    with pytest.raises(UnsafeSettingError, match="demonstration for life"):
        read(real)


@pytest.fixture
def short(monkeypatch):
    """A story of two people and one report, told without screens."""
    whole = story.Story.of

    def of(days):
        logins = {YOUTH_WORKER.login, HARBOUR_SUPERVISOR.login}
        kept = [each for each in whole(days).steps if each[0] == story.ACCOUNTS and each[1].key[8:] in logins]
        kept += [each for each in whole(days).steps if each[1].key.startswith("rotherham-01")][:4]
        return story.Story(days, tuple(kept))

    monkeypatch.setattr(performance.Story, "of", of)
    monkeypatch.setattr(performance, "_show", lambda *_: None)


def test_a_telling_that_was_cut_off_goes_on_and_writes_nothing_twice(short, monkeypatch, tmp_path):
    whole_tell, whole_note = Teller.tell, Journal.tell

    def cut_off(journal, step, identifier):
        if step == "rotherham-01-youth-worker-grade":
            raise KeyboardInterrupt
        whole_note(journal, step, identifier)

    monkeypatch.setattr(Journal, "tell", cut_off)
    first = demo(tmp_path / "demo")
    assert first.exit_code == 1
    assert (tmp_path / "demo" / FILE).read_text(encoding="utf-8").count("\n") == 1 + 4

    monkeypatch.setattr(Journal, "tell", whole_note)
    sent = []
    monkeypatch.setattr(Teller, "tell", lambda teller, step: sent.append(step.key) or whole_tell(teller, step))
    second = demo(tmp_path / "demo")

    assert second.exit_code == 0, second.output
    assert sent == ["rotherham-01-youth-worker-proposed"]
    with Hub(read(environment(tmp_path / "demo"))) as hub:
        topics = [row[3] for row in hub.log.rows_after(0, 1000)]
    assert topics.count("grade-confirmed/1") == 1
    assert topics.count("triage-proposed/1") == 1


def test_an_answer_the_story_does_not_expect_ends_it_with_a_sentence(short, monkeypatch, tmp_path):
    monkeypatch.setattr(performance.Client, "ask", lambda *_, **__: Answer(503, {"code": "busy", "detail": "Later."}))
    monkeypatch.setattr("hub_services.demo.teller.PATIENCE", 0)

    result = demo(tmp_path / "demo")

    assert result.exit_code == 1
    assert "account-p.ellwood" in result.output
    assert "expected 201, the hub answered 503 (busy: Later.)" in result.output


def test_a_demonstration_of_somebody_s_own_is_left_alone(tmp_path):
    serving = environment(tmp_path / "demo")
    for name in ("first", "second"):
        made = CliRunner().invoke(
            main,
            ["user", "add", name, "--name", name, "--agency", "HUB", "--role", "ADMINISTRATOR", "--password", "x" * 12],
            env=serving | {"HUB_MASTER_KEY_FILE": ""},
        )
        assert made.exit_code == (0 if (tmp_path / "demo").exists() else 2)
        CliRunner().invoke(main, ["migrate"], env=serving)
    result = demo(tmp_path / "demo")

    assert result.exit_code == 2
    assert "somebody's own" in result.output


def test_a_folder_told_another_story_is_named_as_such(tmp_path):
    journal = Journal.of(tmp_path, datetime.now(UTC))
    journal.begin()
    (tmp_path / FILE).write_text((tmp_path / FILE).read_text().replace(story.fingerprint(), "another"))

    with pytest.raises(UnsafeSettingError, match="another version of the story"):
        Journal.of(tmp_path, datetime.now(UTC))


def test_a_line_of_the_journal_that_was_cut_off_was_not_told(tmp_path):
    journal = Journal.of(tmp_path, datetime.now(UTC))
    journal.begin()
    journal.tell("first", "1")
    with (tmp_path / FILE).open("a") as file:
        file.write('{"step": "second"')

    again = Journal.of(tmp_path, datetime.now(UTC))
    again.tell("third", "3")

    assert Journal.of(tmp_path, datetime.now(UTC)).ids == {"first": "1", "third": "3"}
    assert again.days == journal.days
    assert not again.finished


def test_the_clock_of_a_demonstration_ends_at_the_present(told):
    folder, _ = told
    world = DemoWorld(read(environment(folder)).clock_file)

    assert abs((world.now() - datetime.now(UTC)).total_seconds()) < 1


def test_what_a_used_hub_shows_need_not_be_as_the_story_left_it(tmp_path):
    journal = Journal(tmp_path, Days.up_to(datetime.now(UTC)))
    Looking(None, None, journal, fresh=False).expect(False, "this")

    with pytest.raises(TellingError, match="this"):
        Looking(None, None, journal, fresh=True).expect(False, "this")
