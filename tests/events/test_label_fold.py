"""The current label of a stream: its first envelope's, then its label events."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub_events.case import PersonJoined, StrandClosed, StrandOpened
from hub_events.envelope import Actor, Envelope, Erased, Labels, Recorded, Unreadable
from hub_events.label import (
    HandlingSet,
    RestrictionLifted,
    RestrictionSet,
    SharedWithCase,
    TeamSet,
    WithdrawnFromCase,
)
from hub_events.label_fold import joined, label_of, relabelled, without
from hub_events.stream import REPORT, stream

ONLY = "SPECIALIST_SUPERVISOR_ONLY"
FIRST = Labels(
    owning_agency="GMP",
    team="PROTECT",
    restriction=ONLY,
    handling_code="C",
    handling_conditions=("REFER_TO_ORIGINATOR", ONLY),
    strands=("CSE",),
    cases=("case:1",),
)

codes = st.sampled_from(["", "A", "B", "C"])
sets = st.lists(codes, max_size=3).map(lambda values: tuple(sorted(set(values))))
events = st.one_of(
    st.builds(RestrictionSet, restriction=codes, reason=codes),
    st.builds(RestrictionLifted, restriction=codes, authority=codes, reason=codes),
    st.builds(HandlingSet, handling_code=codes, handling_conditions=st.lists(codes).map(tuple)),
    st.builds(TeamSet, owning_agency=codes, team=codes),
    st.builds(SharedWithCase, case=codes),
    st.builds(WithdrawnFromCase, case=codes, reason=codes),
    st.builds(StrandOpened, strand=codes, reason=codes),
    st.just(Erased()),
)


def recorded(*happened, labels=FIRST):
    """Record events; every envelope but the first says something else, as evidence of what was in force then."""
    return [
        Recorded(
            position=version,
            stream=stream(REPORT, "A" * 22),
            version=version,
            topic="",
            envelope=Envelope(
                recorded_at=datetime(2026, 3, 5, tzinfo=UTC),
                actor=Actor("account:1", "GMP", "SPECIALIST_OFFICER"),
                purpose="TRIAGE",
                regime="DPA_PART_3",
                lawful_basis="DPA_2018_PART3",
                command_id=b"",
                labels=labels if version == 1 else Labels(owning_agency="NOBODY"),
            ),
            event=event,
        )
        for version, event in enumerate(happened, start=1)
    ]


def person_joined():
    return PersonJoined(mention="mention:1", role="SUBJECT", role_from=date(2026, 3, 5), reason="named in the report")


def test_a_stream_without_events_has_no_label():
    assert label_of([]) is None


def test_a_stream_starts_with_the_label_of_its_first_envelope_and_later_ones_do_not_count():
    assert label_of(recorded(person_joined(), person_joined())) == FIRST


@pytest.mark.parametrize(
    ("event", "becomes"),
    [
        (RestrictionSet(restriction="OTHER", reason="told so"), {"restriction": "OTHER"}),
        (
            RestrictionLifted(restriction=ONLY, authority="Superintendent", reason="no risk left"),
            {"restriction": "", "handling_conditions": ("REFER_TO_ORIGINATOR",)},
        ),
        (RestrictionLifted(restriction="OTHER", authority="Superintendent", reason="no risk left"), {}),
        (
            HandlingSet(handling_code="P", handling_conditions=("B", "A")),
            {"handling_code": "P", "handling_conditions": ("A", "B")},
        ),
        (TeamSet(owning_agency="SYP", team="HARBOUR_LIGHT"), {"owning_agency": "SYP", "team": "HARBOUR_LIGHT"}),
        (SharedWithCase(case="case:0"), {"cases": ("case:0", "case:1")}),
        (SharedWithCase(case="case:1"), {}),
        (WithdrawnFromCase(case="case:1", reason="another child"), {"cases": ()}),
        (WithdrawnFromCase(case="case:9", reason="another child"), {}),
        (StrandOpened(strand="COUNTY_LINES", reason="new report"), {"strands": ("COUNTY_LINES", "CSE")}),
        (StrandClosed(strand="CSE", reason="ended"), {}),
        (Erased(), {}),
        (Unreadable("no such version"), {}),
    ],
)
def test_a_label_event_changes_what_it_speaks_of_and_nothing_else(event, becomes):
    assert label_of(recorded(person_joined(), event)) == replace(FIRST, **becomes)


def test_the_first_event_may_be_a_label_event_too():
    assert label_of(recorded(SharedWithCase(case="case:2"))) == replace(FIRST, cases=("case:1", "case:2"))


@given(st.lists(events))
def test_sets_stay_sorted_whatever_happens(happened):
    label = label_of(recorded(person_joined(), *happened))

    for values in (label.handling_conditions, label.strands, label.cases):
        assert list(values) == sorted(values)


@given(st.lists(events), events)
def test_the_fold_takes_one_event_after_another(happened, last):
    before = label_of(recorded(person_joined(), *happened))

    assert label_of(recorded(person_joined(), *happened, last)) == relabelled(before, last)


@given(events)
def test_the_same_label_event_twice_is_the_same_as_once(event):
    once = relabelled(FIRST, event)

    assert relabelled(once, event) == once


@given(sets, codes)
def test_a_value_is_in_a_set_once_or_not_at_all(values, value):
    assert joined(joined(values, value), value) == joined(values, value) == tuple(sorted({*values, value}))
    assert without(joined(values, value), value) == without(values, value)
