"""The requests of the story, one function each: they say what an agency's own screen would send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from hub_services.demo.step import PASSWORD, Made, Mentioned, Person, Step

SAFEGUARDING, TRIAGE, OVERSIGHT = "SAFEGUARDING", "TRIAGE", "OVERSIGHT"
WRITTEN_BEFORE = timedelta(minutes=10)
"""How long before it is sent a report was written."""

TAKES = timedelta(minutes=12)
"""How long the form takes."""

SUPERVISOR_ONLY = ("SPECIALIST_SUPERVISOR_ONLY",)
"""The condition every report keeps until somebody with authority lifts it."""

Mention = Mapping[str, object]


def account(person: Person, at: datetime, by: Person) -> Step:
    """The administrator opens an account."""
    return Step(
        key=f"account-{person.login}",
        at=at,
        by=by,
        purpose="TECHNICAL",
        says=f"Account for {person.name}: {person.role_label.lower()}, {person.agency_label}",
        path="/v1/accounts",
        body={
            "login": person.login,
            "name": person.name,
            "agency": person.agency,
            "roles": [person.role],
            "teams": [person.team] if person.team else [],
            "desks": [person.desk] if person.desk else [],
            "password": PASSWORD,
        },
        expect=201,
    )


def routes(key: str, at: datetime, by: Person, says: str, **answers: object) -> Step:
    """A professional answers the four route questions; what is not said is no, but for the report itself."""
    body = {
        "immediate_danger": False,
        "in_need_or_harmed": False,
        "information": True,
        "person_of_interest_request": False,
        "adult": False,
        **answers,
    }
    return Step(
        key=f"{key}-routes",
        at=at,
        by=by,
        purpose=SAFEGUARDING,
        says=says,
        path="/v1/route-checks",
        body=body,
        expect=201,
        instruction=bool(body["immediate_danger"]),
    )


def report(key: str, at: datetime, by: Person, says: str, **form: object) -> Step:
    """A professional sends an information report behind the route check of the same key."""
    body = {
        "route_check": Made(f"{key}-routes"),
        "route": "INFORMATION_REPORT",
        "reported_at": (at - WRITTEN_BEFORE).isoformat(),
        "reporter_name": by.name,
        "reporter_job_title": by.title,
        "reporter_organisation": by.agency_label,
        "reporter_contact": by.contact,
        **form,
    }
    return Step(key=key, at=at, by=by, purpose=SAFEGUARDING, says=says, path="/v1/reports", body=body, expect=201)


def sent(
    key: str,
    at: datetime,
    by: Person,
    says: str,
    *,
    answers: Mapping[str, object],
    **form: object,
) -> tuple[Step, Step]:
    """A professional answers the route questions and then sends a report."""
    before = at - TAKES
    return (
        routes(key, before, by, "answers the four route questions: nobody in immediate danger", **answers),
        report(key, at, by, says, **form),
    )


def person(as_said: str, role: str = "", **parts: str) -> Mention:
    """A person a report speaks of."""
    return {"kind": "PERSON", "as_said": as_said, "reported_role": role, "parts": parts}


def thing(kind: str, as_said: str, **parts: str) -> Mention:
    """A thing a report speaks of."""
    return {"kind": kind, "as_said": as_said, "parts": parts}


def post(key: str, at: datetime, by: Person, path: str, says: str, **body: object) -> Step:
    """A command on a record there is; decided on for triage by the deciders, else for safeguarding."""
    decides = by.role in {"SPECIALIST_SUPERVISOR", "FORCE_INTELLIGENCE_OFFICER"} and "/cases/" not in path
    purpose = OVERSIGHT if by.role == "MANAGER" else TRIAGE if decides else SAFEGUARDING
    return Step(key=key, at=at, by=by, purpose=purpose, says=says, path=path, body=body or None)


def opened(at: datetime, by: Person, of: str, says: str) -> Step:
    """A decider opens a waiting report."""
    return post(f"{of}-opened", at, by, f"/v1/triage/{{{of}}}/opening", says)


def graded(
    key: str,
    at: datetime,
    by: Person,
    of: str,
    grade: str,
    says: str,
    conditions: Iterable[str] = (),
    reason: str = "",
) -> Step:
    """A decider confirms a grade, written as it is printed: `2CC`."""
    source, assessment, handling = tuple(grade)
    return post(
        key,
        at,
        by,
        f"/v1/reports/{{{of}}}/grades",
        says,
        source=int(source),
        assessment=assessment,
        handling_code=handling,
        handling_conditions=list(conditions),
        reason=reason,
    )


def proposed(at: datetime, by: Person, of: str, outcome: str, says: str, why: str, *others: str) -> Step:
    """One decider proposes an outcome."""
    return post(
        f"{of}-proposed",
        at,
        by,
        f"/v1/triage/{{{of}}}/proposals",
        says,
        outcome=outcome,
        rationale=why,
        alternatives=list(others),
    )


def answered(key: str, at: datetime, by: Person, of: str, outcome: str, says: str, why: str) -> Step:
    """The other decider answers."""
    return post(key, at, by, f"/v1/triage/{{{of}}}/answers", says, outcome=outcome, rationale=why)


def decided(
    of: str,
    at: datetime,
    first: Person,
    second: Person,
    *,
    grade: str,
    outcome: str,
    why: str,
    agrees: str,
) -> tuple[Step, ...]:
    """One decider grades a report and proposes an outcome, the other agrees within half an hour."""
    words = outcome.lower().replace("_", " ")
    later = at + timedelta(minutes=10), at + timedelta(minutes=25)
    return (
        graded(f"{of}-grade", at, first, of, grade, f"grades the report {grade[:2]}", SUPERVISOR_ONLY),
        proposed(later[0], first, of, outcome, f"proposes: {words}", why),
        answered(f"{of}-agreed", later[1], second, of, outcome, "agrees: decided", agrees),
    )


def breached(at: datetime, by: Person, of: str, says: str) -> Step:
    """Nobody does anything, until the timekeeper writes the breach."""
    return Step(
        key=f"{of}-breached",
        at=at,
        by=by,
        purpose=TRIAGE,
        says=says,
        path=f"/v1/triage/{{{of}}}",
        until={"breached": True},
    )


def lifted(at: datetime, by: Person, of: str, says: str, *conditions: str, authority: str, reason: str) -> Step:
    """The specialist supervisor opens a report beyond the supervisor."""
    return post(
        f"{of}-lifted",
        at,
        by,
        f"/v1/reports/{{{of}}}/restriction-lifting",
        says,
        authority=authority,
        reason=reason,
        handling_conditions=list(conditions),
    )


def told(at: datetime, by: Person, of: str, says: str, text: str) -> Step:
    """The team tells the referrer what came of a report."""
    return post(f"{of}-feedback", at, by, f"/v1/feedback/{{{of}}}/sending", says, text=text)


def withheld(at: datetime, by: Person, of: str, says: str, code: str, reason: str) -> Step:
    """The team does not tell the referrer, and says why."""
    path = f"/v1/feedback/{{{of}}}/withholding"
    return post(f"{of}-feedback", at, by, path, says, reason_code=code, reason=reason)


def case_opened(key: str, at: datetime, by: Person, says: str, subject: Mentioned, **case: object) -> Step:
    """A case is opened from the report its subject is mentioned in."""
    body = {"report": Made(subject.step), "subject": subject, "team": "PROTECT", **case}
    return Step(key=key, at=at, by=by, purpose=SAFEGUARDING, says=says, path="/v1/cases", body=body, expect=201)


def in_case(key: str, at: datetime, by: Person, of: str, does: str, says: str, **body: object) -> Step:
    """Something is done in a case."""
    return post(key, at, by, f"/v1/cases/{{{of}}}/{does}", says, **body)


def flag_requested(key: str, at: datetime, by: Person, of: str, says: str, **flag: object) -> Step:
    """Somebody who works a case asks for a flag on a person of it."""
    path = f"/v1/cases/{{{of}}}/flags"
    return Step(key=key, at=at, by=by, purpose=SAFEGUARDING, says=says, path=path, body=flag, expect=201)


def on_flag(key: str, at: datetime, by: Person, of: str, does: str, says: str, **body: object) -> Step:
    """A flag goes one step further."""
    return post(key, at, by, f"/v1/flags/{{{of}}}/{does}", says, **body)
