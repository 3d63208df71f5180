"""What the users see once the story is told: the queue, cases, reports, flags, feedback, and what they are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.panel import Panel
from rich.text import Text

from hub_services.demo import child7, child8, waiting
from hub_services.demo.looking import Looking
from hub_services.demo.paper import card, chapter, label, labels, on, say, seat, sheet, when
from hub_services.demo.people import (
    GMP_INTELLIGENCE,
    HOUSING_OFFICER,
    MANAGER,
    NEIGHBOURHOOD_OFFICER,
    OFFICER,
    PROTECT_SUPERVISOR,
    SOCIAL_WORKER,
    SOURCE_HANDLER,
    YOUTH_WORKER,
)
from hub_services.demo.step import Person

TRIAGE, SAFEGUARDING, INVESTIGATION, OVERSIGHT = "TRIAGE", "SAFEGUARDING", "INVESTIGATION", "OVERSIGHT"
SUBJECTS: Final[Mapping[str, str]] = {
    "CASE_ALLOCATED": "A case was allocated to you",
    "CASE_SHARED": "You are a member of a case",
    "FEEDBACK_SENT": "Feedback on your report",
}


def queue(looking: Looking) -> None:
    """Show what the triage supervisor finds on the desk."""
    chapter(looking.console, "What a triage supervisor sees")
    seat(looking.console, PROTECT_SUPERVISOR, TRIAGE, "GET /v1/triage")
    items = looking.at(PROTECT_SUPERVISOR, TRIAGE, "/v1/triage")["items"]
    expected = [waiting.EMERGENCY + "-routes", waiting.VAPE_SHOP, waiting.UNOPENED, waiting.OPENED]
    looking.expect(
        [each["id"] for each in items][:4] == [looking.id(step) for step in expected],
        "the queue is ordered: open 999 items, breached, never opened, then oldest",
    )
    found = sheet(waits_since=17, what=18, place=10, strands=7, state=0)
    for item in items:
        found.add_row(
            f"{when(item['since'])}\ndue {when(item['due_at'])[4:]}",
            "Open 999 item" if item["kind"] == "EMERGENCY_OPEN_ITEM" else "Information report",
            label("areas", item["area"]),
            ", ".join(item["strands"]),
            _state(item),
        )
    looking.console.print(found)


def _state(item: Mapping[str, Any]) -> str:
    said = [
        f"{label('roles', each['role'])}: {label('triage_outcomes', each['outcome']).lower()}"
        for each in item["proposals"]
    ]
    breached = ["OUT OF TIME"] if item["breached"] else []
    opened = [] if item["opened_at"] else ["nobody has taken it" if item["kind"] != "TRIAGE" else "never opened"]
    differ = ["they disagree"] if item["disagreement"] else []
    return "\n".join([*breached, *opened, *said, *differ])


def social_worker(looking: Looking) -> None:
    """Show the social worker's inbox and the boy's case."""
    chapter(looking.console, "What a social worker sees")
    seat(looking.console, SOCIAL_WORKER, SAFEGUARDING, "GET /v1/inbox")
    notices = sheet(placed=16, what=0, where=44)
    for notice in looking.at(SOCIAL_WORKER, SAFEGUARDING, "/v1/inbox")["items"]:
        subject = SUBJECTS.get(notice["subject"], notice["subject"])
        notices.add_row(when(notice["placed_at"]), Text(subject, "" if notice["opened_at"] else "bold"), notice["link"])
    looking.console.print(notices)
    seat(looking.console, SOCIAL_WORKER, SAFEGUARDING, "GET /v1/cases/{id}")
    case = looking.at(SOCIAL_WORKER, SAFEGUARDING, f"/v1/cases/{{{child7.CASE}}}")
    looking.expect(case["status"] == "CLOSED", "the boy's case is closed, and its worker still sees it")
    looking.console.print(
        card(
            f"Case of {case['subject_name']}, {case['person_stage'].lower()}",
            status=case["status"].lower(),
            closed=f"{on(case['closed_at'])}: {label('closure_reasons', case['closure_code']).lower()}",
            strands=f"{labels('strands', case['strands_open'])}; closed: {labels('strands', case['strands_closed'])}",
            team=label("teams", case["team"]),
            opened=on(case["opened_at"]),
            reports=str(len(case["reports"])),
            members=", ".join(looking.name(each["account"]) for each in case["members"]),
            persons="\n".join(
                f"{each['as_said']}: {label('person_roles', each['role']).lower()} since {on(each['role_from'])}"
                for each in case["persons"]
            ),
        ),
    )


def officer(looking: Looking) -> None:
    """Show the disclosure as the officer reads it, and as the force intelligence officer does."""
    chapter(looking.console, "What an officer sees, and what the force intelligence officer sees")
    path = f"/v1/reports/{{{child8.DISCLOSURE}}}"
    seat(looking.console, OFFICER, INVESTIGATION, "GET /v1/reports/{id} and its mentions: the report, not its source")
    report = looking.at(OFFICER, INVESTIGATION, path)
    looking.console.print(_report(report))
    mentions = sheet(kind=14, as_said=0, normalised=14, said_to_be=25)
    for each in report["mentions"]:
        mention = looking.at(OFFICER, INVESTIGATION, f"/v1/mentions/{each['id']}")
        normal = mention["normalised"]
        mentions.add_row(
            mention["kind"].lower().replace("_", " "),
            mention["as_said"],
            normal["value"] if normal else "",
            label("person_roles", mention["reported_role"]),
        )
    looking.console.print(mentions)
    seat(looking.console, GMP_INTELLIGENCE, TRIAGE, "GET /v1/reports/{id}/narrative: for the two deciders")
    narrative = looking.at(GMP_INTELLIGENCE, TRIAGE, f"{path}/narrative")
    judged, suggested = narrative["form_evaluation"], narrative["suggested_grade"]
    looking.console.print(
        card(
            "Narrative",
            text=narrative["text"],
            risk=narrative["disclosure_risk"],
            on_the_form=(
                f"reliability {judged['reliability']}, accuracy {judged['accuracy']}; would engage with the police: "
                f"{judged['willing_to_engage'].lower()}"
            ),
            suggested=f"{suggested['source']}{suggested['assessment']}. {' '.join(suggested['to_confirm'])}",
            confirmed=report["grade"],
        ),
    )


def _report(report: Mapping[str, Any]) -> Panel:
    return card(
        f"Report of {on(report['reported_at'])}",
        happened=f"{report['incident']['text']} ({report['incident']['basis'].lower()})",
        became_aware=report["became_aware"]["text"],
        received=when(report["received_at"]),
        place=f"{label('areas', report['area'])}, {label('teams', report['team'])}",
        strands=labels("strands", report["strands"]),
        grade=f"{report['grade']}, {labels('handling_conditions', report['handling_conditions'])}",
        outcome=label("triage_outcomes", report["outcome"]),
    )


def manager(looking: Looking) -> None:
    """Show the manager's cases and flags."""
    chapter(looking.console, "What a manager sees")
    seat(looking.console, MANAGER, OVERSIGHT, "GET /v1/cases")
    cases = sheet(opened=12, case_of=14, stage=6, strands=22, worker=13, status=0)
    for case in looking.at(MANAGER, OVERSIGHT, "/v1/cases")["items"]:
        closed = f": {label('closure_reasons', case['closure_code']).lower()}" if case["closure_code"] else ""
        cases.add_row(
            on(case["opened_at"]),
            case["subject_name"],
            case["person_stage"].lower(),
            ", ".join([*case["strands_open"], *(f"({code})" for code in case["strands_closed"])]),
            looking.name(case["worker"]),
            f"{case['status'].lower()}{closed}",
        )
    looking.console.print(cases)
    seat(looking.console, MANAGER, OVERSIGHT, "GET /v1/flags (waiting for approval) and GET /v1/cases/{id}/flags")
    awaiting = looking.at(MANAGER, OVERSIGHT, "/v1/flags")["items"]
    looking.expect([each["id"] for each in awaiting] == [looking.id("child8-flag")], "one flag waits for approval")
    flags = sheet(flag=16, status=9, requested=16, placed=16, cleared=0)
    for flag in (*awaiting, *looking.at(MANAGER, OVERSIGHT, f"/v1/cases/{{{child7.CASE}}}/flags")["items"]):
        placed, cleared = flag["placed"], flag["cleared"]
        flags.add_row(
            label("flag_kinds", flag["code"]),
            flag["status"].lower(),
            f"{when(flag['requested']['at'])}\n{looking.name(flag['requested']['by'])}",
            f"{when(placed['placed_at'])}\n{placed['confirmation']}" if placed else "",
            f"{when(cleared['at'])}\n{cleared['reason']}" if cleared else "",
        )
    looking.console.print(flags)


def referrers(looking: Looking) -> None:
    """Show what two of those who reported are told."""
    chapter(looking.console, "What those who reported are told")
    for person, step in ((YOUTH_WORKER, "rotherham-01-youth-worker"), (HOUSING_OFFICER, "rotherham-03-neighbour")):
        seat(looking.console, person, SAFEGUARDING, "GET /v1/feedback/{id}")
        feedback = looking.at(person, SAFEGUARDING, f"/v1/feedback/{{{step}}}")
        text = feedback["text"] or "Nothing: the team withholds feedback. Why is not for the referrer."
        looking.console.print(card(f"Feedback: {feedback['status'].lower()}", told=text))


def refusals(looking: Looking) -> None:
    """Show what is refused, to whom and with what reason, and to whom it is open."""
    chapter(looking.console, "What is refused, and the reason")
    report = f"/v1/reports/{{{child8.DISCLOSURE}}}"
    asked: tuple[tuple[int, Person, str, str, str], ...] = (
        (403, SOCIAL_WORKER, SAFEGUARDING, "/source", "asks who told her own report"),
        (404, NEIGHBOURHOOD_OFFICER, INVESTIGATION, "", "asks for the report: it looks absent"),
        (404, OFFICER, INVESTIGATION, "/narrative", "asks for the words themselves: for the two deciders"),
        (200, SOURCE_HANDLER, INVESTIGATION, "/source", "of the source handling unit asks who the source is"),
    )
    found = sheet(who=32, asked=30, answer=0)
    for status, person, purpose, part, what in asked:
        answer = looking.answered(status, person, purpose, f"{report}{part}")
        says = answer.body.get("detail") or answer.body.get("full_name", "")
        found.add_row(
            f"{person.name}\n{what}",
            f"GET /v1/reports/{{id}}{part}",
            f"{answer.status} {answer.code}\n{says}",
        )
    looking.console.print(found)
    say(
        looking.console,
        "What may not be seen and what does not exist answer alike: a refusal must not tell that it exists.",
    )
