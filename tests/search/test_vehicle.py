import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub_search.normalise import Plate, confusable_skeleton, normalise_plate


@pytest.mark.parametrize(
    ("said", "normalised", "form"),
    [
        ("ab12 cde", "AB12CDE", "CURRENT"),
        (" AB-51.XYZ ", "AB51XYZ", "CURRENT"),
        ("A123 BCD", "A123BCD", "PREFIX"),
        ("q7 abc", "Q7ABC", "PREFIX"),
        ("ABC 123D", "ABC123D", "SUFFIX"),
        ("AB 1", "AB1", "DATELESS"),
        ("1234 ABC", "1234ABC", "DATELESS"),
        ("RIA 1234", "RIA1234", "NORTHERN_IRELAND"),
        ("AZ 12", "AZ12", "NORTHERN_IRELAND"),
        ("B-XY 1234", "BXY1234", "DATELESS"),
        ("W 12345 PL", "W12345PL", "OTHER"),
        ("123 D 456", "123D456", "OTHER"),
        ("AB00 CDE", "AB00CDE", "OTHER"),
        ("AQ12 CDE", "AQ12CDE", "OTHER"),
    ],
)
def test_a_plate_has_one_form_and_a_label(said: str, normalised: str, form: str):
    plate = normalise_plate(said)

    assert (plate.as_said, plate.normalised, plate.form) == (said, normalised, form)
    assert plate.pattern == normalised


@pytest.mark.parametrize(
    ("said", "pattern"),
    [
        ("ending 7XK", "*7XK"),
        ("ends in 7XK", "*7XK"),
        ("last three CDE", "*CDE"),
        ("starts with AB12", "AB12*"),
        ("beginning: AB12", "AB12*"),
        ("part 7XK", "*7XK*"),
        ("AB12…", "AB12*"),
        ("AB12 ...", "AB12*"),
        ("AB1? CDE", "AB1?CDE"),
        ("AB1_ CDE", "AB1?CDE"),
        ("*7XK*", "*7XK*"),
        ("registration ends 7XK", "*7XK"),
    ],
)
def test_a_part_of_a_plate_becomes_a_wildcard_form(said: str, pattern: str):
    plate = normalise_plate(said)

    assert (plate.form, plate.normalised, plate.pattern) == ("PARTIAL", pattern, pattern)


@pytest.mark.parametrize(
    ("said", "normalised", "how"),
    [
        ("AB1O CDE", "AB10CDE", "AB1OCDE read as AB10CDE"),
        ("ABI2 CDE", "AB12CDE", "ABI2CDE read as AB12CDE"),
        ("OO12 0OO", "OO12OOO", "OO120OO read as OO12OOO"),
    ],
)
def test_letters_written_for_digits_are_read_as_digits_where_only_one_plate_fits(said: str, normalised: str, how: str):
    assert normalise_plate(said) == Plate(
        as_said=said, normalised=normalised, form="CURRENT", pattern=normalised, how=(how,)
    )


def test_a_plate_that_fits_as_it_is_keeps_its_letters():
    assert normalise_plate("AO51 OOO").normalised == "AO51OOO"


def test_a_plate_that_could_be_read_in_two_ways_is_left_as_it_is():
    # Either O may be a nought: A0BOA and AOB0A are both plates.
    plate = normalise_plate("AOBOA")

    assert (plate.normalised, plate.form, plate.how) == ("AOBOA", "OTHER", ())


def test_words_before_a_plate_are_left_out_but_never_taken_from_a_plate():
    assert normalise_plate("reg: AB12 CDE").normalised == "AB12CDE"
    assert normalise_plate("number plate is AB12 CDE").normalised == "AB12CDE"
    assert normalise_plate("REG 123") == Plate(
        as_said="REG 123", normalised="REG123", form="DATELESS", pattern="REG123"
    )


def test_a_short_plate_of_no_format_may_be_a_part():
    plate = normalise_plate("AB12C")

    assert (plate.normalised, plate.form, plate.pattern) == ("AB12C", "OTHER", "*AB12C*")


@pytest.mark.parametrize("said", ["", "   ", "***", "?", "-"])
def test_nothing_known_finds_nothing(said: str):
    plate = normalise_plate(said)

    assert (plate.as_said, plate.normalised, plate.form, plate.pattern) == (said, "", "OTHER", "")


def test_a_plate_in_another_script_is_kept():
    assert normalise_plate("а123вс 77").normalised == "А123ВС77"  # noqa: RUF001 - Cyrillic on purpose


def test_a_skeleton_joins_what_is_misread():
    assert confusable_skeleton("AB51OIZ") == confusable_skeleton("A851012")
    assert confusable_skeleton("AB12CDE") != confusable_skeleton("AB13CDE")


uk_plates = st.from_regex(r"[A-HJ-PR-Y]{2}(0[2-9]|[1-4][0-9]|5[1-9])[A-HJ-PR-Z]{3}", fullmatch=True)


@given(st.one_of(st.text(max_size=12), st.text("AB01OISZ*?_. 7", max_size=10), uk_plates))
@example("ᄀ.ᅡ")
@example("ﬃ\u0345")
def test_the_plate_of_a_plate_is_itself(said: str):
    once = normalise_plate(said)
    twice = normalise_plate(once.normalised)

    assert (twice.normalised, twice.form, twice.pattern) == (once.normalised, once.form, once.pattern)
    assert once.as_said == said


@given(uk_plates, st.sampled_from(["", " ", "-", "."]))
def test_spacing_and_capitals_make_no_difference(plate: str, gap: str):
    assert normalise_plate(f"{plate[:4]}{gap}{plate[4:]}".lower()).normalised == plate


@given(st.text(max_size=12))
def test_a_skeleton_of_a_skeleton_is_itself(text: str):
    assert confusable_skeleton(confusable_skeleton(text)) == confusable_skeleton(text)
