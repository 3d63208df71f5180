"""Child 8 at eighteen: a birthday ends nothing, the work goes on in the case of an adult with the same people."""

from __future__ import annotations

from typing import Final

from hub_services.demo import forms
from hub_services.demo.days import MON, TUE, WED, Days
from hub_services.demo.people import MANAGER, OFFICER, PROTECT_SUPERVISOR, SOCIAL_WORKER
from hub_services.demo.step import Made, Mentioned, Step

ADULT_CASE: Final = "child8-adult-case"


def workers(days: Days, key: str, case: str, week: int) -> tuple[Step, ...]:
    """The manager allocates a case to the social worker and makes the officer a member."""
    return (
        forms.in_case(
            f"{key}-allocated",
            days.at(week, WED, "10:15"),
            MANAGER,
            case,
            "allocations",
            "allocates the case to the social worker",
            worker=Made(f"account-{SOCIAL_WORKER.login}"),
            team="PROTECT",
            reason="Does not go away, however often she is sent away.",
        ),
        forms.in_case(
            f"{key}-member",
            days.at(week, WED, "10:20"),
            MANAGER,
            case,
            "members",
            "makes the team's officer a member of the case",
            account=Made(f"account-{OFFICER.login}"),
            reason="The officer she may one day be willing to meet.",
        ),
    )


def steps(days: Days, girl: Mentioned, case: str, disclosure: str) -> tuple[Step, ...]:
    """Tell it from her birthday to the closing of the case of the child."""
    return (
        forms.case_opened(
            ADULT_CASE,
            days.at(9, TUE, "10:00"),
            PROTECT_SUPERVISOR,
            "opens the case of an adult: she has turned eighteen, and the work goes on",
            girl,
            person_stage="ADULT",
            strands=["CSE", "MSHT"],
            reason="Transition at eighteen: a birthday ends nothing; the same worker goes on under adult safeguarding.",
        ),
        forms.in_case(
            "child8-adult-joined",
            days.at(9, TUE, "10:10"),
            PROTECT_SUPERVISOR,
            ADULT_CASE,
            "reports",
            "joins her disclosure to it",
            report=Made(disclosure),
            reason="What she has told goes on being worked.",
        ),
        *workers(days, "child8-adult", ADULT_CASE, 9),
        forms.flag_requested(
            "child8-flag",
            days.at(9, WED, "10:45"),
            SOCIAL_WORKER,
            ADULT_CASE,
            "asks for a modern slavery flag on the police system; it waits for the manager",
            mention=girl,
            flag="MODERN_SLAVERY",
            review_on=days.day(20, MON),
            reason="If she is met with Glenn Sharrow, officers should know that she is a victim.",
        ),
        forms.in_case(
            "child8-closed",
            days.at(9, WED, "11:00"),
            MANAGER,
            case,
            "closing",
            "closes the case of the child: the transition is complete",
            reason_code="TRANSITION_COMPLETE",
            reason="Everything in it is carried on in the adult case.",
        ),
    )
