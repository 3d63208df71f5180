"""What waits on the desk of Phoenix Protect when the story reaches the present, one item of each kind."""

from __future__ import annotations

from typing import Final

from hub_services.demo import forms
from hub_services.demo.days import TUE, WED, Days
from hub_services.demo.people import (
    GMP_INTELLIGENCE,
    OUT_OF_HOURS,
    PROTECT_SUPERVISOR,
    SUPPORT_WORKER,
    YOUTH_JUSTICE_WORKER,
)
from hub_services.demo.step import Step, Thread

VAPE_SHOP: Final = "waiting-01-vape-shop"
OPENED: Final = "waiting-02-opened"
UNOPENED: Final = "waiting-03-unopened"
EMERGENCY: Final = "waiting-04-999"


def thread(days: Days) -> Thread:
    """Tell what came in lately and is not decided."""
    return Thread("Waiting", (*_disagreement(days), *_opened(days), *_unopened(days), _emergency(days)))


def _disagreement(days: Days) -> tuple[Step, ...]:
    return (
        *forms.sent(
            VAPE_SHOP,
            days.at(9, TUE, "09:30"),
            YOUTH_JUSTICE_WORKER,
            "reports a vape shop where boys are given more than they pay for",
            answers={"area": "SALFORD"},
            source_types=["OTHER_PROFESSIONAL"],
            reliability=2,
            accuracy=3,
            willing_to_engage="DONT_KNOW",
            narrative=(
                "A colleague hears from several boys that the vape shop in the arcade gives them vapes and asks them "
                "to bring friends. One was driven home in a car with the plate YS63 QIQ."
            ),
            place="A vape shop in Salford",
            incident={"text": f"about {days.month(8)}"},
            became_aware={"text": days.day(8, WED)},
            provenance="STRATEGY_MEETING",
            strands=["CSE"],
            mentions=[
                forms.thing("PREMISES", "the vape shop in the arcade", description="vape shop"),
                forms.thing("VEHICLE", "a car with the plate YS63 QIQ", plate="YS63 QIQ"),
            ],
        ),
        forms.proposed(
            days.at(9, TUE, "10:30"),
            PROTECT_SUPERVISOR,
            VAPE_SHOP,
            "INVESTIGATE",
            "proposes to investigate",
            "The car is close to one we look for.",
            "PROACTIVE_DISRUPTION",
        ),
        forms.answered(
            f"{VAPE_SHOP}-disagreed",
            days.at(9, TUE, "10:40"),
            GMP_INTELLIGENCE,
            VAPE_SHOP,
            "PROACTIVE_DISRUPTION",
            "does not agree: disruption first",
            "A visit with trading standards stops it sooner; we learn more about the car from it.",
        ),
        forms.breached(
            days.at(10, WED, "10:00"),
            PROTECT_SUPERVISOR,
            VAPE_SHOP,
            "notes that the clock has run out: the two have not agreed",
        ),
    )


def _opened(days: Days) -> tuple[Step, ...]:
    return (
        *forms.sent(
            OPENED,
            days.ago(200),
            SUPPORT_WORKER,
            "reports a young woman who works and sleeps in a car wash",
            answers={"area": "MANCHESTER", "adult": True},
            source_types=["WITNESSED_INCIDENT"],
            accuracy=2,
            narrative="On outreach I met a young woman who sleeps in the office of a car wash. A man holds her papers.",
            place="A car wash in Manchester",
            incident={"text": f"{days.ago(360):%Y-%m-%dT%H}"},
            became_aware={"text": f"{days.ago(360):%Y-%m-%dT%H}"},
            strands=["MSHT"],
            mentions=[
                forms.person("a young woman", "VICTIM", description="about 20"),
                forms.thing("PREMISES", "a car wash", description="office at the back"),
            ],
        ),
        forms.proposed(
            days.ago(100),
            GMP_INTELLIGENCE,
            OPENED,
            "INVESTIGATE",
            "opens it and proposes to investigate",
            "Signs of forced labour; the supervisor has to agree.",
        ),
    )


def _unopened(days: Days) -> tuple[Step, ...]:
    return forms.sent(
        UNOPENED,
        days.ago(40),
        OUT_OF_HOURS,
        "reports girls who are let into a shisha bar by its back door",
        answers={"area": "MANCHESTER"},
        source_types=["WITNESSED_INCIDENT"],
        accuracy=1,
        narrative="On an out-of-hours visit I saw three girls of about fifteen leave the back room of a shisha bar.",
        place="A shisha bar in Manchester",
        incident={"text": f"{days.ago(90):%Y-%m-%dT%H:%M}"},
        became_aware={"text": f"{days.ago(90):%Y-%m-%dT%H:%M}"},
        provenance="VISIT",
        strands=["CSE"],
        mentions=[forms.thing("PREMISES", "a shisha bar", description="back room with its own door")],
    )


def _emergency(days: Days) -> Step:
    return forms.routes(
        EMERGENCY,
        days.ago(2),
        SUPPORT_WORKER,
        "says that a girl is in immediate danger and is shown the 999 instruction; the item is open",
        immediate_danger=True,
        in_need_or_harmed=True,
        area="MANCHESTER",
    )
