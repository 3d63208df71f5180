"""Group commit: callers that arrive while a commit is running are committed together by one of them.

The caller commits itself when nobody waits, so a lone writer pays nothing for it; there is no committer thread. When a
commit ends, leadership passes to one of those who waited, never stays with a caller whose own work is done.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

Work = TypeVar("Work")

LARGEST_GROUP: Final = 64


class _Waiting(Generic[Work]):
    """A caller's work and the latch it waits at; `leads` says it was woken to commit for the group."""

    __slots__ = ("latch", "leads", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.leads = False
        self.latch = allocate_lock()
        self.latch.acquire()


class GroupCommit(Generic[Work]):
    """Hands the works of concurrent callers, in groups, to one function that commits a group.

    Args:
        commit: commits a group and keeps each work's own outcome in the work. What it raises reaches only the caller
            it ran in, so a work without an outcome has to count as not done.
    """

    def __init__(self, commit: Callable[[Sequence[Work]], None]) -> None:
        """Commit groups by `commit`."""
        self._commit = commit
        self._mutex = allocate_lock()
        self._busy = False
        self._waiting: list[_Waiting[Work]] = []

    def submit(self, work: Work) -> None:
        """Return when the work's group has been committed, by this caller or by another."""
        with self._mutex:
            alone = not self._busy
            self._busy = True
            if not alone:
                waiting = _Waiting(work)
                self._waiting.append(waiting)
        if alone:
            self._lead([work])
        else:
            self._wait(waiting)

    def _wait(self, waiting: _Waiting[Work]) -> None:
        try:
            waiting.latch.acquire()
        except BaseException:
            self._withdraw(waiting)
            raise
        if waiting.leads:
            with self._mutex:
                group, self._waiting = self._waiting[:LARGEST_GROUP], self._waiting[LARGEST_GROUP:]
            self._lead([each.work for each in group], group)

    def _withdraw(self, waiting: _Waiting[Work]) -> None:
        """Take back the work of a caller that was interrupted, unless it is being committed; nobody waits for it."""
        with self._mutex:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
        if waiting.leads:
            self._hand_over()

    def _lead(self, works: list[Work], group: Sequence[_Waiting[Work]] = ()) -> None:
        try:
            self._commit(works)
        finally:
            self._hand_over()
            for each in group:
                if not each.leads:
                    each.latch.release()

    def _hand_over(self) -> None:
        with self._mutex:
            if not self._waiting:
                self._busy = False
                return
            successor = self._waiting[0]
            successor.leads = True
        successor.latch.release()
