"""Notices in an inbox: placed by the hub, opened by whom they are for (features.md H8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hub_events.envelope import Labels
from hub_events.notice import NoticeOpened, NoticePlaced
from hub_events.stream import NOTICE, Stream
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.refusal import RefusedError


@dataclass(frozen=True, kw_only=True)
class PlaceNotice(Command):
    """Put a notice without content into the inbox of an account or a desk."""

    action: ClassVar[str] = "place-notice"
    inbox: str
    subject: str
    about_stream: str
    urgent: bool = False

    def about(self, by: By) -> Stream:
        """A new notice."""
        return by.new_stream(NOTICE)

    def decide(self, past: Past, by: By) -> list[To]:
        """Place it once."""
        notice = self.about(by)
        if past.events(notice):
            return []
        placed = NoticePlaced(inbox=self.inbox, subject=self.subject, about=self.about_stream, urgent=self.urgent)
        return [To(notice, (placed,), Labels(owning_agency=by.agency, addressees=(self.inbox,)))]


@dataclass(frozen=True, kw_only=True)
class OpenNotice(Command):
    """Open a notice; the first opening is kept."""

    action: ClassVar[str] = "open-notice"
    notice: Stream

    def about(self, by: By) -> Stream:
        """The notice."""
        del by
        return self.notice

    def decide(self, past: Past, by: By) -> list[To]:
        """Keep who opened it first."""
        events = past.events(self.notice)
        if not events:
            raise RefusedError("not-found", "There is no such notice.")
        if any(isinstance(event, NoticeOpened) for event in events):
            return []
        return [To(self.notice, (NoticeOpened(opened_by=by.account),))]
