"""Child 7 (domain.md A.4.5): a boy who goes missing again and again, referred in by way of a 999 gate.

High risk at first, low at the end: no longer missing, his referral order completed. Every name is invented.
"""

from __future__ import annotations

from typing import Final

from hub_services.demo import child7_work, forms
from hub_services.demo.days import FRI, MON, THU, TUE, WED, Days
from hub_services.demo.people import (
    GMP_INTELLIGENCE,
    MANAGER,
    OFFICER,
    PROTECT_SUPERVISOR,
    SOCIAL_WORKER,
    SUPPORT_WORKER,
)
from hub_services.demo.step import Made, Mentioned, Step, Thread

REPORT: Final = "child7-01-support-worker"
CASE: Final = "child7-case"
BOY: Final = Mentioned(REPORT, "Reece Talbot")


def thread(days: Days) -> Thread:
    """Tell it from the night of the first report to the closing of the case."""
    return Thread(
        "Child 7",
        (
            *_gate(days),
            *_first_report(days),
            *_case(days),
            *child7_work.steps(days, BOY, CASE),
        ),
    )


def _gate(days: Days) -> tuple[Step, ...]:
    check = f"/v1/route-checks/{{{REPORT}-routes}}"
    return (
        forms.routes(
            REPORT,
            days.at(0, TUE, "22:41"),
            SUPPORT_WORKER,
            "says that a boy is in immediate danger, is shown the 999 instruction and closes the browser",
            immediate_danger=True,
            in_need_or_harmed=True,
            area="MANCHESTER",
        ),
        forms.post(
            "child7-999-taken",
            days.at(0, TUE, "22:47"),
            OFFICER,
            f"{check}/taking",
            "sees the open item on the desk and takes it",
        ),
        forms.post(
            "child7-999-closed",
            days.at(0, TUE, "22:53"),
            OFFICER,
            f"{check}/closing",
            "closes it: the boy is safe, officers are with him",
            outcome="Officers are with the boy; he is taken home",
            reason="Rang the support worker back: she had rung 999 from the street and left the form open.",
        ),
        forms.post(
            "child7-referral",
            days.at(0, WED, "09:40"),
            SUPPORT_WORKER,
            f"{check}/referrals",
            "records the referral she sent to children's social care",
            recipient="MANCHESTER_CSC",
            to_whom="Duty social worker, front door",
            sent_at=days.at(0, WED, "09:25").isoformat(),
        ),
    )


def _first_report(days: Days) -> tuple[Step, ...]:
    return (
        forms.report(
            REPORT,
            days.at(0, WED, "10:20"),
            SUPPORT_WORKER,
            "sends the report itself: missing again, and the man with the car",
            source_types=["WITNESSED_INCIDENT", "MEMBER_OF_PUBLIC"],
            reliability=3,
            accuracy=3,
            willing_to_engage="DONT_KNOW",
            narrative=(
                "Reece Talbot (15) was missing again, the ninth time in four months. I met him by the Lantern Arcade "
                "with a man he calls Daz, who has a blue hatchback, something like YK63 QIQ, and buys him vapes and "
                "food. Reece was unsteady and frightened when Daz told him to get into the car. He knows Daz from a "
                "game chat, daz.rides. His mum says Daz also rings him, 07700 900471."
            ),
            place="The Lantern Arcade, Manchester",
            incident={"text": days.day(0, TUE) + "T22:30"},
            became_aware={"text": days.day(0, TUE) + "T22:30"},
            source={"full_name": "Joanne Talbot", "contacts": ["07700 900388"], "relationship": "Mother of the boy"},
            provenance="RELATIVE",
            also_known_to=["His parents"],
            recorded_elsewhere=["Missing from home team"],
            disclosure_risk="Daz waits for him at the tram stop; he must not learn who spoke.",
            strands=["CSE", "MISSING"],
            mentions=[
                forms.person(
                    "Reece Talbot",
                    "VICTIM",
                    name="Reece Talbot",
                    date_of_birth=days.birthday(-20, WED, 15),
                    sex="male",
                ),
                forms.person("Joanne Talbot", "PARENT", name="Joanne Talbot"),
                forms.person("Martin Talbot", "PARENT", name="Martin Talbot"),
                forms.person("a man he calls Daz", "PERSON_WHO_POSES_RISK", nickname="Daz", description="late 20s"),
                forms.thing("VEHICLE", "blue hatchback, something like YK63 QIQ", plate="YK63 QIQ", colour="blue"),
                forms.thing("PHONE", "07700 900471", number="07700 900471", used_for="ringing the boy"),
                forms.thing("PREMISES", "the Lantern Arcade", name="Lantern Arcade", description="amusement arcade"),
                forms.thing("ONLINE_ACCOUNT", "daz.rides", platform="game chat", handle="daz.rides"),
            ],
        ),
        forms.opened(days.at(0, WED, "11:20"), PROTECT_SUPERVISOR, REPORT, "opens the report"),
        *forms.decided(
            REPORT,
            days.at(0, WED, "11:40"),
            PROTECT_SUPERVISOR,
            GMP_INTELLIGENCE,
            grade="2CC",
            outcome="INVESTIGATE",
            why="Missing nine times, an adult with a car, gifts, an online contact: to be investigated now.",
            agrees="The handle and the number are new to us. Agreed.",
        ),
        forms.lifted(
            days.at(0, THU, "09:55"),
            PROTECT_SUPERVISOR,
            REPORT,
            "lifts the restriction before any social worker sees the report",
            "UK_NON_PROSECUTING_PARTIES",
            authority="DS Whitlow, supervisor of the specialist team",
            reason="Whoever works with the boy has to know what was said about him and about Daz.",
        ),
        forms.graded(
            f"{REPORT}-shared",
            days.at(0, THU, "10:00"),
            PROTECT_SUPERVISOR,
            REPORT,
            "2CP",
            "grades it 2C with handling P, so that the members of the case may read it",
            reason="May be shared lawfully with those who work the case.",
        ),
        forms.told(
            days.at(1, MON, "09:20"),
            OFFICER,
            REPORT,
            "tells the support worker what came of the report",
            "Thank you for staying with him. A case is open, he has a social worker, and the man is looked for.",
        ),
    )


def _case(days: Days) -> tuple[Step, ...]:
    return (
        forms.case_opened(
            CASE,
            days.at(0, THU, "09:30"),
            PROTECT_SUPERVISOR,
            "opens a case for the boy: sexual exploitation, missing",
            BOY,
            person_stage="CHILD",
            strands=["CSE", "MISSING"],
            reason="High risk: adults who pose a risk, hotspots, drugs, grooming online, many missing episodes.",
        ),
        *(
            forms.in_case(
                f"child7-person-{number}",
                days.at(0, THU, "09:45"),
                PROTECT_SUPERVISOR,
                CASE,
                "persons",
                f"joins {words} to the case: {role.lower().replace('_', ' ')}",
                mention=Mentioned(REPORT, words),
                role=role,
                role_from=since,
                reason=reason,
            )
            for number, (words, role, since, reason) in enumerate(
                (
                    ("Joanne Talbot", "PARENT", days.day(0, THU), "His mother."),
                    ("Martin Talbot", "PARENT", days.day(0, THU), "His father."),
                    ("a man he calls Daz", "PERSON_WHO_POSES_RISK", days.day(0, TUE), "Gifts, the car, the phone."),
                ),
                1,
            )
        ),
        forms.in_case(
            "child7-allocated",
            days.at(0, FRI, "09:15"),
            MANAGER,
            CASE,
            "allocations",
            "allocates the case to a social worker",
            worker=Made(f"account-{SOCIAL_WORKER.login}"),
            team="PROTECT",
            reason="Experienced with boys who do not see themselves as exploited; he is to be seen often.",
        ),
        forms.in_case(
            "child7-member",
            days.at(0, FRI, "09:20"),
            MANAGER,
            CASE,
            "members",
            "makes the team's officer a member of the case",
            account=Made(f"account-{OFFICER.login}"),
            reason="Works on the man with the car.",
        ),
    )
