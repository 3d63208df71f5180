"""The commercial premises in Rotherham (domain.md A.3): four reports, a disagreement, and one that lay too long.

The premises, the people and the plate are invented. What the agencies then did together is for a later chapter.
"""

from __future__ import annotations

from hub_services.demo import forms, rotherham_neighbour
from hub_services.demo.days import FRI, MON, THU, TUE, Days
from hub_services.demo.people import (
    HARBOUR_SUPERVISOR,
    LICENSING_OFFICER,
    SYP_INTELLIGENCE,
    TEACHER,
    YOUTH_WORKER,
)
from hub_services.demo.step import Step, Thread

DISRUPT = "PROACTIVE_DISRUPTION"
ADDRESS = "14 Corn Mill High Street, Rotherham"


def thread(days: Days) -> Thread:
    """Tell it over the first weeks."""
    return Thread(
        "Rotherham",
        (*_youth_worker(days), *_teacher(days), *rotherham_neighbour.steps(days), *_licensing(days)),
    )


def _youth_worker(days: Days) -> tuple[Step, ...]:
    key = "rotherham-01-youth-worker"
    return (
        *forms.sent(
            key,
            days.at(0, MON, "09:35"),
            YOUTH_WORKER,
            "reports large numbers of young teenagers at a dessert lounge, late in the evening",
            answers={"area": "ROTHERHAM"},
            source_types=["WITNESSED_INCIDENT"],
            accuracy=2,
            narrative=(
                "On outreach I counted more than twenty young people round the Moonbeam Dessert Lounge after ten at "
                "night, most of them thirteen or fourteen. It is like this several nights a week. The two men who run "
                "it let some of the girls in although the shutters were half down. A silver car, plate ending 4QI or "
                "4Q1, drops girls off at the back."
            ),
            place=f"Moonbeam Dessert Lounge, {ADDRESS}",
            incident={"text": days.day(-1, FRI, "evening")},
            became_aware={"text": days.day(-1, FRI, "evening")},
            provenance="OTHER",
            provenance_note="Street outreach",
            also_known_to=["The outreach team"],
            strands=["CSE"],
            mentions=[
                forms.thing("PREMISES", "Moonbeam Dessert Lounge", name="Moonbeam Dessert Lounge", address=ADDRESS),
                forms.thing("VEHICLE", "silver car, plate ending 4QI or 4Q1", colour="silver"),
                forms.person("one of the two men who run it", "OWNER_OR_MANAGER", description="about 40, short beard"),
            ],
        ),
        forms.graded(
            f"{key}-grade",
            days.at(0, MON, "10:40"),
            HARBOUR_SUPERVISOR,
            key,
            "2AC",
            "grades the report 2A",
            forms.SUPERVISOR_ONLY,
        ),
        forms.proposed(
            days.at(0, MON, "11:05"),
            HARBOUR_SUPERVISOR,
            key,
            "RECORD_ONLY",
            "proposes to record it only: no offence is described",
            "Many children in one place late at night, but nothing yet that anybody did to one of them.",
            DISRUPT,
        ),
        forms.answered(
            f"{key}-disagreed",
            days.at(0, MON, "14:10"),
            SYP_INTELLIGENCE,
            key,
            DISRUPT,
            "does not agree: proactive disruption. Both opinions stand, the report stays open",
            "Neighbourhood officers were there twice and found only the owners; the girls had gone. That is a pattern.",
        ),
        forms.answered(
            f"{key}-agreed",
            days.at(0, TUE, "09:05"),
            HARBOUR_SUPERVISOR,
            key,
            DISRUPT,
            "has read the teacher's report and comes round: both decide on proactive disruption",
            "A second, independent report tells of the rear doors. I agree: the place is to be disrupted.",
        ),
        forms.told(
            days.at(0, TUE, "09:50"),
            HARBOUR_SUPERVISOR,
            key,
            "tells the youth worker what came of the report",
            "Thank you. Your report was matched with another and the team acts on the place. Please keep telling us.",
        ),
        forms.lifted(
            days.at(1, THU, "10:15"),
            HARBOUR_SUPERVISOR,
            key,
            "lifts the restriction for the weekly intelligence sharing meeting",
            "UK_NON_PROSECUTING_PARTIES",
            authority="Chair of the weekly CSE intelligence sharing meeting",
            reason="The council's regulatory services need it to plan what each of them can do at the premises.",
        ),
    )


def _teacher(days: Days) -> tuple[Step, ...]:
    key = "rotherham-02-teacher"
    return (
        *forms.sent(
            key,
            days.at(0, MON, "15:25"),
            TEACHER,
            "reports what a pupil said: girls are led out of the rear doors when police come",
            answers={"area": "ROTHERHAM"},
            source_types=["OTHER_PROFESSIONAL", "MEMBER_OF_PUBLIC"],
            reliability=2,
            accuracy=3,
            willing_to_engage="NO",
            narrative=(
                "A pupil in year nine told me that when a police car stops outside, one of the men takes the girls "
                "through the kitchen and out of the rear doors. She says they get free food and vapes, and that the "
                "older one wants their numbers and rings them from 07700 900562."
            ),
            place="The dessert lounge on Corn Mill High Street, Rotherham",
            incident={"text": days.day(-2, MON), "until": days.day(-1, THU, "evening")},
            became_aware={"text": days.day(0, MON, "lunchtime")},
            source={"full_name": "Ella Frost", "relationship": "Pupil", "contacts": ["through the school only"]},
            provenance="THIRD_PARTY",
            also_known_to=["The head of year"],
            disclosure_risk="The girls would know at once who has spoken.",
            strands=["CSE"],
            mentions=[
                forms.thing("PREMISES", "the dessert lounge on Corn Mill High Street", address=ADDRESS),
                forms.thing("PHONE", "07700 900562", number="07700 900562", used_for="ringing the girls"),
                forms.person("the older one", "PERSON_WHO_POSES_RISK", description="older of the two who run it"),
            ],
        ),
        *forms.decided(
            key,
            days.at(0, TUE, "09:20"),
            SYP_INTELLIGENCE,
            HARBOUR_SUPERVISOR,
            grade="2CC",
            outcome=DISRUPT,
            why="Tells how the place works when police come; with the other report enough to act on the premises.",
            agrees="Same place, same weeks, another source.",
        ),
        forms.told(
            days.at(0, TUE, "09:55"),
            HARBOUR_SUPERVISOR,
            key,
            "tells the teacher what came of the report",
            "Thank you. We are acting on the place, and in a way that does not lead back to your pupil.",
        ),
    )


def _licensing(days: Days) -> tuple[Step, ...]:
    key = "rotherham-04-licensing-officer"
    return (
        *forms.sent(
            key,
            days.at(1, TUE, "09:55"),
            LICENSING_OFFICER,
            "attended and could identify no licensable activity: the Licensing Act cannot be used",
            answers={"area": "ROTHERHAM"},
            source_types=["WITNESSED_INCIDENT"],
            accuracy=1,
            narrative=(
                "I attended as licensing officer. Only the owner and his cousin were there as adults. No alcohol, no "
                "late refreshment, no entertainment: I could not identify a licensable activity. The only way out at "
                "the back leads through a locked store. Two rooms upstairs are partitioned and have sofas."
            ),
            place=f"Moonbeam Dessert Lounge, {ADDRESS}",
            incident={"text": days.day(1, MON) + "T21:15"},
            became_aware={"text": days.day(1, MON) + "T21:15"},
            provenance="VISIT",
            strands=["CSE"],
            mentions=[
                forms.thing("PREMISES", "Moonbeam Dessert Lounge", name="Moonbeam Dessert Lounge", address=ADDRESS),
                forms.thing("ORGANISATION", "Moonbeam Leisure Ltd", name="Moonbeam Leisure Ltd"),
                forms.person("the owner, Colin Harker", "OWNER_OR_MANAGER", name="Colin Harker"),
            ],
        ),
        *forms.decided(
            key,
            days.at(1, TUE, "11:00"),
            SYP_INTELLIGENCE,
            HARBOUR_SUPERVISOR,
            grade="1AC",
            outcome=DISRUPT,
            why="Licensing is no way in; other services' powers have to be looked at together.",
            agrees="The means of escape alone are worth a joint visit.",
        ),
        forms.told(
            days.at(1, TUE, "11:40"),
            HARBOUR_SUPERVISOR,
            key,
            "tells the licensing officer what came of the report",
            "Taken to the weekly meeting: a joint visit with the fire service and the council is being planned.",
        ),
    )
