"""The people of the story who have accounts. All are invented; the telephone numbers are Ofcom's for drama."""

from __future__ import annotations

from typing import Final

from hub_services.demo.step import Person

ADMINISTRATOR: Final = Person(
    login="administrator",
    name="Alex Winter",
    title="Administrator",
    agency="HUB",
    role="ADMINISTRATOR",
)
DUTY: Final = Person(
    login="d.hartley",
    name="Dawn Hartley",
    title="Duty desk officer",
    agency="HUB",
    role="SPECIALIST_SUPERVISOR",
    desk="HUB_DUTY",
)

# Rotherham
YOUTH_WORKER: Final = Person(
    login="p.ellwood",
    name="Priya Ellwood",
    title="Youth worker",
    agency="VOLUNTARY_SECTOR",
    role="REFERRER",
    contact="0114 496 0107",
)
TEACHER: Final = Person(
    login="t.garside",
    name="Tom Garside",
    title="Teacher, safeguarding lead",
    agency="ROTHERHAM_EDUCATION",
    role="REFERRER",
    contact="0114 496 0118",
)
HOUSING_OFFICER: Final = Person(
    login="h.brook",
    name="Helen Brook",
    title="Tenancy officer",
    agency="ROTHERHAM_HOUSING",
    role="REFERRER",
    contact="0114 496 0131",
)
LICENSING_OFFICER: Final = Person(
    login="d.royston",
    name="PC Dale Royston",
    title="Police licensing officer",
    agency="SYP",
    role="PARTNER_OFFICER",
    contact="0114 496 0150",
)
HARBOUR_SUPERVISOR: Final = Person(
    login="s.thorpe",
    name="DS Susan Thorpe",
    title="Supervisor of Harbour Light",
    agency="SYP",
    role="SPECIALIST_SUPERVISOR",
    team="HARBOUR_LIGHT",
)
SYP_INTELLIGENCE: Final = Person(
    login="m.vail",
    name="Marcus Vail",
    title="Force intelligence officer",
    agency="SYP",
    role="FORCE_INTELLIGENCE_OFFICER",
)

# Manchester
SUPPORT_WORKER: Final = Person(
    login="j.cairns",
    name="Jess Cairns",
    title="Night support worker",
    agency="BARNARDOS",
    role="REFERRER",
    contact="0161 496 0122",
)
YOUTH_JUSTICE_WORKER: Final = Person(
    login="r.samuels",
    name="Ruth Samuels",
    title="Youth justice worker",
    agency="MANCHESTER_YOUTH_JUSTICE",
    role="REFERRER",
    contact="0161 496 0164",
)
NURSE: Final = Person(
    login="n.abbot",
    name="Nell Abbot",
    title="Sexual health nurse",
    agency="MANCHESTER_HEALTH",
    role="REFERRER",
    contact="0161 496 0139",
)
OUT_OF_HOURS: Final = Person(
    login="w.pike",
    name="Will Pike",
    title="Licensing officer, out of hours",
    agency="MANCHESTER_LICENSING_OUT_OF_HOURS",
    role="REFERRER",
    contact="0161 496 0177",
)
SOCIAL_WORKER: Final = Person(
    login="a.moss",
    name="Amina Moss",
    title="Social worker",
    agency="MANCHESTER_CSC",
    role="SOCIAL_WORKER",
    contact="0161 496 0185",
)
MANAGER: Final = Person(
    login="b.lowell",
    name="Bernadette Lowell",
    title="Manager of Phoenix Protect",
    agency="MANCHESTER_CSC",
    role="MANAGER",
    team="PROTECT",
)
PROTECT_SUPERVISOR: Final = Person(
    login="c.whitlow",
    name="DS Catherine Whitlow",
    title="Supervisor of Phoenix Protect",
    agency="GMP",
    role="SPECIALIST_SUPERVISOR",
    team="PROTECT",
)
GMP_INTELLIGENCE: Final = Person(
    login="g.norris",
    name="Gareth Norris",
    title="Force intelligence officer",
    agency="GMP",
    role="FORCE_INTELLIGENCE_OFFICER",
)
OFFICER: Final = Person(
    login="o.fenwick",
    name="DC Owen Fenwick",
    title="Officer of Phoenix Protect",
    agency="GMP",
    role="SPECIALIST_OFFICER",
    team="PROTECT",
)
SOURCE_HANDLER: Final = Person(
    login="i.farrow",
    name="Iris Farrow",
    title="Source handling unit",
    agency="GMP",
    role="SOURCE_HANDLER",
)
NEIGHBOURHOOD_OFFICER: Final = Person(
    login="k.dunstan",
    name="PC Kit Dunstan",
    title="Neighbourhood officer",
    agency="GMP",
    role="NEIGHBOURHOOD_OFFICER",
)

PEOPLE: Final = (
    DUTY,
    YOUTH_WORKER,
    TEACHER,
    HOUSING_OFFICER,
    LICENSING_OFFICER,
    HARBOUR_SUPERVISOR,
    SYP_INTELLIGENCE,
    SUPPORT_WORKER,
    YOUTH_JUSTICE_WORKER,
    NURSE,
    OUT_OF_HOURS,
    SOCIAL_WORKER,
    MANAGER,
    PROTECT_SUPERVISOR,
    GMP_INTELLIGENCE,
    OFFICER,
    SOURCE_HANDLER,
    NEIGHBOURHOOD_OFFICER,
)
