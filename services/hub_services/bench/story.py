"""A realistic mix of events: what becomes of three reports, through the hub's own commands, told over and over.

The commands are asked once, of a small hub; its log is then copied as often as needed with other ids in place of those
of its streams, which is what makes a long log in seconds.
"""

from __future__ import annotations

import os
import re
from base64 import urlsafe_b64encode
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import msgspec

from hub_events import stream
from hub_events.catalogue import Event, catalogue
from hub_events.envelope import Envelope, Recorded
from hub_events.stream import Stream
from hub_services import hub as hubs
from hub_services.caller import Caller, system
from hub_services.decisions.account import OpenAccount
from hub_services.decisions.case import JoinReport, OpenCase
from hub_services.decisions.case_people import AddMember, AllocateWorker
from hub_services.decisions.decision import Command, sibling
from hub_services.decisions.feedback import SendFeedback
from hub_services.decisions.flag import ApproveFlag, RequestFlag
from hub_services.decisions.grade import ConfirmGrade
from hub_services.decisions.report import ReceiveReport
from hub_services.decisions.report_form import MentionSaid, SourceSaid
from hub_services.decisions.restriction import LiftRestriction
from hub_services.decisions.route_check import AnswerRoutes
from hub_services.decisions.triage import AnswerProposal, OpenForTriage, ProposeOutcome
from hub_services.following import Following
from hub_services.log import Draft, Log, Write
from hub_services.settings import REAL, Settings
from hub_services.vault import Vault, make_master_key

REPORTS: Final = 3
_SAID: Final = "A girl of Year 9 is picked up after school by an older man in a silver car, twice this week. "


def _person(number: int, agency: str, role: str, *teams: str) -> Caller:
    account = stream.stream(stream.ACCOUNT, f"{number:022d}")
    return Caller(account=account, agency=agency, role=role, roles=(role,), teams=teams, purpose="SAFEGUARDING")


TEACHER: Final = _person(1, "MANCHESTER_EDUCATION", "REFERRER")
SUPERVISOR: Final = _person(2, "GMP", "SPECIALIST_SUPERVISOR", "PROTECT")
INTELLIGENCE: Final = _person(3, "GMP", "FORCE_INTELLIGENCE_OFFICER")
MANAGER: Final = _person(4, "MANCHESTER_CSC", "MANAGER", "PROTECT")
WORKER: Final = _person(5, "MANCHESTER_CSC", "SOCIAL_WORKER", "PROTECT")
PEOPLE: Final = (TEACHER, SUPERVISOR, INTELLIGENCE, MANAGER, WORKER)


class _Teller:
    """Asks the commands of the story, each under a key of its own."""

    def __init__(self, hub: hubs.Hub) -> None:
        self._hub = hub
        self._following = Following(hub)
        self._asked = 0

    def ask(self, who: Caller, command: Command) -> Stream:
        """Ask a command and let follow what follows from it."""
        self._asked += 1
        answer = self._hub.ask(command, who, f"story {self._asked}")
        self._following.settle()
        return answer.stream

    def accounts(self) -> None:
        """Open everybody's account."""
        for number, each in enumerate(PEOPLE):
            opened = OpenAccount(
                account=Stream(each.account),
                login=f"person{number}",
                name=f"Person {number}",
                agency=each.agency,
                roles=each.roles,
                teams=each.teams,
            )
            self.ask(system(), opened)

    def report(self) -> Stream:
        """Tell what becomes of one report until its referrer is told."""
        now = self._hub.world.now()
        check = self.ask(
            TEACHER,
            AnswerRoutes(
                immediate_danger=False,
                in_need_or_harmed=False,
                information=True,
                person_of_interest_request=False,
                adult=False,
                area="MANCHESTER",
            ),
        )
        report = self.ask(
            TEACHER,
            ReceiveReport(
                route_check=check,
                route="INFORMATION_REPORT",
                reported_at=now,
                reporter_name="Robin Ashdown",
                reporter_job_title="Form tutor",
                reporter_organisation="Moorfield Academy",
                reporter_contact="0161 496 0001",
                source_types=("MEMBER_OF_PUBLIC",),
                reliability=5,
                accuracy=5,
                willing_to_engage="DONT_KNOW",
                narrative=_SAID * 4,
                place="Wilmslow Road, Manchester",
                area="MANCHESTER",
                source=SourceSaid(full_name="Marjorie Quillfeather", contacts=("07700 900123",)),
                provenance="THIRD_PARTY",
                strands=("CSE",),
                mentions=(
                    MentionSaid(kind="PERSON", as_said="a girl called Tansy", parts={"name": "Tansy Wrenfield"}),
                    MentionSaid(kind="VEHICLE", as_said="silver Golf", parts={"plate": "ending 7XK"}),
                    MentionSaid(kind="PREMISES", as_said="the shisha bar", parts={"name": "Cloud Nine Lounge"}),
                ),
                original=(_SAID * 8).encode(),
                media_type="text/plain",
            ),
        )
        triage = sibling(report, stream.TRIAGE)
        self.ask(SUPERVISOR, OpenForTriage(triage=triage))
        self.ask(SUPERVISOR, _grade(report))
        self.ask(SUPERVISOR, ProposeOutcome(triage=triage, outcome="INVESTIGATE", rationale="It fits two others."))
        self.ask(INTELLIGENCE, AnswerProposal(triage=triage, outcome="INVESTIGATE", rationale="The car is known."))
        self.ask(SUPERVISOR, SendFeedback(feedback=sibling(report, stream.FEEDBACK), text="Somebody works on it."))
        self.ask(SUPERVISOR, LiftRestriction(report=report, authority="DI Ashworth", reason="The school has to act."))
        return report

    def case(self, reports: list[Stream]) -> None:
        """Tell how a case about the first person of the first report begins."""
        why = "Suspected exploitation of a pupil."
        subject = self._first_person(reports[0])
        case = self.ask(
            SUPERVISOR,
            OpenCase(
                report=reports[0],
                subject=subject,
                person_stage="CHILD",
                strands=("CSE",),
                team="PROTECT",
                reason=why,
            ),
        )
        for report in reports[1:]:
            self.ask(SUPERVISOR, JoinReport(case=case, report=report, reason=why))
        self.ask(MANAGER, AllocateWorker(case=case, worker=Stream(WORKER.account), team="PROTECT", reason=why))
        self.ask(MANAGER, AddMember(case=case, account=Stream(TEACHER.account), reason=why))
        review = (self._hub.world.now() + timedelta(days=90)).date()
        flag = self.ask(SUPERVISOR, _flag(case, subject, review))
        self.ask(MANAGER, ApproveFlag(flag=flag, reason=why))

    def _first_person(self, report: Stream) -> Stream:
        received = self._hub.log.past(report)[0].event
        return Stream(received.mentions[0])  # type: ignore[union-attr]


def _grade(report: Stream) -> ConfirmGrade:
    return ConfirmGrade(
        report=report,
        source=2,
        assessment="D",
        handling_code="C",
        handling_conditions=("SPECIALIST_SUPERVISOR_ONLY",),
        reason="What the report says allows no other.",
    )


def _flag(case: Stream, mention: Stream, review: date) -> RequestFlag:
    return RequestFlag(case=case, mention=mention, flag="CSE", review_on=review, reason="Seen again.")


def told(folder: Path) -> list[Recorded]:
    """Tell the story once in a hub of its own and return its events but the opening of accounts."""
    key = folder / "story.key"
    make_master_key(key)
    settings = Settings(folder=folder / "story", master_key_file=key, profile=REAL)
    hubs.migrate(settings)
    with hubs.Hub(settings) as hub:
        teller = _Teller(hub)
        teller.accounts()
        teller.case([teller.report() for _ in range(REPORTS)])
        return [each for each in hub.log.after(0, 10_000) if each.kind != stream.ACCOUNT]


class Copies:
    """Copies of a story, each with ids of its own."""

    def __init__(self, story: list[Recorded]) -> None:
        """Copy the events of a story."""
        self._story = [
            (each.stream, each.version, *catalogue.encode(each.event), msgspec.msgpack.encode(each.envelope))
            for each in story
            if isinstance(each.event, Event)
        ]
        ids = {row[0].partition(":")[2].encode() for row in self._story}
        self._ids = re.compile(b"|".join(sorted(ids)))
        self._envelope = msgspec.msgpack.Decoder(Envelope)

    def __len__(self) -> int:
        """How many events one copy has."""
        return len(self._story)

    def fill(self, log: Log, vault: Vault, count: int) -> int:
        """Append copies, each in one transaction, until the log has at least so many events; return how many it has."""
        while log.head() < count:
            log.append(self._copy(vault))
        return log.head()

    def _copy(self, vault: Vault) -> Write:
        others: dict[bytes, bytes] = {}
        keys: dict[str, int] = {}

        def other(found: re.Match[bytes]) -> bytes:
            if found[0] not in others:
                others[found[0]] = urlsafe_b64encode(os.urandom(16)).rstrip(b"=")
            return others[found[0]]

        drafts = []
        for name, version, topic, payload, envelope in self._story:
            copied = self._ids.sub(other, name.encode()).decode()
            if copied not in keys:
                keys[copied] = vault.draw_key()[0]
            event = catalogue.decode(topic, self._ids.sub(other, payload))
            clear = self._envelope.decode(self._ids.sub(other, envelope))
            drafts.append(Draft(copied, version - 1, (event,), clear, keys[copied]))
        return Write(tuple(drafts))
