import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub_search.normalise import Equipment, Phone, normalise_equipment, normalise_phone


@pytest.mark.parametrize(
    "said",
    [
        "07700 900123",
        "+44 7700 900123",
        "+44 (0)7700 900123",
        "0044 7700 900123",
        "0044 (0) 7700 900123",
        "447700900123",
        "7700900123",
        "07700-900-123",
        "07700900123 (mobile)",
        "mobile: 07700 900123",
        "０７７００ ９００１２３",  # noqa: RUF001 - full-width digits on purpose
    ],
)
def test_a_mobile_number_has_one_form_however_it_is_written(said: str):
    phone = normalise_phone(said)

    assert (phone.as_said, phone.normalised, phone.kind, phone.pattern) == (
        said,
        "+447700900123",
        "MOBILE",
        "+447700900123",
    )


@pytest.mark.parametrize(
    ("said", "normalised", "kind"),
    [
        ("0161 496 0123", "+441614960123", "FIXED"),
        ("+44 (0)161 496 0123", "+441614960123", "FIXED"),
        ("020 7946 0123", "+442079460123", "FIXED"),
        ("03069 990123", "+443069990123", "FIXED"),
        ("0808 157 0123", "+448081570123", "OTHER"),
        ("+1 202-555-0143", "+12025550143", "OTHER"),
        ("0800 1111", "+448001111", "OTHER"),
        ("01632 960", "+441632960", "OTHER"),
        ("999", "999", "SHORT"),
        ("101", "101", "SHORT"),
        ("12345678901234567890", "12345678901234567890", "OTHER"),
    ],
)
def test_other_numbers_are_labelled_by_their_kind(said: str, normalised: str, kind: str):
    phone = normalise_phone(said)

    assert (phone.normalised, phone.kind, phone.pattern) == (normalised, kind, normalised)


@pytest.mark.parametrize(
    ("said", "pattern"),
    [
        ("ends 417", "*417"),
        ("ends in 417", "*417"),
        ("last 4 digits 0417", "*0417"),
        ("last three 417", "*417"),
        ("last 417", "*417"),
        ("*417", "*417"),
        ("starts 07700", "+447700*"),
        ("begins with 0044 7700", "+447700*"),
        ("07700 ... 123", "+447700*123"),
        ("07700 900xxx", "+447700900???"),
        ("07700 90x123", "+44770090?123"),
        ("077?? ???123", "+4477?????123"),
        ("contains 900", "*900*"),
        ("417", "*417"),
        ("496 0123", "*4960123"),
    ],
)
def test_a_part_of_a_number_becomes_a_wildcard_form(said: str, pattern: str):
    phone = normalise_phone(said)

    assert (phone.as_said, phone.normalised, phone.kind, phone.pattern) == (said, pattern, "PARTIAL", pattern)


def test_what_was_done_to_a_number_is_said():
    assert normalise_phone("0161 496 0123 ext 12").how == ("extension 12 left out",)
    assert normalise_phone("0161 496 0123x12") == Phone(
        as_said="0161 496 0123x12",
        normalised="+441614960123",
        kind="FIXED",
        pattern="+441614960123",
        how=("extension 12 left out",),
    )
    assert normalise_phone("ring Sam on 07700 900123 after 6").how == ("taken out of words",)
    assert normalise_phone("490154203237518").how == ("passes the check of an IMEI",)


@pytest.mark.parametrize("said", ["07700 900123 or 07700 900124", "07700 900123 / 07700 900124"])
def test_of_several_numbers_the_first_is_taken_and_it_is_said(said: str):
    phone = normalise_phone(said)

    assert phone.normalised == "+447700900123"
    assert phone.how == ("the first of several numbers: enter the others on their own",)


@pytest.mark.parametrize("said", ["", "unknown", "***", "+", "ends in nothing", "ends in ??", "x"])
def test_words_without_a_number_find_nothing(said: str):
    phone = normalise_phone(said)

    assert (phone.as_said, phone.normalised, phone.kind, phone.pattern) == (said, "", "OTHER", "")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "49-015420-323751-8",
            Equipment(as_said="49-015420-323751-8", normalised="490154203237518", passes_check=True),
        ),
        ("490154203237519", Equipment(as_said="490154203237519", normalised="490154203237519", passes_check=False)),
    ],
)
def test_equipment_is_labelled_by_its_check_digit(said: str, expected: Equipment):
    assert normalise_equipment(said) == expected


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ("49015420323751", "fourteen digits: the check digit is missing"),
        ("4901542032375101", "sixteen digits: ends in a software version in place of the check digit"),
        ("IMEI not known", "not the fifteen digits of an IMEI"),
    ],
)
def test_equipment_of_another_length_is_kept_and_it_is_said(said: str, how: str):
    equipment = normalise_equipment(said)

    assert (equipment.as_said, equipment.passes_check, equipment.how) == (said, False, (how,))


drama_numbers = st.one_of(
    st.integers(0, 999).map(lambda last: f"07700900{last:03}"),
    st.integers(0, 999).map(lambda last: f"01614960{last:03}"),
)


@given(st.one_of(st.text(max_size=16), st.text("0123456789+*?x ()./-", max_size=20), drama_numbers))
@example("00")
@example("*0")
@example("0*0")
@example("+0")
def test_the_number_of_a_number_is_itself(said: str):
    once = normalise_phone(said)
    twice = normalise_phone(once.normalised)

    assert (twice.normalised, twice.kind, twice.pattern) == (once.normalised, once.kind, once.pattern)
    assert once.as_said == said


@given(drama_numbers, st.lists(st.integers(1, 10), max_size=3))
def test_gaps_make_no_difference(number: str, gaps: list[int]):
    spaced = number
    for gap in gaps:
        spaced = f"{spaced[:gap]} {spaced[gap:]}"

    assert normalise_phone(spaced).normalised == f"+44{number[1:]}"


@given(st.from_regex(r"[0-9]{14}", fullmatch=True))
def test_exactly_one_check_digit_passes(digits: str):
    assert sum(normalise_equipment(f"{digits}{check}").passes_check for check in range(10)) == 1
