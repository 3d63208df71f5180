"""The world outside: real time and chance, and the clock of a demonstration, which goes forwards only."""

from datetime import UTC, datetime, timedelta

import pytest

from hub_services.refusal import UnsafeSettingError
from hub_services.world import DemoWorld, World

REAL = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STORY = datetime(2012, 5, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path):
    return tmp_path / "demonstration-clock"


@pytest.fixture
def world(clock):
    return DemoWorld(clock, lambda: REAL)


def test_the_real_world_has_the_real_time_and_real_chance():
    world = World()
    assert abs(world.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert world.now().tzinfo is UTC
    assert len(world.random(12)) == 12
    assert world.random(12) != world.random(12)


def test_a_demonstration_begins_in_the_present(world):
    assert world.now() == REAL
    assert len(world.random(3)) == 3


def test_the_clock_of_a_demonstration_is_set_forwards(world):
    for moment in (REAL, REAL + timedelta(microseconds=1), REAL + timedelta(days=400)):
        world.set_clock(moment)
        assert world.now() == moment


def test_the_clock_of_a_demonstration_is_never_set_backwards(world):
    world.set_clock(REAL + timedelta(days=1))
    for moment in (REAL + timedelta(days=1, microseconds=-1), REAL, STORY):
        with pytest.raises(UnsafeSettingError, match="goes forwards only"):
            world.set_clock(moment)
        with pytest.raises(UnsafeSettingError, match="goes forwards only"):
            world.set_clock(moment, beginning=True)
    assert world.now() == REAL + timedelta(days=1)


def test_a_story_may_begin_in_the_past_once(world):
    with pytest.raises(UnsafeSettingError, match="it is past 01 May 2012"):
        world.set_clock(STORY)
    world.set_clock(STORY, beginning=True)
    assert world.now() == STORY
    world.set_clock(STORY + timedelta(days=30))
    with pytest.raises(UnsafeSettingError):
        world.set_clock(STORY, beginning=True)


def test_the_clock_runs_on_by_itself(clock):
    now = [REAL]
    world = DemoWorld(clock, lambda: now[0])
    world.set_clock(STORY, beginning=True)
    now[0] += timedelta(minutes=5)
    assert world.now() == STORY + timedelta(minutes=5)


def test_every_process_of_a_demonstration_sees_the_clock_move_at_once(clock, world):
    other = DemoWorld(clock, lambda: REAL)
    for day in range(50):
        world.set_clock(REAL + timedelta(days=day))
        assert other.now() == REAL + timedelta(days=day)


def test_without_being_told_otherwise_a_demonstration_runs_on_real_time(clock):
    assert abs(DemoWorld(clock).now() - datetime.now(UTC)) < timedelta(seconds=5)
