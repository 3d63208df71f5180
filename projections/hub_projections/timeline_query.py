"""The question a timeline answers: the lines of a case as they were known at a position, as may be shown today."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, Literal, cast

import msgspec
import sqlalchemy as sa

from hub_events.condition import Condition
from hub_events.partial_time import When, describe
from hub_events.reference import strand_and_parents, table
from hub_projections.database import Reader
from hub_projections.policy_filter import SEPARATOR, unpacked
from hub_projections.table import Table
from hub_projections.timeline_table import (
    CASE,
    CASE_REPORT,
    FLAG,
    JOINT,
    LINE,
    MENTION,
    PERSON,
    REPORT,
    REPORT_CHECK,
    VIEW,
    line_id,
)
from hub_projections.times import moment

Order = Literal["happened", "recorded"]
Cursor = tuple[int, str]
"""The sort key of a line and its id; what comes after it is the next page."""

LABELS: Final = "labels"
"""The view whose table the policy is asked of."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines to show; an empty field asks nothing.

    A strand takes those within it too; a line without a strand of its own stands in its report's, failing that in all
    of its case's. `grade` is a printed grade such as [1BP], the three below it are its parts. `person` and `place` are
    mentions, whose lines are those that name them and those of the reports that speak of them; `place` may also be the
    code of an area.
    """

    strand: str = ""
    agency: str = ""
    kinds: tuple[str, ...] = ()
    grade: str = ""
    source_grade: str = ""
    assessment: str = ""
    handling: str = ""
    person: str = ""
    place: str = ""


class Role(msgspec.Struct, frozen=True):
    """A role a person has in the case, and from when."""

    role: str
    role_from: date


class Mentioned(msgspec.Struct, frozen=True, kw_only=True):
    """Whom or what a line is about, as the report says it, with the roles in this case."""

    mention: str
    kind: str
    as_said: str
    parts: dict[str, str]
    text_form: str
    reported_role: str
    roles: tuple[Role, ...] = ()


class Graded(msgspec.Struct, frozen=True, kw_only=True):
    """How the report of a line was graded and handled at the position asked about."""

    report: str
    printed: str
    handling_code: str
    handling_conditions: tuple[str, ...]
    restriction: str
    outcome: str
    area: str
    team: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a timeline; `id` names the stream and the version of the event it is drawn from."""

    id: str
    kind: str
    stream: str
    version: int
    position: int
    recorded_at: datetime
    happened: When
    happened_in_words: str
    happened_of: str
    agency: str
    role: str
    strands: tuple[str, ...]
    facts: dict[str, Any]
    report: Graded | None = None
    about: Mentioned | None = None
    flag_status: str = ""
    sort_key: int

    @property
    def cursor(self) -> Cursor:
        """What the next page comes after."""
        return self.sort_key, self.id


class Page(msgspec.Struct, frozen=True):
    """Some lines in their order, and after what the next page begins, if there is one."""

    lines: tuple[Line, ...]
    next: Cursor | None


def timeline(
    reader: Reader,
    case: str,
    condition: Condition,
    *,
    upto: int,
    order: Order = "happened",
    filters: Filters = Filters(),  # noqa: B008 -- frozen
    after: Cursor | None = None,
    limit: int = 100,
) -> Page:
    """Return a page of the timeline of a case.

    Args:
        reader: a snapshot of the views.
        case: the case's stream.
        condition: the policy, with subject and context filled in.
        upto: the position as of which the timeline is asked; what a line says is as of then, whether it may be shown
            is decided by today's labels.
        order: by when it happened or by when it was recorded.
        filters: which lines.
        after: the cursor the page before gave.
        limit: how many lines.

    Raises:
        ValueError: the cursor names no line.
    """
    values: dict[str, int | str] = {"case": case, "upto": upto, "limit": limit + 1}
    if after is not None:
        key, line = after
        name, slash, version = line.rpartition("/")
        if not slash or not version.isdecimal():
            raise ValueError("A cursor holds the id of a line.")
        values |= {"after_key": key, "after_stream": name, "after_version": int(version)}
    statement = _statement(reader, condition, order, filters, paged=after is not None)
    rows = reader.connection.execute(statement, values).mappings().all()
    found = tuple(_line(row) for row in rows[:limit])
    return Page(found, found[-1].cursor if len(rows) > limit else None)


MOST_STATEMENTS: Final = 200


def _statement(
    reader: Reader,
    condition: Condition,
    order: Order,
    filters: Filters,
    *,
    paged: bool,
) -> sa.Select[Any]:
    """The question in SQL, kept beside the tables it is asked of: making it takes several times as long as asking."""
    known = reader.generation(VIEW).cache
    shape = (condition, order, filters, paged, reader.generation(LABELS).number)
    if shape not in known:
        if len(known) >= MOST_STATEMENTS:
            known.clear()
        query = _Query(reader, condition)
        statement = query.lines(order, filters)
        if paged:
            statement = statement.where(
                sa.tuple_(*query.order(order))
                > sa.tuple_(
                    sa.bindparam("after_key", type_=sa.BigInteger),
                    sa.bindparam("after_stream", type_=sa.Text),
                    sa.bindparam("after_version", type_=sa.BigInteger),
                ),
            )
        limit = sa.bindparam("limit", type_=sa.BigInteger)
        known[shape] = statement.order_by(*query.order(order)).limit(limit)
    return cast("sa.Select[Any]", known[shape])


_REPORT_COLUMNS: Final = (
    "printed", "handling_code", "handling_conditions", "restriction", "outcome", "area", "team",
)  # fmt: skip
_MENTION_COLUMNS: Final = ("kind", "as_said", "parts", "text_form", "reported_role")
_HAPPENED: Final = ("from", "to", "precision", "zone", "basis", "of")


class _Query:
    """The parts of the question, in SQLAlchemy's terms; the case and the position are filled in when it is asked."""

    def __init__(self, reader: Reader, condition: Condition) -> None:
        self._reader = reader
        self._condition = condition
        self._case = sa.bindparam("case", type_=sa.Text)
        self._upto = sa.bindparam("upto", type_=sa.BigInteger)
        self.line = reader.table(LINE).alias("line")
        self.report = reader.table(REPORT).alias("report")
        self.mention = reader.table(MENTION).alias("mention")
        self.person = reader.table(PERSON).alias("person")
        self.flag = reader.table(FLAG).alias("flag")
        self.worked = reader.table(CASE).alias("worked")

    def _known(self, rows: sa.FromClause) -> sa.ColumnElement[bool]:
        """Whether a version of a row is the one that was known at the position."""
        ends_later = sa.or_(rows.c.known_to.is_(None), rows.c.known_to > self._upto)
        return sa.and_(rows.c.known_from <= self._upto, ends_later)

    def _visible(self, table: Table, rows: sa.FromClause) -> sa.ColumnElement[bool]:
        return self._reader.visible(table, rows.c.row, self._condition)

    def _found_through(self) -> sa.Subquery:
        """The case, the reports that are part of it, and the route checks those came through."""
        link = self._reader.table(CASE_REPORT).alias("link")
        part = self._reader.table(REPORT).alias("part")
        reports = (
            sa.select(link.c.report.label("subject"))
            .join(part, sa.and_(part.c.row == link.c.report, self._known(part)))
            .where(
                link.c.case_stream == self._case,
                self._known(link),
                sa.func.instr(part.c.cases, sa.literal(SEPARATOR) + self._case + sa.literal(SEPARATOR)) > 0,
                self._visible(CASE_REPORT, link),
            )
            .cte("reports")
        )
        check = self._reader.table(REPORT_CHECK).alias("check_link")
        checks = (
            sa.select(check.c.route_check)
            .join(reports, reports.c.subject == check.c.report)
            .where(self._known(check), self._visible(REPORT_CHECK, check))
            .distinct()
        )
        itself = sa.select(self._case.label("subject"))
        return sa.union_all(itself, sa.select(reports.c.subject), checks).subquery("found")

    def lines(self, order: Order, filters: Filters) -> sa.Select[Any]:
        """The lines with what they print."""
        found, line = self._found_through(), self.line
        of_person = self._case + sa.literal(JOINT) + line.c.mention
        joins = (
            (self.report, self.report.c.row == line.c.report),
            (self.mention, self.mention.c.row == line.c.mention),
            (self.person, self.person.c.row == of_person),
            (self.flag, self.flag.c.row == line.c.stream),
            (self.worked, self.worked.c.row == self._case),
        )
        source: Any = found.join(line, line.c.subject == found.c.subject)
        for rows, on in joins:
            source = source.outerjoin(rows, sa.and_(on, self._known(rows)))
        return (
            sa.select(
                *(line.c[name] for name in ("kind", "stream", "version", "known_from", "recorded_at", "facts")),
                *(line.c[name] for name in ("agency", "role", "report", "mention")),
                self._strands().label("strands"),
                *(self._happened(name).label(f"happened_{name}") for name in _HAPPENED),
                *(self.report.c[name].label(f"report_{name}") for name in _REPORT_COLUMNS),
                *(self.mention.c[name].label(f"mention_{name}") for name in _MENTION_COLUMNS),
                self.person.c.roles,
                self.flag.c.status.label("flag_status"),
                self.order(order)[0].label("sort_key"),
            )
            .select_from(source)
            .where(
                self._reader.visible_stream(self._case, self._condition),
                self._known(line),
                self._visible(LINE, line),
                *self._filtered(filters),
            )
        )

    def order(self, order: Order) -> tuple[sa.ColumnElement[Any], ...]:
        """What lines are sorted by: no two are equal, and a line never moves."""
        first = self.line.c.known_from if order == "recorded" else self._happened("sort") + self.line.c.rank
        return first, self.line.c.stream, self.line.c.version

    def _happened(self, name: str) -> sa.ColumnElement[Any]:
        column = f"happened_{name}"
        return sa.func.coalesce(self.line.c[column], self.report.c[column])

    def _strands(self) -> sa.ColumnElement[Any]:
        own, of_report = sa.func.nullif(self.line.c.strands, ""), sa.func.nullif(self.report.c.strands, "")
        return sa.func.coalesce(own, of_report, self.worked.c.strands, "")

    def _filtered(self, filters: Filters) -> list[sa.ColumnElement[bool]]:
        line, report = self.line, self.report
        asked: list[sa.ColumnElement[bool]] = []
        if filters.strand:
            within = [code for code in table("strands").codes() if filters.strand in strand_and_parents(code)]
            held = (sa.func.instr(self._strands(), f"{SEPARATOR}{code}{SEPARATOR}") > 0 for code in within)
            asked.append(sa.or_(sa.false(), *held))
        if filters.kinds:
            asked.append(line.c.kind.in_(filters.kinds))
        single = (
            (line.c.agency, filters.agency),
            (report.c.printed, filters.grade),
            (report.c.source, filters.source_grade),
            (report.c.assessment, filters.assessment),
            (report.c.handling_code, filters.handling),
        )
        asked += [column == wanted for column, wanted in single if wanted]
        if filters.person:
            asked.append(self._concerns(filters.person))
        if filters.place:
            area = sa.func.coalesce(report.c.area, line.c.area)
            asked.append(sa.or_(area == filters.place, self._concerns(filters.place)))
        return asked

    def _concerns(self, mention: str) -> sa.ColumnElement[bool]:
        """Whether a line names a mention, or is of the report that speaks of it; a hidden mention answers no."""
        said = self._reader.table(MENTION).alias("said")
        of_report = sa.select(said.c.report).where(
            said.c.row == mention,
            self._known(said),
            self._visible(MENTION, said),
        )
        return sa.or_(self.line.c.mention == mention, self.line.c.report.in_(of_report))


_facts: Final = msgspec.json.Decoder(dict[str, Any])
_parts: Final = msgspec.json.Decoder(dict[str, str])
_held_roles: Final = msgspec.json.Decoder(tuple[tuple[str, date], ...])


def _line(row: sa.RowMapping) -> Line:
    when = When(
        earliest=moment(row["happened_from"]),
        latest=moment(row["happened_to"]),
        precision=row["happened_precision"],
        zone=row["happened_zone"],
        basis=row["happened_basis"],
    )
    return Line(
        id=line_id(row["stream"], row["version"]),
        kind=row["kind"],
        stream=row["stream"],
        version=row["version"],
        position=row["known_from"],
        recorded_at=moment(row["recorded_at"]),
        happened=when,
        happened_in_words=describe(when),
        happened_of=row["happened_of"],
        agency=row["agency"],
        role=row["role"],
        strands=unpacked(row["strands"]),
        facts=_facts.decode(row["facts"]),
        report=_graded(row),
        about=_mentioned(row),
        flag_status=row["flag_status"] or "",
        sort_key=row["sort_key"],
    )


def _graded(row: sa.RowMapping) -> Graded | None:
    if row["report_printed"] is None:
        return None
    single = ("printed", "handling_code", "restriction", "outcome", "area", "team")
    return Graded(
        report=row["report"],
        handling_conditions=unpacked(row["report_handling_conditions"]),
        **{name: row[f"report_{name}"] for name in single},
    )


def _mentioned(row: sa.RowMapping) -> Mentioned | None:
    if row["mention_kind"] is None:
        return None
    roles = _held_roles.decode(row["roles"]) if row["roles"] else ()
    return Mentioned(
        mention=row["mention"],
        kind=row["mention_kind"],
        as_said=row["mention_as_said"],
        parts=_parts.decode(row["mention_parts"]),
        text_form=row["mention_text_form"],
        reported_role=row["mention_reported_role"],
        roles=tuple(Role(role, role_from) for role, role_from in roles),
    )
