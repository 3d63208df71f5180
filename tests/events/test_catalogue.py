"""The catalogue: names and versions as they stand in the log, and the table of `events/README.md`."""

from pathlib import Path

import msgspec
import pytest

import hub_events
from hub_events import catalogue as module
from hub_events import stream
from hub_events.catalogue import Catalogue, Event, UnknownEventError, catalogue

README = Path(__file__).parents[2] / "events" / "README.md"
BEGIN, END = "<!-- events: checked by tests/events/test_catalogue.py -->\n", "<!-- /events -->\n"

STANDS_IN = {
    "account": (stream.ACCOUNT,),
    "basis": ("any",),
    "case": (stream.CASE,),
    "feedback": (stream.FEEDBACK,),
    "flag": (stream.FLAG,),
    "label": ("any",),
    "mention": (stream.MENTION,),
    "narrative": (stream.NARRATIVE,),
    "notice": (stream.NOTICE,),
    "operation": (stream.ERASURE, stream.SET_ASIDE),
    "original": (stream.ORIGINAL,),
    "report": (stream.REPORT,),
    "reporter": (stream.REPORTER,),
    "route_check": (stream.ROUTE_CHECK,),
    "source": (stream.SOURCE,),
    "triage": (stream.TRIAGE,),
}
"""The kind of stream the events of each module stand in; a module of events has one, operations have one an event."""

OPERATIONS = {"stream-erased": stream.ERASURE, "event-set-aside": stream.SET_ASIDE}


def kind_of_stream(entry):
    kinds = STANDS_IN[entry.type.__module__.removeprefix("hub_events.")]
    return kinds[0] if len(kinds) == 1 else OPERATIONS[entry.name]


def table_of_events():
    rows = [f"| `{each.name}` | {each.version} | {kind_of_stream(each)} | {each.sentence} |\n" for each in catalogue]
    return "".join(["| event | version | stream | what it says |\n", "|---|---|---|---|\n", *rows])


class Held(Event, frozen=True, kw_only=True):
    """A meeting was held.

    Who came is told elsewhere.
    """

    minutes: int
    place: str = ""


class Postponed(Event, frozen=True, kw_only=True):
    pass


@pytest.fixture
def meetings():
    own = Catalogue()
    own.event("meeting-held", version=3)(Held)
    own.event("meeting-adjourned")(Postponed)

    @own.upcast("meeting-held", since=1)
    def hours_became_minutes(fields):
        return {"minutes": fields["hours"] * 60}

    @own.upcast("meeting-held", since=2)
    def somewhere(fields):
        return {**fields, "place": "Town Hall"}

    return own


def packed(**fields):
    return msgspec.msgpack.encode(fields)


def test_the_readme_lists_every_event_as_the_catalogue_has_it():
    right = table_of_events()
    listed = README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]

    assert listed.strip() == right.strip(), f"events/README.md should hold between its markers:\n\n{right}"


def test_every_event_has_a_sentence():
    sentences = [each.sentence for each in catalogue]

    assert [sentence for sentence in sentences if not sentence.endswith(".")] == []
    assert len(set(sentences)) == len(sentences)


def test_every_module_of_events_stands_in_the_table_of_contents():
    modules = {each.type.__module__.removeprefix("hub_events.") for each in catalogue}

    assert modules == set(hub_events.__all__) == set(STANDS_IN)
    assert {kind for kinds in STANDS_IN.values() for kind in kinds} - {"any"} == stream.KINDS


def test_every_event_is_written_under_its_name_and_read_back():
    for entry in catalogue:
        assert catalogue.entry(entry.type) is entry
        assert entry.topic == f"{entry.name}/{entry.version}"


def test_an_event_is_read_back_as_it_was_written(meetings):
    held = Held(minutes=45, place="Greenheys")

    assert meetings.encode(held) == ("meeting-held/3", packed(minutes=45, place="Greenheys"))
    assert meetings.decode(*meetings.encode(held)) == held


def test_a_field_at_its_default_is_not_written(meetings):
    assert meetings.encode(Held(minutes=45)) == ("meeting-held/3", packed(minutes=45))


@pytest.mark.parametrize(
    ("topic", "payload"),
    [("meeting-held/1", packed(hours=2)), ("meeting-held/2", packed(minutes=120))],
)
def test_an_old_version_is_read_in_todays_through_every_step_since(meetings, topic, payload):
    assert meetings.decode(topic, payload) == Held(minutes=120, place="Town Hall")


def test_what_can_be_read_is_every_current_version_and_every_step(meetings):
    assert meetings.readable() == [
        ("meeting-adjourned", 1),
        ("meeting-held", 1),
        ("meeting-held", 2),
        ("meeting-held", 3),
    ]


@pytest.mark.parametrize("topic", ["meeting-forgotten/1", "meeting-held", "meeting-held/", "meeting-held/x", "/1", ""])
def test_an_unknown_event_is_refused(meetings, topic):
    with pytest.raises(UnknownEventError, match="no event is called"):
        meetings.decode(topic, packed(minutes=45))


def test_a_version_newer_than_this_code_is_refused(meetings):
    with pytest.raises(UnknownEventError, match="newer than this code, which knows version 3"):
        meetings.decode("meeting-held/4", packed(minutes=45))


def test_a_version_without_a_step_to_the_next_is_refused(meetings):
    with pytest.raises(UnknownEventError, match="cannot be read from version 0"):
        meetings.decode("meeting-held/0", packed(minutes=45))


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("meeting-held/3", b"\xc1"),
        ("meeting-held/3", packed(place="Town Hall")),
        ("meeting-held/3", packed(minutes="long")),
        ("meeting-held/1", packed(hours="long")),
    ],
)
def test_a_payload_that_is_not_what_its_event_says_is_refused(meetings, topic, payload):
    with pytest.raises(msgspec.DecodeError):
        meetings.decode(topic, payload)


def test_a_name_is_given_once(meetings):
    with pytest.raises(ValueError, match="meeting-held stands twice"):
        meetings.event("meeting-held")(Postponed)


def test_the_sentence_is_the_first_line_of_the_docstring(meetings):
    held, adjourned = meetings.entry(Held), meetings.entry(Postponed)

    assert (held.sentence, adjourned.sentence) == ("A meeting was held.", "")


def test_events_are_listed_by_name(meetings):
    assert [entry.name for entry in meetings] == ["meeting-adjourned", "meeting-held"]


def test_the_decorators_enter_into_the_one_catalogue():
    assert module.event.__self__ is module.upcast.__self__ is catalogue
