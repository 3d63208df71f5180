"""Child 8 (domain.md A.4.5): a girl who trusted nobody, then told more than anybody, and turned eighteen meanwhile.

Her own disclosure is a report by her social worker; that she is its source is known to the source handling unit alone.
"""

from __future__ import annotations

from typing import Final

from hub_services.demo import child8_adult, forms
from hub_services.demo.days import FRI, MON, SUN, THU, TUE, WED, Days
from hub_services.demo.people import (
    GMP_INTELLIGENCE,
    NURSE,
    PROTECT_SUPERVISOR,
    SOCIAL_WORKER,
)
from hub_services.demo.step import Made, Mentioned, Step, Thread

REPORT: Final = "child8-01-nurse"
DISCLOSURE: Final = "child8-02-disclosure"
CASE: Final = "child8-case"
GIRL: Final = Mentioned(REPORT, "Tia Marlow")
AUTHORITY: Final = "DS Whitlow, supervisor of the specialist team"


def thread(days: Days) -> Thread:
    """Tell it from the nurse's report to the case of an adult."""
    return Thread(
        "Child 8", (*_nurse(days), *_case(days), *_disclosure(days), *child8_adult.steps(days, GIRL, CASE, DISCLOSURE))
    )


def _nurse(days: Days) -> tuple[Step, ...]:
    return (
        *forms.sent(
            REPORT,
            days.at(1, TUE, "09:50"),
            NURSE,
            "reports a girl of seventeen with older men, who will not speak to police or social workers",
            answers={"area": "MANCHESTER", "in_need_or_harmed": True},
            source_types=["WITNESSED_INCIDENT"],
            accuracy=2,
            narrative=(
                "Tia Marlow (17) came to the clinic with a man she called her uncle, who answered for her and paid for "
                "a taxi to a guest house, the Alma. She has two phones and new clothes. When I asked whether she was "
                "safe she swore at me and left. I have heard the name of the guest house from two other girls."
            ),
            place="The Alma guest house, Salford",
            incident={"text": "about " + days.day(1, MON) + "T17:00"},
            became_aware={"text": days.day(1, MON) + "T17:00"},
            provenance="OTHER",
            provenance_note="Clinic appointment",
            recorded_elsewhere=["Clinic record"],
            strands=["CSE"],
            mentions=[
                forms.person(
                    "Tia Marlow",
                    "VICTIM",
                    name="Tia Marlow",
                    date_of_birth=days.birthday(8, SUN, 18),
                    sex="female",
                ),
                forms.person("a man she called her uncle", "PERSON_WHO_POSES_RISK", description="about 45, grey coat"),
                forms.thing("PREMISES", "the Alma", name="Alma guest house", description="guest house"),
            ],
        ),
        forms.post(
            "child8-referral",
            days.at(1, TUE, "10:00"),
            NURSE,
            f"/v1/route-checks/{{{REPORT}-routes}}/referrals",
            "records the referral she sent to children's social care",
            recipient="MANCHESTER_CSC",
            to_whom="Duty social worker, front door",
            sent_at=days.at(1, TUE, "09:30").isoformat(),
        ),
        *forms.decided(
            REPORT,
            days.at(1, TUE, "13:30"),
            PROTECT_SUPERVISOR,
            GMP_INTELLIGENCE,
            grade="1AC",
            outcome="INVESTIGATE",
            why="Controlled by an older man, a guest house that others name too.",
            agrees="The Alma is known to us. Agreed.",
        ),
        forms.withheld(
            days.at(1, TUE, "14:20"),
            PROTECT_SUPERVISOR,
            REPORT,
            "withholds feedback from the nurse, with the reason",
            "RISK_TO_PERSON",
            "The man comes to the clinic with her; nobody there may seem to know more than before.",
        ),
    )


def _case(days: Days) -> tuple[Step, ...]:
    return (
        forms.case_opened(
            CASE,
            days.at(1, TUE, "14:05"),
            PROTECT_SUPERVISOR,
            "opens a case for the girl",
            GIRL,
            person_stage="CHILD",
            strands=["CSE"],
            reason="Controlled by adults, moved between places, refuses contact; she will need time.",
        ),
        forms.lifted(
            days.at(1, TUE, "14:10"),
            PROTECT_SUPERVISOR,
            REPORT,
            "lifts the restriction of the report",
            "UK_NON_PROSECUTING_PARTIES",
            authority=AUTHORITY,
            reason="Her social worker has to know why she was referred.",
        ),
        forms.graded(
            f"{REPORT}-shared",
            days.at(1, TUE, "14:15"),
            PROTECT_SUPERVISOR,
            REPORT,
            "1AP",
            "grades it 1A with handling P for the members of the case",
            reason="May be shared lawfully with those who work the case.",
        ),
        *child8_adult.workers(days, "child8", CASE, 1),
    )


def _disclosure(days: Days) -> tuple[Step, ...]:
    return (
        *forms.sent(
            DISCLOSURE,
            days.at(6, WED, "15:40"),
            SOCIAL_WORKER,
            "writes down what the girl has told her; the girl is the source, and stays protected",
            answers={"area": "SALFORD"},
            source_types=["MEMBER_OF_PUBLIC"],
            reliability=1,
            accuracy=2,
            willing_to_engage="YES",
            narrative=(
                "She says that the man she called her uncle is Glenn Sharrow, who drives girls from the Alma to houses "
                "in other towns, and names two others as drivers. He keeps their phones; hers was 07700 900615. It "
                "began some time in spring. She has met the team's officer once and will speak to him again."
            ),
            place="The Alma guest house, Salford",
            incident={"text": f"about {days.month(-18)}", "basis": "INFERRED"},
            became_aware={"text": days.day(6, WED, "morning")},
            source={
                "full_name": "Tia Marlow",
                "date_of_birth": days.birthday(8, SUN, 18),
                "contacts": ["through her social worker only"],
                "relationship": "Herself",
            },
            provenance="HOME_VISIT",
            also_known_to=["Nobody else"],
            disclosure_risk="If the men learn that she speaks she is in danger, and so are the other girls.",
            strands=["CSE", "MSHT"],
            mentions=[
                forms.person("Glenn Sharrow", "PERSON_WHO_POSES_RISK", name="Glenn Sharrow", nickname="uncle"),
                forms.thing("PREMISES", "the Alma", name="Alma guest house"),
                forms.thing("PHONE", "07700 900615", number="07700 900615", used_for="kept by the man"),
                forms.thing("VEHICLE", "white people carrier, plate MQ19 QQI", plate="MQ19 QQI", colour="white"),
            ],
        ),
        *forms.decided(
            DISCLOSURE,
            days.at(6, THU, "09:30"),
            PROTECT_SUPERVISOR,
            GMP_INTELLIGENCE,
            grade="1AC",
            outcome="INVESTIGATE",
            why="First-hand, exact, and she is willing: the most valuable report of the year.",
            agrees="Two of the names are new to us. To be handled so that nothing points to her.",
        ),
        forms.in_case(
            "child8-disclosure-joined",
            days.at(6, THU, "10:05"),
            PROTECT_SUPERVISOR,
            CASE,
            "reports",
            "joins the report to the case",
            report=Made(DISCLOSURE),
            reason="It is about her own exploitation and others'.",
        ),
        forms.lifted(
            days.at(6, THU, "10:10"),
            PROTECT_SUPERVISOR,
            DISCLOSURE,
            "lifts the restriction for the team's officers; handling stays C, referring to the originator",
            "REFER_TO_ORIGINATOR",
            authority=AUTHORITY,
            reason="The officer she has met works on it; nobody outside the team needs her words.",
        ),
        forms.told(
            days.at(6, THU, "10:15"),
            PROTECT_SUPERVISOR,
            DISCLOSURE,
            "tells the social worker what came of the report",
            "Thank you, and her. It is being investigated; tell her that nobody will come to her door because of it.",
        ),
        forms.in_case(
            "child8-trafficking",
            days.at(6, FRI, "11:00"),
            SOCIAL_WORKER,
            CASE,
            "strands",
            "opens a second strand of the case: slavery and trafficking",
            strand="MSHT",
            reason="She now says herself that she was moved from town to town.",
        ),
    )
