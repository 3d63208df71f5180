"""Child 7 goes on: a second report that is corroborated later, flags that come and go, and the end of the case."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hub_services.demo import forms
from hub_services.demo.days import FRI, MON, SUN, TUE, WED, Days
from hub_services.demo.people import (
    GMP_INTELLIGENCE,
    MANAGER,
    OFFICER,
    PROTECT_SUPERVISOR,
    SOCIAL_WORKER,
    YOUTH_JUSTICE_WORKER,
)
from hub_services.demo.step import Made, Mentioned, Step

REPORT: Final = "child7-02-youth-justice"
CSE_FLAG: Final = "child7-flag-cse"
MISSING_FLAG: Final = "child7-flag-missing"


def steps(days: Days, boy: Mentioned, case: str) -> tuple[Step, ...]:
    """Tell it from the first week to the closing of the case."""
    return (
        *_second_report(days, case),
        *_flag(days, CSE_FLAG, "CSE", boy, case),
        *_flag(days, MISSING_FLAG, "MISSING", boy, case),
        _cleared(
            MISSING_FLAG,
            days.at(9, WED, "10:30"),
            "clears the missing flag: no missing report since he was first seen",
            "Not missing once in nine weeks.",
        ),
        _cleared(
            CSE_FLAG,
            days.at(9, WED, "10:35"),
            "clears the exploitation flag: the risk is low now",
            "Risk low at the last assessment; he understands what was done to him.",
        ),
        *_closing(days, case),
    )


def _flag(days: Days, key: str, kind: str, boy: Mentioned, case: str) -> tuple[Step, ...]:
    label = {"CSE": "exploitation", "MISSING": "missing"}[kind]
    return (
        forms.flag_requested(
            key,
            days.at(0, FRI, "09:40"),
            SOCIAL_WORKER,
            case,
            f"asks for the {label} flag on the police system",
            mention=boy,
            flag=kind,
            review_on=days.day(12, MON),
            reason="Officers who meet him at night should know at once whom to ring.",
        ),
        forms.on_flag(
            f"{key}-approved",
            days.at(0, FRI, "10:05"),
            MANAGER,
            key,
            "approval",
            f"approves the {label} flag",
            reason="Proportionate at high risk; to be looked at again in three months.",
        ),
        forms.on_flag(
            f"{key}-placed",
            days.at(1, MON, "10:00"),
            OFFICER,
            key,
            "placing",
            f"confirms that the {label} flag stands on the police system",
            agency="GMP",
            system="Force record system",
            confirmation=f"F-20417-{kind}",
            placed_at=days.at(1, MON, "09:45").isoformat(),
            reason="Placed by the intelligence unit.",
        ),
    )


def _cleared(flag: str, at: datetime, says: str, reason: str) -> Step:
    said = {"reason": reason, "confirmation": "F-20417 removed"}
    return forms.on_flag(f"{flag}-cleared", at, OFFICER, flag, "clearing", says, **said)


def _second_report(days: Days, case: str) -> tuple[Step, ...]:
    return (
        *forms.sent(
            REPORT,
            days.at(2, TUE, "10:05"),
            YOUTH_JUSTICE_WORKER,
            "reports what a friend of the boy said: pills, and a man who makes him carry them",
            answers={"area": "MANCHESTER", "in_need_or_harmed": True},
            source_types=["MEMBER_OF_PUBLIC"],
            reliability=5,
            accuracy=3,
            willing_to_engage="NO",
            narrative=(
                "A friend says that the man with the blue car gives Reece Talbot pills and makes him carry a bag from "
                "the arcade to a flat; it was some evening in the last fortnight. Reece wants to get out of it."
            ),
            place="Near the Lantern Arcade in Manchester",
            incident={"text": days.day(0, MON, "evening"), "until": days.day(1, SUN, "evening")},
            became_aware={"text": days.day(2, MON, "afternoon")},
            source={"full_name": "Kian Dobbs", "relationship": "Friend on the same referral order"},
            provenance="THIRD_PARTY",
            strands=["CSE", "COUNTY_LINES"],
            mentions=[
                forms.person("Reece Talbot", "VICTIM", name="Reece Talbot"),
                forms.person("the man with the blue car", "PERSON_WHO_POSES_RISK"),
                forms.thing("PREMISES", "a flat", description="top floor, ten minutes from the arcade"),
            ],
        ),
        *forms.decided(
            REPORT,
            days.at(2, TUE, "11:00"),
            PROTECT_SUPERVISOR,
            GMP_INTELLIGENCE,
            grade="2CC",
            outcome="INVESTIGATE",
            why="Belongs to the boy's case; drugs and carrying are new.",
            agrees="Untested and at second hand, but it fits.",
        ),
        forms.in_case(
            "child7-second-joined",
            days.at(2, TUE, "11:35"),
            PROTECT_SUPERVISOR,
            case,
            "reports",
            "joins the report to the case",
            report=Made(REPORT),
            reason="The same boy and the same man.",
        ),
        forms.lifted(
            days.at(2, TUE, "11:40"),
            PROTECT_SUPERVISOR,
            REPORT,
            "lifts its restriction",
            "UK_NON_PROSECUTING_PARTIES",
            authority="DS Whitlow, supervisor of the specialist team",
            reason="As for the first report.",
        ),
        forms.graded(
            f"{REPORT}-shared",
            days.at(2, TUE, "11:45"),
            PROTECT_SUPERVISOR,
            REPORT,
            "2CP",
            "grades it 2C with handling P for the members of the case",
            reason="May be shared lawfully with those who work the case.",
        ),
        forms.told(
            days.at(2, TUE, "11:50"),
            PROTECT_SUPERVISOR,
            REPORT,
            "tells the youth justice worker what came of the report",
            "Thank you. It went into the boy's case; please tell his friend that he did right.",
        ),
        forms.graded(
            f"{REPORT}-regraded",
            days.at(8, TUE, "14:20"),
            GMP_INTELLIGENCE,
            REPORT,
            "1BP",
            "grades the report anew, 1B: what the friend said has been corroborated",
            reason="The flat was found, the car seen there twice; the friend has been right in everything since.",
        ),
    )


def _closing(days: Days, case: str) -> tuple[Step, ...]:
    return (
        forms.in_case(
            "child7-missing-closed",
            days.at(9, WED, "10:40"),
            SOCIAL_WORKER,
            case,
            "strand-closings",
            "closes the missing strand of the case",
            strand="MISSING",
            reason="Seen up to three times a week, and not missing once since.",
        ),
        forms.in_case(
            "child7-closed",
            days.at(9, WED, "11:05"),
            MANAGER,
            case,
            "closing",
            "closes the case: the risk has fallen",
            reason_code="RISK_REDUCED",
            reason="No missing reports, referral order completed, better at home; he still may ring his social worker.",
        ),
    )
