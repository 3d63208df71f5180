"""Cases: who they are about and who works on them, and which cases somebody is a member of today (domain.md A.4.5).

A line that speaks of another record (a report that was joined, a person who has a role) is shown only to those who may
see that record as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import ClassVar, Final

import msgspec
import sqlalchemy as sa

from hub_events import stream
from hub_events.case import (
    CaseClosed,
    CaseOpened,
    CaseReopened,
    MemberAdded,
    MemberRemoved,
    PersonJoined,
    PersonRoleEnded,
    ReportJoined,
    StrandClosed,
    StrandOpened,
    WorkerAllocated,
)
from hub_events.condition import Condition
from hub_events.envelope import Recorded
from hub_events.label import TeamSet
from hub_events.mention import MentionMade
from hub_projections.database import Reader
from hub_projections.fold import alter, standing
from hub_projections.paging import Place, beyond, holds, newest_first
from hub_projections.policy_filter import packed, unpacked
from hub_projections.table import Row, Table, Value, integers, text
from hub_projections.times import microseconds, moment, moment_if_any
from hub_projections.view import Key, Rows, View

OPEN: Final = "OPEN"
CLOSED: Final = "CLOSED"
PERSON: Final = "PERSON"

CASE: Final = Table(
    "case_summary",
    (
        *text("status", "subject", "person_stage", "strands_open", "strands_closed", "team", "worker", "opened_from"),
        *text("closure_code"),
        *integers("opened_at", "closed_at", "newest", "followed"),
    ),
    indexes=(("newest",),),
)
CASE_REPORT: Final = Table("case_report", (*text("case", "report"), *integers("joined_at")), indexes=(("case",),))
CASE_PERSON: Final = Table("case_person", text("case", "mention", "role", "periods"), indexes=(("case",),))
CASE_MEMBER: Final = Table(
    "case_member",
    (*text("case", "account"), *integers("worker", "member", "since")),
    indexes=(("account", "case"), ("case",)),
)
CASE_MENTION: Final = Table("case_mention", text("as_said", "name"))

Period = tuple[date, date | None]


class JoinedReport(msgspec.Struct, frozen=True):
    """A report of a case, and when it was joined."""

    report: str
    joined_at: datetime


class CasePerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a case, in one role from a day and, when it has ended, to a day; with the words of the mention."""

    mention: str
    role: str
    role_from: date
    role_to: date | None
    as_said: str
    name: str


class CaseMember(msgspec.Struct, frozen=True):
    """Somebody who works on a case: since when, and whether it is allocated to them."""

    account: str
    since: datetime
    allocated: bool


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case as a list shows it; `subject` and its words are empty for who may not see that mention."""

    case: str
    status: str
    subject: str
    subject_as_said: str
    subject_name: str
    person_stage: str
    strands_open: tuple[str, ...]
    strands_closed: tuple[str, ...]
    team: str
    worker: str
    opened_at: datetime
    closed_at: datetime | None
    closure_code: str
    sort: int

    @property
    def place(self) -> Place:
        """Where the case stands in the list, for the next page."""
        return self.sort, self.case


class CaseSummary(CaseLine, frozen=True, kw_only=True):
    """A case with its reports, persons and members; `opened_from` is empty for who may not see that report."""

    opened_from: str
    reports: tuple[JoinedReport, ...]
    persons: tuple[CasePerson, ...]
    members: tuple[CaseMember, ...]


class CasesView(View):
    """Every case with its people, and the words its persons were mentioned in."""

    name: ClassVar[str] = "cases"
    tables: ClassVar[tuple[Table, ...]] = (CASE, CASE_REPORT, CASE_PERSON, CASE_MEMBER, CASE_MENTION)
    kinds: ClassVar[frozenset[str]] = frozenset({stream.CASE, stream.MENTION})

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """The case, and its row of the person or account the event is about."""
        if recorded.kind != stream.CASE or recorded.version == 1:
            return ()
        case = recorded.stream
        match recorded.event:
            case WorkerAllocated(worker=account) | MemberAdded(account=account) | MemberRemoved(account=account):
                return (CASE.name, case), (CASE_MEMBER.name, _row_id(case, account))
            case PersonJoined(mention=mention, role=role) | PersonRoleEnded(mention=mention, role=role):
                return (CASE.name, case), (CASE_PERSON.name, _row_id(case, mention, role))
            case ReportJoined(report=report):
                return (CASE.name, case), (CASE_REPORT.name, _row_id(case, report))
            case _:
                return ((CASE.name, case),)

    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Fold an event of a case, or keep the words a person was mentioned in."""
        match recorded.event:
            case MentionMade(kind=kind, as_said=as_said, parts=parts) if kind == PERSON:
                rows.add(CASE_MENTION, recorded.stream, {"as_said": as_said, "name": parts.get("name", "")})
            case PersonJoined() as joined:
                _join(recorded.stream, joined, rows)
            case PersonRoleEnded() as ended:
                _end_role(recorded.stream, ended, rows)
            case WorkerAllocated() as allocated:
                _allocate(recorded, allocated, rows)
            case MemberAdded(account=account):
                _works(recorded, rows, account, member=1)
            case MemberRemoved(account=account):
                _works(recorded, rows, account, member=0)
            case _ if recorded.kind == stream.CASE:
                # A mention carries label events as well, such as the team its report was sent on to.
                _case(recorded, rows)
            case _:
                pass

    def quarantined(self, recorded: Recorded, rows: Rows) -> None:
        """End every membership of a case that cannot be followed: the next event may have been somebody's removal."""
        if rows.get(CASE, recorded.stream) is not None:
            alter(rows, CASE, recorded.stream, followed=0)


def _row_id(*parts: str) -> str:
    return "|".join(parts)


def _case(recorded: Recorded, rows: Rows) -> None:
    name, recorded_at = recorded.stream, recorded.envelope.recorded_at
    match recorded.event:
        case CaseOpened() as opened:
            row: Row = {
                "status": OPEN,
                "subject": opened.subject,
                "person_stage": opened.person_stage,
                "strands_open": packed(opened.strands),
                "strands_closed": "",
                "team": opened.team,
                "worker": "",
                "opened_from": opened.report,
                "closure_code": "",
                "opened_at": microseconds(recorded_at),
                "closed_at": None,
                "newest": newest_first(recorded_at),
                "followed": 1,
            }
            rows.add(CASE, name, row)
        case StrandOpened(strand=strand):
            _move(rows, name, strand, to="strands_open", out_of="strands_closed")
        case StrandClosed(strand=strand):
            _move(rows, name, strand, to="strands_closed", out_of="strands_open")
        case ReportJoined(report=report):
            joined: Row = {"case": name, "report": report, "joined_at": microseconds(recorded_at)}
            rows.put(CASE_REPORT, _row_id(name, report), joined)
        case TeamSet(team=team):
            alter(rows, CASE, name, team=team)
        case CaseClosed(reason_code=code):
            alter(rows, CASE, name, status=CLOSED, closed_at=microseconds(recorded_at), closure_code=code)
        case CaseReopened():
            alter(rows, CASE, name, status=OPEN, closed_at=None, closure_code="")
        case _:
            pass


def _move(rows: Rows, case: str, strand: str, *, to: str, out_of: str) -> None:
    row = standing(rows, CASE, case)
    strands = tuple(sorted({*unpacked(str(row[to])), strand}))
    rest = tuple(each for each in unpacked(str(row[out_of])) if each != strand)
    rows.put(CASE, case, {**row, to: packed(strands), out_of: packed(rest)})


def _join(case: str, joined: PersonJoined, rows: Rows) -> None:
    row = _row_id(case, joined.mention, joined.role)
    before = rows.get(CASE_PERSON, row)
    periods = (*(() if before is None else _periods(before["periods"])), (joined.role_from, None))
    who: Row = {"case": case, "mention": joined.mention, "role": joined.role}
    rows.put(CASE_PERSON, row, {**who, "periods": _written(periods)})


def _end_role(case: str, ended: PersonRoleEnded, rows: Rows) -> None:
    row = _row_id(case, ended.mention, ended.role)
    *earlier, (role_from, _) = _periods(standing(rows, CASE_PERSON, row)["periods"])
    alter(rows, CASE_PERSON, row, periods=_written((*earlier, (role_from, ended.ended_on))))


def _periods(column: Value) -> tuple[Period, ...]:
    return msgspec.json.decode(str(column), type=tuple[Period, ...])


def _written(periods: Sequence[Period]) -> str:
    return msgspec.json.encode(periods).decode()


def _allocate(recorded: Recorded, allocated: WorkerAllocated, rows: Rows) -> None:
    before = standing(rows, CASE, recorded.stream)["worker"]
    alter(rows, CASE, recorded.stream, worker=allocated.worker, team=allocated.team)
    if before:
        _works(recorded, rows, str(before), worker=0)
    _works(recorded, rows, allocated.worker, worker=1)


def _works(recorded: Recorded, rows: Rows, account: str, **what: int) -> None:
    """Keep that an account works on a case as long as the case is allocated to it or it is a member."""
    row = _row_id(recorded.stream, account)
    nothing: Row = {"case": recorded.stream, "account": account, "worker": 0, "member": 0}
    before = rows.get(CASE_MEMBER, row) or {**nothing, "since": microseconds(recorded.envelope.recorded_at)}
    now = {**before, **what}
    if now["worker"] or now["member"]:
        rows.put(CASE_MEMBER, row, now)
    else:
        rows.end(CASE_MEMBER, row)


def memberships(reader: Reader, account: str) -> tuple[str, ...]:
    """Return the cases an account is the allocated worker or a member of today, sorted.

    What the policy knows of a caller is made from it at each request, so it asks for no condition.
    """
    member, case = reader.table(CASE_MEMBER), reader.table(CASE)
    query = (
        sa.select(member.c.case)
        .join(case, case.c.row == member.c.case)
        .where(member.c.account == account, case.c.followed == 1)
        .order_by(member.c.case)
    )
    return tuple(reader.connection.execute(query).scalars())


def list_cases(
    reader: Reader,
    condition: Condition,
    *,
    team: str = "",
    status: str = "",
    strand: str = "",
    worker: str = "",
    after: Place | None = None,
    limit: int = 50,
) -> list[CaseLine]:
    """Return a page of cases, the newest first; `strand` is one that is open, `worker` whom a case is allocated to."""
    case = reader.table(CASE)
    query = sa.select(case).where(reader.visible(CASE, case.c.row, condition))
    for column, wanted in ((case.c.team, team), (case.c.status, status), (case.c.worker, worker)):
        if wanted:
            query = query.where(column == wanted)
    if strand:
        query = query.where(holds(case.c.strands_open, strand))
    query = query.where(beyond(case.c.newest, case.c.row, after)).order_by(case.c.newest, case.c.row).limit(limit)
    found = reader.rows(query)
    said = _said(reader, condition, (row["subject"] for row in found))
    return [_line(row, said) for row in found]


def case_summary(reader: Reader, condition: Condition, case: str) -> CaseSummary | None:
    """Return a case, or `None` when it does not exist or may not be seen."""
    table = reader.table(CASE)
    found = reader.rows(sa.select(table).where(table.c.row == case, reader.visible(CASE, table.c.row, condition)))
    if not found:
        return None
    line = _line(found[0], _said(reader, condition, [found[0]["subject"]]))
    reports = _reports(reader, condition, case)
    opened_from = found[0]["opened_from"]
    return CaseSummary(
        **msgspec.structs.asdict(line),
        opened_from=opened_from if opened_from in {each.report for each in reports} else "",
        reports=reports,
        persons=case_people(reader, condition, case),
        members=_members(reader, condition, case),
    )


def case_people(reader: Reader, condition: Condition, case: str) -> tuple[CasePerson, ...]:
    """Return the persons of a case, one entry for each time a role was held, in order of its beginning."""
    table = reader.table(CASE_PERSON)
    query = sa.select(table).where(table.c.case == case, reader.visible(CASE_PERSON, table.c.row, condition))
    found = reader.rows(query)
    said = _said(reader, condition, (row["mention"] for row in found))
    people = [
        CasePerson(
            mention=row["mention"],
            role=row["role"],
            role_from=role_from,
            role_to=role_to,
            as_said=said[row["mention"]]["as_said"],
            name=said[row["mention"]]["name"],
        )
        for row in found
        if row["mention"] in said
        for role_from, role_to in _periods(row["periods"])
    ]
    return tuple(sorted(people, key=lambda person: (person.role_from, person.mention, person.role)))


def _line(row: sa.RowMapping, said: dict[str, sa.RowMapping]) -> CaseLine:
    subject = said.get(row["subject"])
    return CaseLine(
        case=row["row"],
        status=row["status"],
        subject=row["subject"] if subject else "",
        subject_as_said=subject["as_said"] if subject else "",
        subject_name=subject["name"] if subject else "",
        person_stage=row["person_stage"],
        strands_open=unpacked(row["strands_open"]),
        strands_closed=unpacked(row["strands_closed"]),
        team=row["team"],
        worker=row["worker"],
        opened_at=moment(row["opened_at"]),
        closed_at=moment_if_any(row["closed_at"]),
        closure_code=row["closure_code"],
        sort=row["newest"],
    )


def _said(reader: Reader, condition: Condition, mentions: Iterable[str]) -> dict[str, sa.RowMapping]:
    """Return the words of those mentions that may be seen."""
    table = reader.table(CASE_MENTION)
    query = sa.select(table).where(
        table.c.row.in_(sorted(set(mentions))), reader.visible(CASE_MENTION, table.c.row, condition)
    )
    return {row["row"]: row for row in reader.rows(query)}


def _reports(reader: Reader, condition: Condition, case: str) -> tuple[JoinedReport, ...]:
    table = reader.table(CASE_REPORT)
    query = (
        sa.select(table.c.report, table.c.joined_at)
        .where(table.c.case == case, reader.visible(CASE_REPORT, table.c.row, condition))
        .where(reader.visible_stream(table.c.report, condition))
        .order_by(table.c.joined_at, table.c.report)
    )
    return tuple(JoinedReport(row["report"], moment(row["joined_at"])) for row in reader.rows(query))


def _members(reader: Reader, condition: Condition, case: str) -> tuple[CaseMember, ...]:
    table = reader.table(CASE_MEMBER)
    query = (
        sa.select(table)
        .where(table.c.case == case, reader.visible(CASE_MEMBER, table.c.row, condition))
        .order_by(table.c.since, table.c.account)
    )
    return tuple(CaseMember(row["account"], moment(row["since"]), bool(row["worker"])) for row in reader.rows(query))
