from datetime import date, timedelta
from importlib import resources
from itertools import pairwise

import pytest

from hub_events.reference import (
    Entry,
    area_from_text,
    lawful_basis_for,
    social_care_for,
    strand_and_parents,
    table,
    tables,
    team_for_area,
)
from hub_events.reference.table import FILES, Table, _entry

TODAY = date(2026, 3, 5)
REFERENCES = (
    ("areas", "police_force", "agencies"),
    ("teams", "agency", "agencies"),
    ("area_teams", "code", "areas"),
    ("area_teams", "team", "teams"),
    ("agencies", "areas", "areas"),
    ("agencies", "children_social_care_of", "areas"),
    ("agencies", "adult_safeguarding_of", "areas"),
    ("agencies", "successors", "agencies"),
    ("agencies", "predecessors", "agencies"),
    ("agencies", "default_regime", "regimes"),
    ("regimes", "default_basis", "lawful_bases"),
    ("bases_by_agency_purpose", "regime", "regimes"),
    ("bases_by_agency_purpose", "lawful_basis", "lawful_bases"),
    ("strands", "parent", "strands"),
    ("route_questions", "initial_handling", "handling_codes"),
    ("route_questions", "initial_conditions", "handling_conditions"),
)


def test_every_file_of_the_folder_is_loaded():
    folder = resources.files("hub_events.reference")

    names = {item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")}

    assert names == set(FILES)


@pytest.mark.parametrize("name", tables())
def test_every_entry_has_a_code_a_label_a_source_and_dates_in_order(name: str):
    for entry in table(name).entries():
        assert entry.code == entry.code.strip() != ""
        assert entry.label == entry.label.strip() != ""
        assert entry.source.startswith(("domain.md ", "GK, check", "Derived", "Invented for the demo"))
        assert entry.valid_from is None or entry.valid_to is None or entry.valid_from < entry.valid_to, entry.code


@pytest.mark.parametrize("name", tables())
def test_a_code_has_one_meaning_on_any_day(name: str):
    for code in table(name).codes():
        periods = sorted(
            (
                (entry.valid_from or date.min, entry.valid_to or date.max)
                for entry in table(name).entries()
                if entry.code == code
            ),
        )

        assert all(before[1] <= after[0] for before, after in pairwise(periods)), code


@pytest.mark.parametrize(("name", "field", "target"), REFERENCES)
def test_what_an_entry_refers_to_exists(name: str, field: str, target: str):
    for entry in table(name).entries():
        value = entry.code if field == "code" else entry.fields.get(field, ())
        for code in (value,) if isinstance(value, str) else value:
            assert table(target).has(code), (name, entry.code, code)


def test_rules_for_lawful_bases_name_kinds_and_purposes_that_exist():
    kinds = {agency.fields["kind"] for agency in table("agencies").entries()} | {"*"}

    for rule in table("bases_by_agency_purpose").entries():
        assert rule.fields["agency_kind"] in kinds
        assert rule.fields["purpose"] == "*" or table("purposes").has(rule.fields["purpose"])


def test_reference_data_cannot_be_changed_by_its_readers():
    entry = table("agencies").get("GMP")

    with pytest.raises(TypeError):
        entry.fields["kind"] = "COUNCIL"  # type: ignore[index]
    with pytest.raises(AttributeError):
        entry.label = "other"  # type: ignore[misc]
    assert isinstance(entry.fields["areas"], tuple)


def test_an_entry_holds_from_its_first_day_until_the_day_before_its_last():
    agencies, ended = table("agencies"), date(2013, 4, 1)

    assert agencies.has("UKBA", ended - timedelta(days=1))
    assert not agencies.has("UKBA", ended)
    assert agencies.has("IMMIGRATION_ENFORCEMENT", ended)
    assert not agencies.has("IMMIGRATION_ENFORCEMENT", ended - timedelta(days=1))
    assert "UKBA" not in agencies.codes(TODAY)


def test_reading_knows_codes_that_have_ended():
    assert table("agencies").get("UKBA").fields["successors"] == ("IMMIGRATION_ENFORCEMENT", "UKVI", "BORDER_FORCE")
    assert table("agencies").has("UKBA")


def test_a_code_out_of_force_or_unknown_is_a_key_error_with_a_sentence():
    with pytest.raises(KeyError, match="not in force on 2026-03-05"):
        table("agencies").get("UKBA", TODAY)
    with pytest.raises(KeyError, match="markings has no code 'PINK'; it has OFFICIAL"):
        table("markings").get("PINK")
    with pytest.raises(KeyError, match="no reference table 'pinks'; there are action_codes"):
        table("pinks")


def test_without_a_day_the_latest_entry_of_a_code_is_given():
    old = Entry(code="A", label="old", source="Derived", valid_from=None, valid_to=date(2020, 1, 1), fields={})
    new = Entry(code="A", label="new", source="Derived", valid_from=date(2020, 1, 1), valid_to=None, fields={})
    both = Table("example", (new, old))

    assert both.get("A") is new
    assert both.get("A", date(2019, 12, 31)) is old
    assert both.codes() == ("A",)


def test_an_entry_without_code_label_or_source_is_refused():
    with pytest.raises(ValueError, match="An entry of examples has no 'source': every entry needs"):
        _entry("examples", {"code": "A", "label": "A"})


def test_ten_areas_of_greater_manchester_have_nine_teams():
    teams = {
        area.code: team_for_area(area.code, TODAY)
        for area in table("areas").entries()
        if area.fields["police_force"] == "GMP"
    }

    assert len(teams) == 10
    assert len({team.code for team in teams.values() if team}) == 9
    assert teams["MANCHESTER"] == teams["SALFORD"]


def test_rotherham_has_a_team_that_exists_only_here():
    team = team_for_area("ROTHERHAM", TODAY)

    assert team is not None
    assert team.fields["mailbox"].endswith("@example.org")


def test_an_area_that_is_not_known_has_no_team():
    assert team_for_area("ATLANTIS", TODAY) is None


def test_no_team_has_a_mailbox_in_the_retired_domain_today():
    for code in table("teams").codes(TODAY):
        assert ".pnn." not in table("teams").get(code, TODAY).fields.get("mailbox", "")
    assert ".pnn." in table("teams").get("SUNRISE", date(2016, 1, 1)).fields["mailbox"]


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("Takeaway on Market Street, Manchester city centre", "MANCHESTER"),
        ("Shop near the interchange in ROTHERHAM", "ROTHERHAM"),
        ("Manchester Road, Rotherham", "ROTHERHAM"),
        ("Bury New Road, Salford", "SALFORD"),
        ("Manchester Road", None),
        ("Somewhere between Bolton and Bury", None),
        ("Greater Manchester", None),
        ("Wigan, Greater Manchester", "WIGAN"),
        ("Bury town centre", "BURY"),
        ("he said to bury the phone in the park", None),
        ("told to bury it near Oldham", None),
        ("Manchester, and again Manchester", "MANCHESTER"),
        ("Mancunian Way", None),
        ("Boltonian Club", None),
        ("", None),
    ],
)
def test_an_area_is_taken_from_a_place_only_when_exactly_one_is_named(text: str, area: str | None):
    assert area_from_text(text) == area


@pytest.mark.parametrize(
    ("agency", "purpose", "expected"),
    [
        ("GMP", "INVESTIGATION", ("DPA_PART_3", "DPA_2018_PART3")),
        ("GMP", "TRIAGE", ("DPA_PART_3", "DPA_2018_PART3")),
        ("SYP", "SAFEGUARDING", ("UK_GDPR", "DPA_2018_SCH1_P18")),
        ("SYP", "AUDIT", ("UK_GDPR", "UKGDPR_6_1_C_D_E")),
        ("MANCHESTER_CSC", "SAFEGUARDING", ("UK_GDPR", "CA_2004_S10_11")),
        ("ROTHERHAM_LICENSING", "VISIT_PLANNING", ("UK_GDPR", "CDA_1998_S115")),
        ("BARNARDOS", "SAFEGUARDING", ("UK_GDPR", "DPA_2018_SCH1_P18")),
        ("HUB", "TECHNICAL", ("UK_GDPR", "UKGDPR_6_1_C_D_E")),
    ],
)
def test_regime_and_lawful_basis_follow_from_agency_and_purpose(agency: str, purpose: str, expected: tuple[str, str]):
    assert lawful_basis_for(agency, purpose, TODAY) == expected


def test_the_police_are_under_part_3_exactly_when_the_purpose_is_law_enforcement():
    for purpose in table("purposes").entries():
        regime, _ = lawful_basis_for("GMP", purpose.code, TODAY)

        assert (regime == "DPA_PART_3") is purpose.fields["law_enforcement"], purpose.code


def test_every_agency_has_a_lawful_basis_for_every_purpose():
    for agency in table("agencies").codes(TODAY):
        for purpose in table("purposes").codes(TODAY):
            regime, basis = lawful_basis_for(agency, purpose, TODAY)

            assert table("regimes").has(regime, TODAY)
            assert table("lawful_bases").has(basis, TODAY)


def test_an_agency_or_purpose_that_is_not_in_force_has_no_lawful_basis():
    with pytest.raises(KeyError, match="UKBA"):
        lawful_basis_for("UKBA", "INVESTIGATION", TODAY)
    with pytest.raises(KeyError, match="CURIOSITY"):
        lawful_basis_for("GMP", "CURIOSITY", TODAY)


@pytest.mark.parametrize("area", table("areas").codes())
def test_every_area_has_one_social_care_for_children_and_one_for_adults(area: str):
    for_child, for_adult = social_care_for(area, adult=False, on=TODAY), social_care_for(area, adult=True, on=TODAY)

    assert for_child is not None
    assert for_adult is not None
    assert (for_child.code, for_adult.code) == (f"{area}_CSC", f"{area}_ASC")


def test_an_unknown_area_has_no_social_care():
    assert social_care_for("ATLANTIS", adult=False, on=TODAY) is None


def test_a_sub_strand_lies_within_its_parents_and_missing_across_all():
    assert strand_and_parents("COUNTY_LINES") == ("COUNTY_LINES", "MSHT")
    assert strand_and_parents("FGM") == ("FGM", "HBA")
    assert strand_and_parents("TTL") == ("TTL", "OCG_USG")
    assert strand_and_parents("CSE") == ("CSE",)
    assert strand_and_parents("MISSING") == ("MISSING",)
    assert table("strands").get("MISSING").fields["cross_cutting"]


def test_every_chain_of_parents_ends():
    for code in table("strands").codes():
        assert len(strand_and_parents(code)) == len(set(strand_and_parents(code)))


def test_the_route_questions_are_asked_in_order_and_the_first_is_danger():
    questions = table("route_questions").entries()

    assert [question.fields["order"] for question in questions] == [1, 2, 3, 4]
    assert questions[0].code == "EMERGENCY_999"
    assert "999" in questions[0].fields["instruction"]


def test_the_five_completeness_prompts_are_there():
    assert table("completeness_prompts").codes() == ("C1", "C2", "C3", "C4", "C5")


def test_the_form_scales_have_no_words_for_two_and_three():
    for name in ("form_reliability", "form_accuracy"):
        unlabelled = {entry.code for entry in table(name).entries() if entry.fields.get("unlabelled")}

        assert unlabelled == {"2", "3"}


def test_four_and_five_mean_opposite_things_on_the_form_and_in_the_historic_scale():
    assert table("form_accuracy").get("4").label == "Suspected false"
    assert table("legacy_information_grades").get("4").label == "Cannot be judged"
