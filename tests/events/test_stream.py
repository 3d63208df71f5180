import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_events.stream import KINDS, REPORT, is_stream, kind_of, stream

IDENTIFIERS = st.text("ABCXYZabcxyz0189_-", min_size=22, max_size=22)


@given(st.sampled_from(sorted(KINDS)), IDENTIFIERS)
def test_a_name_says_its_kind(kind, identifier):
    name = stream(kind, identifier)

    assert name == f"{kind}:{identifier}"
    assert kind_of(name) == kind
    assert is_stream(name)


@pytest.mark.parametrize(
    ("kind", "identifier"),
    [
        ("person", "A" * 22),
        ("", "A" * 22),
        ("REPORT", "A" * 22),
        (REPORT, ""),
        (REPORT, "A" * 21),
        (REPORT, "A" * 23),
        (REPORT, "A" * 21 + "+"),
        (REPORT, "A" * 21 + "\n"),
        (REPORT, "A" * 22 + "\n"),
        (REPORT, "Ä" + "A" * 21),
    ],
)
def test_another_form_names_no_stream(kind, identifier):
    with pytest.raises(ValueError, match="is not the name of a stream"):
        stream(kind, identifier)


def test_a_wrong_name_is_not_repeated():
    with pytest.raises(ValueError, match="is not the name") as refused:
        stream(REPORT, "Layla Example, born 2003")

    assert "Layla" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "report", "person:AAAA", ":AAAA", "Report:AAAA"])
def test_what_is_no_stream_has_no_kind(name):
    assert kind_of(name) == ""


@pytest.mark.parametrize("text", ["", "system", "PROTECT", "report:AAAA", "person:" + "A" * 22, "report:" + "A" * 23])
def test_what_is_no_stream_is_told_apart(text):
    assert not is_stream(text)
