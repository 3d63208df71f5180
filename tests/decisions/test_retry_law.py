"""The retry law over all commands: asked twice, a command decides nothing the second time, whatever came between."""

import importlib
import inspect
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub_services.decisions.decision import Command

ONE_DAY = timedelta(days=1)

SUBJECTS = (
    "feedback",
    "grade",
    "notice",
    "referral",
    "report",
    "restriction",
    "route_check",
    "routing",
    "triage",
)
"""The files whose commands all stand in the fixture `commands`."""


@pytest.fixture(scope="session")
def histories(commands, new_story):
    """The story after each command of the history, and what the command decided."""
    story, told = new_story(), []
    for number, (command, by) in enumerate(commands):
        decision = story.tell(command, replace(by, command_id=b"told %d" % number))
        told.append((story.copy(), decision))
    return told


def test_every_command_of_these_subjects_stands_in_the_history(commands):
    modules = [importlib.import_module(f"hub_services.decisions.{subject}") for subject in SUBJECTS]
    known = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Command) and kind.__module__ == module.__name__
    }

    assert {type(command) for command, _ in commands} == known


def test_every_command_of_the_history_decides_something(histories):
    assert [number for number, (_, decision) in enumerate(histories) if not decision] == []


@given(data=st.data())
def test_the_same_command_with_the_same_command_id_decides_nothing_the_second_time(commands, histories, data):
    number = data.draw(st.integers(0, len(commands) - 1))
    after = data.draw(st.integers(number, len(commands) - 1))
    later = data.draw(st.timedeltas(min_value=-10 * ONE_DAY, max_value=100 * ONE_DAY))
    command, by = commands[number]

    repeated = histories[after][0].when(command, replace(by, command_id=b"told %d" % number, now=by.now + later))

    assert repeated == []


def test_a_command_writes_to_no_stream_it_has_not_read(commands, histories, new_story):
    before = [new_story(), *(story for story, _ in histories)]

    unread = [
        (type(command).__name__, to.stream)
        for (command, by), story, (_, decision) in zip(commands, before, histories, strict=False)
        for to in decision
        if to.stream not in story.past(command, by)
    ]

    assert unread == []


def test_a_new_stream_comes_with_its_labels_and_one_that_exists_without(commands, histories, new_story):
    before = [new_story(), *(story for story, _ in histories)]

    wrong = [
        to
        for story, (_, decision) in zip(before, histories, strict=False)
        for to in decision
        if (to.labels is None) != bool(story.streams.get(to.stream))
    ]

    assert wrong == []


def test_every_command_says_in_a_sentence_what_it_does(commands):
    assert [type(command).__name__ for command, _ in commands if not (type(command).__doc__ or "").strip()] == []


def test_the_same_question_has_the_same_answer(commands, histories, new_story):
    before = [new_story(), *(story for story, _ in histories)]

    answers = [
        (story.when(command, replace(by, command_id=b"a")), story.when(command, replace(by, command_id=b"b")))
        for (command, by), story in zip(commands, before, strict=False)
    ]

    assert [one for one, other in answers if one != other] == []
