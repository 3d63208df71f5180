"""Reference data by code and day: areas, teams, agencies, strands, grades, clocks and the rest (domain.md 0.2, D.1).

Every fact that may change with time or place is an entry here with its source and dates, never a constant in code.
Codes are closed when writing (`Table.has(code, on=today)`) and open when reading (`Table.get(code)` knows codes that
have ended).
"""

import re
from datetime import date
from functools import cache, lru_cache

from hub_events.reference.table import Entry, Table, load

__all__ = [
    "Entry",
    "Table",
    "area_from_text",
    "lawful_basis_for",
    "social_care_for",
    "strand_and_parents",
    "table",
    "tables",
    "team_for_area",
]

ANY = "*"


def tables() -> tuple[str, ...]:
    """The names of all tables, in alphabetical order."""
    return tuple(sorted(load()))


def table(name: str) -> Table:
    """A table by name; raises KeyError with a sentence that lists the names there are."""
    try:
        return load()[name]
    except KeyError:
        raise KeyError(f"There is no reference table {name!r}; there are {', '.join(tables())}.") from None


def team_for_area(area: str, on: date) -> Entry | None:
    """The specialist team that takes reports about places in an area on a day (domain.md A.1.3, trap T1)."""
    if not table("area_teams").has(area, on):
        return None
    team = table("area_teams").get(area, on).fields["team"]
    return table("teams").get(team, on) if table("teams").has(team, on) else None


# "Bury New Road, Salford" is in Salford and "Manchester Road" may be anywhere: a name that begins the name of a street
# is no evidence of the area.
_STREET = (
    r"(?!\s+(?:(?:old|new|great|little|upper|lower|north|south|east|west)\s+)?"
    r"(?:road|rd|street|st|lane|ln|avenue|ave|drive|close|crescent|way|terrace|grove|place|square)\b)"
)


@cache
def _area_patterns() -> tuple[tuple[Entry, re.Pattern[str]], ...]:
    return tuple(
        (entry, re.compile(rf"\b{re.escape(entry.label)}\b{_STREET}", re.IGNORECASE))
        for entry in table("areas").entries()
    )


def area_from_text(text: str) -> str | None:
    """The one area named in the words of a place, or None if they name none or more than one (domain.md A.1.2).

    A name that begins a street's name does not count. A name that is also an ordinary word counts for itself only when
    it is written with a capital, but always as a doubt about another: a wrong team is worse than a report that asks for
    one.
    """
    named: dict[str, bool] = {}
    for entry, pattern in _area_patterns():
        searched = text
        for phrase in entry.fields.get("never_in", ()):
            searched = re.sub(rf"\b{re.escape(phrase)}\b", " ", searched, flags=re.IGNORECASE)
        found = [match.group() for match in pattern.finditer(searched)]
        if found:
            certain = not entry.fields.get("also_a_word", False) or any(name[0].isupper() for name in found)
            named[entry.code] = certain
    if len(named) != 1:
        return None
    ((code, certain),) = named.items()
    return code if certain else None


@lru_cache
def _rules(on: date) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (rule.fields["agency_kind"], rule.fields["purpose"]): (rule.fields["regime"], rule.fields["lawful_basis"])
        for rule in table("bases_by_agency_purpose").entries(on)
    }


def lawful_basis_for(agency: str, purpose: str, on: date) -> tuple[str, str]:
    """The data-protection regime and lawful basis of an agency acting for a purpose on a day (domain.md B.7.1).

    The most exact rule counts; failing all, the agency's default regime with that regime's default basis. Raises
    KeyError for an agency or purpose that is not in force on the day.
    """
    actor = table("agencies").get(agency, on)
    table("purposes").get(purpose, on)
    rules = _rules(on)
    kind = actor.fields["kind"]
    for key in ((kind, purpose), (kind, ANY), (ANY, purpose)):
        if key in rules:
            return rules[key]
    regime = table("regimes").get(actor.fields["default_regime"], on)
    return regime.code, regime.fields["default_basis"]


def social_care_for(area: str, adult: bool, on: date) -> Entry | None:  # noqa: FBT001 - the contract of the callers
    """The agency to which a referral about a child or an adult in an area goes on a day (domain.md A.1.2 route 2)."""
    duty = "adult_safeguarding_of" if adult else "children_social_care_of"
    found = [entry for entry in table("agencies").entries(on) if area in entry.fields.get(duty, ())]
    return found[0] if len(found) == 1 else None


def strand_and_parents(code: str) -> tuple[str, ...]:
    """A strand with the strands that contain it, itself first: COUNTY_LINES lies within MSHT (domain.md A.4.2)."""
    chain = [code]
    while parent := table("strands").get(chain[-1]).fields.get("parent"):
        chain.append(parent)
    return tuple(chain)
