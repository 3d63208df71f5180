"""The policy as SQL says what the policy says: for every rule, caller and label, and for every tree one can write."""

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from hub_events.condition import (
    All,
    Attribute,
    Empty,
    Equal,
    Known,
    Not,
    Overlap,
    Some,
    Value,
    bound,
    evaluate,
)
from hub_events.envelope import Labels
from hub_events.stream import KINDS
from hub_projections import policy_filter
from hub_projections.policy_filter import FLAGS, SEPARATOR, SETS, compiled, packed, unpacked
from hub_projections.views.labels import SINGLE, STREAM_LABEL, labels_of, row_of
from hub_services import policy
from hub_services.caller import Caller
from hub_services.policy.rules import RULES

AGENCIES = ("GMP", "SYP", "MANCHESTER_CSC", "HUB", "")
TEAMS = ("PROTECT", "SUNRISE", "")
CONDITIONS = ("SHARE_WITH_CASE_MEMBERS", "REFER_TO_ORIGINATOR", "SPECIALIST_SUPERVISOR_ONLY")
ACCOUNTS = ("account:1", "account:2", "account:22")
CASES = ("case:1", "case:2", "case:22", "case:%", "case:_")
PEOPLE = tuple(sorted(RULES))


def some_of(values):
    return st.sets(st.sampled_from(values), max_size=3).map(lambda found: tuple(sorted(found)))


LABELS = st.builds(
    Labels,
    owning_agency=st.sampled_from(AGENCIES),
    team=st.sampled_from(TEAMS),
    originator=st.sampled_from(AGENCIES),
    originator_only=st.booleans(),
    restriction=st.sampled_from(("", "SPECIALIST_SUPERVISOR_ONLY")),
    handling_code=st.sampled_from(("", "P", "C")),
    handling_conditions=some_of(CONDITIONS),
    strands=some_of(("CSE", "MSHT")),
    cases=some_of(CASES),
    addressees=some_of((*ACCOUNTS, "PROTECT")),
    excluded_persons=some_of(ACCOUNTS),
)
CALLERS = st.builds(
    Caller,
    account=st.sampled_from(ACCOUNTS),
    agency=st.sampled_from(AGENCIES),
    role=st.sampled_from(
        (
            "SPECIALIST_SUPERVISOR", "FORCE_INTELLIGENCE_OFFICER", "SPECIALIST_OFFICER", "MANAGER", "SOCIAL_WORKER",
            "NEIGHBOURHOOD_OFFICER", "ANALYST", "SOURCE_HANDLER", "REFERRER", "ADMINISTRATOR", "AUDITOR", "SYSTEM", "",
        ),
    ),
    teams=some_of(("PROTECT", "SUNRISE")),
    desks=some_of(("HUB_DUTY",)),
    cases=some_of(CASES),
    purpose=st.sampled_from(("SAFEGUARDING", "NOSINESS", "")),
)  # fmt: skip

SINGLES = tuple(sorted({*SINGLE, "kind"}))
WORDS = st.sampled_from(("P", "C", "PROTECT", "case:1", "case:2", "case:22", "CSE", "", "%", "_", "p", "c|d", "|"))


def constants(name):
    """Constants that may be compared with a label: right ones, and such as are of another make."""
    if name in FLAGS:
        return st.booleans() | WORDS
    return WORDS | st.lists(WORDS, max_size=3).map(tuple)


def comparisons(name):
    held, constant = Attribute("label", name), constants(name).map(Value)
    pairs = constant.flatmap(lambda value: st.sampled_from(((held, value), (value, held))))
    equal = pairs.map(lambda pair: Equal(*pair))
    if name in FLAGS:
        return equal | st.just(Empty(held))
    words = WORDS | st.lists(WORDS, max_size=3).map(tuple)
    overlap = words.map(Value).flatmap(lambda value: st.sampled_from((Overlap(held, value), Overlap(value, held))))
    return equal | overlap | st.just(Empty(held))


TREES = st.recursive(
    st.sampled_from(sorted({*SINGLES, *SETS, *FLAGS})).flatmap(comparisons)
    | st.sampled_from((Known(answer=True), Known(answer=False), Known(answer=None)))
    | st.tuples(st.sampled_from(SINGLES), st.sampled_from(SINGLES)).map(
        lambda pair: Equal(Attribute("label", pair[0]), Attribute("label", pair[1])),
    ),
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, max_size=3).map(lambda found: All(tuple(found)))
        | st.lists(inner, max_size=3).map(lambda found: Some(tuple(found)))
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def asked():
    """Ask a condition of a label in a real SQLite: true, false or unknown."""
    engine = sa.create_engine("sqlite://")
    metadata = sa.MetaData()
    types = {"text": sa.Text, "integer": sa.BigInteger}
    columns = [sa.Column(name, types[kind]) for name, kind in STREAM_LABEL.columns]
    table = sa.Table("stream_label", metadata, sa.Column("row", sa.Text), *columns)
    metadata.create_all(engine)
    connection = engine.connect()

    def ask(condition, kind, labels, *, missing=False):
        connection.execute(table.delete())
        if not missing:
            connection.execute(table.insert().values(row="this", **row_of(kind, labels)))
        one = sa.select(sa.literal("this").label("row")).subquery()
        joined = one.outerjoin(table, table.c.row == one.c.row)
        found = connection.execute(sa.select(compiled(condition, table.c)).select_from(joined)).scalar()
        return None if found is None else bool(found)

    yield ask
    connection.close()
    engine.dispose()


def plain(condition, kind, labels):
    return evaluate(condition, {"label": {"kind": kind, **msgspec.structs.asdict(labels)}})


@settings(max_examples=400, deadline=None)
@given(caller=CALLERS, labels=LABELS, kind=st.sampled_from(sorted(KINDS)), action=st.sampled_from(PEOPLE))
def test_every_rule_says_in_sql_what_may_says(asked, caller, labels, kind, action):
    condition = policy.visible(caller, action)

    stream = f"{kind}:{'0' * 22}"
    assert (asked(condition, kind, labels) is True) == policy.may(caller, action, stream, labels).allowed
    assert asked(condition, kind, labels) == plain(condition, kind, labels)


@settings(max_examples=400, deadline=None)
@given(condition=TREES, labels=LABELS, kind=st.sampled_from(sorted(KINDS)))
def test_every_tree_says_in_sql_what_it_says_in_python(asked, condition, labels, kind):
    assert asked(condition, kind, labels) == plain(condition, kind, labels)
    smaller = bound(condition, {"subject": {}, "context": {}})
    assert asked(smaller, kind, labels) == plain(condition, kind, labels)


@settings(max_examples=300, deadline=None)
@given(caller=CALLERS, action=st.sampled_from(PEOPLE))
def test_no_rule_on_labels_opens_a_stream_that_has_none(asked, caller, action):
    condition = policy.visible(caller, action)
    if not isinstance(condition, Known):
        assert asked(condition, "report", Labels(owning_agency=""), missing=True) is not True


def test_a_planted_fault_in_the_compiler_is_found(asked, monkeypatch):
    """Where unknown counts as false, its negation opens doors: the comparison above must see it."""
    condition = Not(Equal(Attribute("label", "restriction"), Value("SPECIALIST_SUPERVISOR_ONLY")))
    labels = Labels(owning_agency="GMP")
    assert asked(condition, "report", labels) is None

    monkeypatch.setattr(policy_filter, "_present", lambda column: column)
    assert asked(condition, "report", labels) is True
    assert plain(condition, "report", labels) is None


@given(LABELS)
def test_a_label_is_the_same_after_it_was_a_row(labels):
    assert labels_of(row_of("report", labels)) == labels


@given(st.lists(st.text(st.sampled_from("ab%_' "), max_size=3), max_size=4).map(tuple))
def test_a_set_is_the_same_after_it_was_packed(values):
    assert unpacked(packed(values)) == values


@pytest.mark.parametrize("values", [("a|b",), ("|",), ("a", "b|"), ("|a", "b")])
def test_a_value_that_could_pass_for_two_is_not_packed(values):
    assert any(SEPARATOR in value for value in values)
    with pytest.raises(ValueError, match="separator"):
        packed(values)


def test_what_is_not_a_label_cannot_be_asked_of_a_row():
    table = sa.table("stream_label", *(sa.column(name) for name in STREAM_LABEL.names))
    with pytest.raises(ValueError, match="not a label"):
        compiled(Equal(Attribute("subject", "agency"), Value("GMP")), table.c)
    with pytest.raises(ValueError, match="two sets"):
        compiled(Overlap(Attribute("label", "cases"), Attribute("label", "strands")), table.c)
