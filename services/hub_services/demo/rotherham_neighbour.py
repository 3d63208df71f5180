"""The third report about the premises: so vague that the duty desk has to route it, and then decided too late."""

from __future__ import annotations

from hub_services.demo import forms
from hub_services.demo.days import FRI, MON, THU, Days
from hub_services.demo.people import DUTY, HARBOUR_SUPERVISOR, HOUSING_OFFICER, SYP_INTELLIGENCE
from hub_services.demo.step import Step

DISRUPT = "PROACTIVE_DISRUPTION"


def steps(days: Days) -> tuple[Step, ...]:
    """Tell it from the tenancy officer's visit to the feedback that is withheld."""
    key = "rotherham-03-neighbour"
    return (
        *forms.sent(
            key,
            days.at(0, FRI, "16:15"),
            HOUSING_OFFICER,
            "passes on what a neighbour saw; the place is told so vaguely that no team can be found",
            answers={},
            source_types=["MEMBER_OF_PUBLIC"],
            reliability=5,
            accuracy=5,
            willing_to_engage="DONT_KNOW",
            narrative=(
                "A tenant who lives behind the dessert place opposite the bus station sees girls come out of its yard "
                "late in the evening and get into a grey van. He thinks it said Moonbeam Leisure on the side."
            ),
            place="The dessert place opposite the bus station",
            incident={"text": f"about {days.month(-1)}"},
            became_aware={"text": days.day(0, FRI)},
            source={"full_name": "Arthur Penrose", "addresses": ["2b Corn Mill Yard"], "relationship": "Tenant"},
            provenance="HOME_VISIT",
            strands=["CSE"],
            mentions=[
                forms.thing("PREMISES", "the dessert place opposite the bus station", description="yard at the back"),
                forms.thing("ORGANISATION", "Moonbeam Leisure", name="Moonbeam Leisure"),
                forms.thing("VEHICLE", "a grey van", colour="grey", description="lettering on the side"),
            ],
        ),
        forms.post(
            f"{key}-rerouted",
            days.at(1, MON, "11:30"),
            DUTY,
            f"/v1/reports/{{{key}}}/rerouting",
            "finds out which place is meant and sends the report on; its clock keeps running",
            area="ROTHERHAM",
            reason="Rang the tenancy officer: the bus station is Rotherham's, the place is the dessert lounge.",
        ),
        forms.breached(
            days.at(1, THU, "09:20"),
            HARBOUR_SUPERVISOR,
            key,
            "notes that the clock has run out: nobody decided within eight working hours",
        ),
        forms.opened(days.at(1, THU, "09:30"), HARBOUR_SUPERVISOR, key, "opens the report at last"),
        *forms.decided(
            key,
            days.at(1, THU, "09:40"),
            HARBOUR_SUPERVISOR,
            SYP_INTELLIGENCE,
            grade="2DC",
            outcome=DISRUPT,
            why="Cannot be judged by itself, but it is the same yard and the same hour.",
            agrees="The van is new and worth knowing for the visit.",
        ),
        forms.withheld(
            days.at(1, THU, "10:10"),
            HARBOUR_SUPERVISOR,
            key,
            "withholds feedback from the tenancy officer, with the reason",
            "RISK_TO_SOURCE",
            "The tenant lives in the yard; any word about the visit before it happens could point to him.",
        ),
    )
