"""The hand-over of group commit, under any order of arrivals and ends of commits that hypothesis thinks of."""

import signal
import threading
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub_services.log.group_commit import LARGEST_GROUP, GroupCommit, _Waiting

PATIENCE = 10.0


class Work:
    """What one caller submits, and what came of it."""

    def __init__(self, number, fails=False):
        self.number, self.fails = number, fails
        self.committed_in = None
        self.outcome = ""


class Stage:
    """Callers in threads of their own, and a commit that ends when it is told to."""

    def __init__(self, raises=frozenset()):
        self.group = GroupCommit(self.commit)
        self.raises = raises
        self.commits = []
        self.works, self.threads, self.returned = [], [], []
        self.running = 0
        self.most_at_once = 0
        self.changed = threading.Condition()
        self.to_end = 0

    def commit(self, works):
        with self.changed:
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
            self.commits.append([work.number for work in works])
            number = len(self.commits)
            self.changed.notify_all()
            ended = self.changed.wait_for(lambda: self.to_end >= number, PATIENCE)
            self.running -= 1
        if number in self.raises:
            raise RuntimeError(number)
        for work in works:
            work.committed_in = threading.get_ident()
            work.outcome = "failed" if work.fails else "done" if ended else "never ended"

    def arrive(self, fails):
        """A caller comes; wait until it commits or waits for somebody who does."""
        work = Work(len(self.works), fails)
        self.works.append(work)
        thread = threading.Thread(target=self.call, args=(work,), daemon=True)
        self.threads.append(thread)
        thread.start()
        self.until(lambda: self.placed(work))

    def placed(self, work):
        taken = any(work.number in commit for commit in list(self.commits))
        return taken or any(each.work is work for each in list(self.group._waiting))

    def call(self, work):
        try:
            self.group.submit(work)
        except RuntimeError:
            work.outcome = "raised"
        self.returned.append((work.number, work.outcome, threading.get_ident()))

    def end(self):
        """End the commit that runs, if there is one, and wait until the next one runs or nobody is left."""
        with self.changed:
            if self.running == 0:
                return
            self.to_end += 1
            self.changed.notify_all()
        self.until(lambda: (self.running == 1 and len(self.commits) > self.to_end) or not self.group._busy)

    def until(self, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, "somebody waits for ever"
            time.sleep(0.0002)

    def play(self, steps):
        for step in steps:
            if step == "end":
                self.end()
            else:
                self.arrive(step == "arrive failing")
        while self.group._busy:
            self.end()
        for thread in self.threads:
            thread.join(PATIENCE)


STEPS = st.lists(st.sampled_from(["arrive", "arrive", "arrive failing", "end"]), max_size=30)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_every_work_is_committed_once_in_its_turn_and_nobody_waits_for_ever(steps):
    stage = Stage()
    stage.play(steps)

    assert not any(thread.is_alive() for thread in stage.threads)
    assert stage.most_at_once <= 1, "never two commits at a time"
    committed = [number for commit in stage.commits for number in commit]
    assert committed == list(range(len(stage.works))), "each once, in the order they came"
    assert len(stage.returned) == len(stage.works)
    for number, outcome, _ in stage.returned:
        assert outcome == ("failed" if stage.works[number].fails else "done"), "returned after its own commit only"
    assert not stage.group._busy
    assert stage.group._waiting == []


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sets(st.integers(1, 12)))
def test_a_commit_that_raises_hurts_only_its_own_group(steps, raises):
    stage = Stage(frozenset(raises))
    stage.play(steps)

    assert not any(thread.is_alive() for thread in stage.threads)
    assert stage.most_at_once <= 1
    outcomes = {number: outcome for number, outcome, _ in stage.returned}
    for index, commit in enumerate(stage.commits, 1):
        if index in raises:
            found = Counter(outcomes[number] for number in commit)
            assert found["raised"] == 1, "the caller it ran in"
            assert found[""] == len(commit) - 1, "the others have no outcome, which counts as not done"
        else:
            assert all(outcomes[number] in {"done", "failed"} for number in commit)


@given(st.integers(1, 5))
@settings(max_examples=5, deadline=None)
def test_a_lone_caller_commits_itself_in_its_own_thread(count):
    committed = []
    group = GroupCommit(lambda works: committed.append((works, threading.get_ident())))
    for number in range(count):
        group.submit(number)
    assert committed == [([number], threading.get_ident()) for number in range(count)]


def test_those_who_wait_are_committed_together_by_one_of_them_and_not_by_who_is_done():
    stage = Stage()
    stage.play(["arrive"] * 5)
    assert stage.commits == [[0], [1, 2, 3, 4]]
    thread_of = {number: thread for number, _, thread in stage.returned}
    assert stage.works[0].committed_in == thread_of[0]
    assert {work.committed_in for work in stage.works[1:]} == {thread_of[1]}


def test_a_group_has_a_largest_size_and_the_rest_is_the_next():
    stage = Stage()
    stage.play(["arrive"] * (LARGEST_GROUP + 5))
    assert [len(commit) for commit in stage.commits] == [1, LARGEST_GROUP, 4]


class Interruption(BaseException):
    """What a signal's handler raises in the main thread."""


def interrupted(stage, number, leads):
    """Let the main thread wait, and interrupt it, before or after it was chosen to lead."""

    def interrupt():
        stage.until(lambda: any(each.work.number == number for each in stage.group._waiting))
        waiting = next(each for each in stage.group._waiting if each.work.number == number)
        if leads:
            # Chosen to lead, and the signal comes before it gets to know.
            waiting.leads = True
        time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

    def handler(signum, trace):
        raise Interruption

    before = signal.signal(signal.SIGUSR1, handler)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(Interruption):
            stage.group.submit(Work(number))
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)


def test_a_caller_interrupted_while_it_waits_is_not_committed_and_holds_nobody_up():
    stage = Stage()
    stage.arrive(fails=False)
    interrupted(stage, 99, leads=False)
    stage.play(["arrive", "arrive"])
    assert stage.commits == [[0], [1, 2]]
    assert not any(thread.is_alive() for thread in stage.threads)


def test_a_caller_interrupted_when_it_was_to_lead_hands_on_to_the_next():
    group = GroupCommit(lambda works: None)
    group._busy = True
    stage = Stage()
    stage.group = group
    interrupted(stage, 99, leads=True)
    assert not group._busy, "nobody else waited"

    stage = Stage()
    stage.group._busy = True
    threading.Thread(
        target=lambda: (stage.until(lambda: stage.group._waiting), stage.arrive(False)), daemon=True
    ).start()
    interrupted(stage, 99, leads=True)
    stage.until(lambda: stage.commits)
    stage.play([])
    assert stage.commits == [[0]]


def test_an_interruption_while_its_group_is_being_committed_takes_nothing_back():
    stage = Stage()
    stage.play(["arrive", "arrive"])
    stage.group._withdraw(_Waiting(stage.works[1]))
    assert stage.commits == [[0], [1]]
    assert not stage.group._busy
