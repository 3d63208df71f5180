"""The one policy: what is not allowed by a rule is denied, and whatever is missing denies."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_events import stream as kinds
from hub_events.condition import Known, evaluate
from hub_events.envelope import Labels
from hub_events.reference import table
from hub_events.stream import KINDS
from hub_services import policy
from hub_services.caller import HUB, SYSTEM, Caller, system
from hub_services.policy.rules import RULES

ME = "account:" + "A" * 22
CASE = "case:" + "C" * 22
ROLES = sorted(table("roles").codes())


def caller(role, **changes):
    whole = {"account": ME, "agency": "GMP", "role": role, "roles": (role,), "purpose": "SAFEGUARDING", **changes}
    return Caller(**whole)


def labels(**changes):
    return Labels(**{"owning_agency": "GMP", "team": "PROTECT", "handling_code": "C", **changes})


def name(kind):
    return f"{kind}:" + "R" * 22


SUPERVISOR = caller("SPECIALIST_SUPERVISOR", teams=("PROTECT",))
INTELLIGENCE = caller("FORCE_INTELLIGENCE_OFFICER")
HANDLER = caller("SOURCE_HANDLER")
WORKER = caller("SOCIAL_WORKER", agency="MANCHESTER_CSC", cases=(CASE,))
MANAGER = caller("MANAGER", agency="MANCHESTER_CSC", teams=("PROTECT",))
REFERRER = caller("REFERRER", agency="MANCHESTER_EDUCATION")
ADMINISTRATOR = caller("ADMINISTRATOR", agency=HUB)

SHARED = labels(cases=(CASE,), handling_conditions=("SHARE_WITH_CASE_MEMBERS",))
ADDRESSED = labels(addressees=(ME,))

ALLOWED = {
    "view": (SUPERVISOR, kinds.REPORT, labels(restriction="SPECIALIST_SUPERVISOR_ONLY")),
    "view-source": (HANDLER, kinds.SOURCE, labels()),
    "view-timeline": (WORKER, kinds.CASE, labels(cases=(CASE,))),
    "submit-report": (REFERRER, kinds.ROUTE_CHECK, ADDRESSED),
    "record-emergency-call": (REFERRER, kinds.ROUTE_CHECK, ADDRESSED),
    "work-emergency-item": (SUPERVISOR, kinds.ROUTE_CHECK, labels()),
    "record-referral": (REFERRER, kinds.ROUTE_CHECK, ADDRESSED),
    "route-report": (SUPERVISOR, kinds.REPORT, labels()),
    "grade-report": (INTELLIGENCE, kinds.REPORT, labels()),
    "triage-report": (INTELLIGENCE, kinds.TRIAGE, labels()),
    "lift-restriction": (SUPERVISOR, kinds.REPORT, labels()),
    "give-feedback": (SUPERVISOR, kinds.FEEDBACK, labels()),
    "open-case": (MANAGER, kinds.REPORT, labels()),
    "work-case": (WORKER, kinds.CASE, labels(cases=(CASE,))),
    "manage-case": (MANAGER, kinds.CASE, labels()),
    "request-flag": (WORKER, kinds.CASE, labels(cases=(CASE,))),
    "approve-flag": (MANAGER, kinds.FLAG, labels()),
    "confirm-flag": (WORKER, kinds.FLAG, labels(cases=(CASE,))),
    "clear-flag": (WORKER, kinds.FLAG, labels(cases=(CASE,))),
    "open-notice": (REFERRER, kinds.NOTICE, ADDRESSED),
}
"""For each action on a record, somebody who may, and on what."""

AT_ALL = {
    "view-reference": REFERRER,
    "view-self": REFERRER,
    "view-inbox": REFERRER,
    "view-queue": SUPERVISOR,
    "list-cases": REFERRER,
    "list-reports": REFERRER,
    "answer-routes": REFERRER,
    "administer-accounts": ADMINISTRATOR,
    "place-notice": system(),
    "open-feedback": system(),
    "record-breach": system(),
    "follow-case": system(),
    "erase": ADMINISTRATOR,
    "set-aside": system(),
}
"""For each action on no record in particular, somebody who may."""

ON_RECORDS = sorted(ALLOWED)


def test_every_action_is_in_one_of_the_two_tables():
    assert ALLOWED.keys() | AT_ALL.keys() == RULES.keys()
    assert ALLOWED.keys().isdisjoint(AT_ALL)


@pytest.mark.parametrize("action", ON_RECORDS)
def test_an_action_on_a_record_is_allowed_to_whom_it_belongs(action):
    who, kind, what = ALLOWED[action]
    assert policy.may(who, action, name(kind), what).allowed


@pytest.mark.parametrize("action", sorted(AT_ALL))
def test_an_action_on_no_record_is_allowed_to_whom_it_belongs(action):
    assert policy.may(AT_ALL[action], action).allowed


@pytest.mark.parametrize("action", ["", "read", "VIEW", "view ", "admin", "*"])
def test_an_unknown_action_is_denied_to_everybody(action):
    for who in (SUPERVISOR, ADMINISTRATOR, system()):
        decision = policy.may(who, action, name(kinds.REPORT), labels())
        assert not decision.allowed
        assert decision.sentence == policy.DENIED
        assert policy.visible(who, action) == Known(answer=False)
        assert policy.hopeless(who, action)


@pytest.mark.parametrize("action", sorted(RULES))
@pytest.mark.parametrize("role", ["", "ROOT", "SUPERUSER", "specialist_supervisor", "SPECIALIST_SUPERVISOR "])
def test_an_unknown_role_may_do_nothing(action, role):
    who, kind, what = ALLOWED.get(action, (AT_ALL.get(action), kinds.REPORT, labels()))
    assert not policy.may(msgspec.structs.replace(who, role=role), action, name(kind), what).allowed


@pytest.mark.parametrize("action", sorted(RULES))
@pytest.mark.parametrize("purpose", ["", "CURIOSITY", "safeguarding"])
def test_nothing_is_allowed_without_a_purpose(action, purpose):
    who, kind, what = ALLOWED.get(action, (AT_ALL.get(action), kinds.REPORT, labels()))
    assert not policy.may(msgspec.structs.replace(who, purpose=purpose), action, name(kind), what).allowed


@pytest.mark.parametrize("action", ON_RECORDS)
def test_an_action_on_a_record_is_denied_without_its_labels(action):
    who, kind, _ = ALLOWED[action]
    assert not policy.may(who, action, name(kind)).allowed
    assert not policy.may(who, action, name(kind), Labels(owning_agency="")).allowed


@pytest.mark.parametrize("action", sorted(RULES))
@pytest.mark.parametrize("field", ["account", "agency", "role", "purpose"])
def test_a_caller_who_lacks_what_everybody_has_may_do_nothing(action, field):
    who, kind, what = ALLOWED.get(action, (AT_ALL.get(action), kinds.REPORT, labels()))
    assert not policy.may(msgspec.structs.replace(who, **{field: ""}), action, name(kind), what).allowed


@pytest.mark.parametrize("action", ON_RECORDS)
def test_a_caller_without_team_desk_and_case_has_what_agency_and_address_give(action):
    who, kind, what = ALLOWED[action]
    bare = msgspec.structs.replace(who, teams=(), desks=(), cases=())
    by_team_or_case = bool(who.teams or who.cases)
    assert policy.may(bare, action, name(kind), what).allowed is not by_team_or_case


@pytest.mark.parametrize("role", ROLES)
def test_no_role_by_itself_opens_a_record(role):
    """A role without agency, team, case or address opens nothing but the lists of whom and what there is to operate."""
    bare = Caller(account="", agency="", role=role, purpose="SAFEGUARDING")
    open_by_role = {kinds.ACCOUNT, kinds.ERASURE, kinds.SET_ASIDE}
    for kind in KINDS - open_by_role:
        for what in (labels(), SHARED, labels(handling_code="P"), Labels(owning_agency="")):
            for action in RULES.keys() - AT_ALL.keys():
                assert not policy.may(bare, action, name(kind), what).allowed, (action, kind)


@pytest.mark.parametrize("role", ["ADMINISTRATOR", "AUDITOR", "BOARD_MEMBER", "SCRUTINY_MEMBER"])
def test_no_super_role_reads_content_not_even_as_a_member(role):
    mighty = caller(role, teams=("PROTECT",), cases=(CASE,))
    operated = {kinds.ACCOUNT, kinds.ERASURE, kinds.SET_ASIDE}
    for kind in KINDS - operated:
        for action in ON_RECORDS:
            assert not policy.may(mighty, action, name(kind), SHARED).allowed


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"SOURCE_HANDLER"}))
def test_the_source_is_for_the_source_handling_unit_alone(role):
    near = caller(role, teams=("PROTECT",), desks=("PROTECT",), cases=(CASE,))
    what = labels(cases=(CASE,), addressees=(ME,), handling_code="P", originator="GMP")
    for kind in (kinds.SOURCE, kinds.ORIGINAL):
        for action in RULES.keys() - AT_ALL.keys():
            if action.startswith("view"):
                assert not policy.may(near, action, name(kind), what).allowed
    assert policy.may(HANDLER, "view-source", name(kinds.SOURCE), what).allowed
    assert not policy.may(
        msgspec.structs.replace(HANDLER, agency="SYP"), "view-source", name(kinds.SOURCE), what
    ).allowed


@pytest.mark.parametrize("action", ON_RECORDS)
def test_whoever_is_excluded_by_name_may_nothing(action):
    who, kind, what = ALLOWED[action]
    excluded = msgspec.structs.replace(what, excluded_persons=("account:" + "Z" * 22, who.account))
    others = msgspec.structs.replace(what, excluded_persons=("account:" + "Z" * 22,))
    assert not policy.may(who, action, name(kind), excluded).allowed
    assert policy.may(who, action, name(kind), others).allowed
    assert not policy.may(msgspec.structs.replace(who, account=""), action, name(kind), others).allowed


@pytest.mark.parametrize("action", ON_RECORDS)
def test_what_is_for_its_originator_only_is_closed_to_every_other_agency(action):
    who, kind, what = ALLOWED[action]
    theirs = msgspec.structs.replace(what, originator_only=True, originator="SYP")
    own = msgspec.structs.replace(what, originator_only=True, originator=who.agency)
    nobodys = msgspec.structs.replace(what, originator_only=True, originator="")
    assert not policy.may(who, action, name(kind), theirs).allowed
    assert not policy.may(who, action, name(kind), nobodys).allowed
    assert policy.may(who, action, name(kind), own).allowed


@pytest.mark.parametrize(
    ("who", "what", "allowed"),
    [
        (SUPERVISOR, labels(restriction="SPECIALIST_SUPERVISOR_ONLY"), True),
        (SUPERVISOR, labels(team="SUNRISE"), False),
        (INTELLIGENCE, labels(restriction="SPECIALIST_SUPERVISOR_ONLY"), True),
        (INTELLIGENCE, labels(owning_agency="SYP"), False),
        (MANAGER, labels(restriction="SPECIALIST_SUPERVISOR_ONLY"), False),
        (MANAGER, labels(), True),
        (MANAGER, labels(team="SUNRISE"), False),
        (WORKER, labels(cases=(CASE,)), False),
        (WORKER, SHARED, True),
        (WORKER, labels(cases=(CASE,), handling_code="P"), True),
        (WORKER, msgspec.structs.replace(SHARED, restriction="SPECIALIST_SUPERVISOR_ONLY"), False),
        (WORKER, msgspec.structs.replace(SHARED, cases=("case:" + "D" * 22,)), False),
        (caller("NEIGHBOURHOOD_OFFICER"), labels(handling_code="P"), True),
        (caller("NEIGHBOURHOOD_OFFICER"), labels(), False),
        (caller("NEIGHBOURHOOD_OFFICER"), labels(handling_code="P", restriction="SPECIALIST_SUPERVISOR_ONLY"), False),
        (caller("NEIGHBOURHOOD_OFFICER", agency="SYP"), labels(handling_code="P"), False),
        (caller("ANALYST"), labels(handling_code="P"), True),
        (caller("ANALYST"), labels(), False),
        (REFERRER, labels(handling_code="P", addressees=(ME,)), False),
    ],
)
def test_a_report_is_seen_by_agency_team_membership_and_handling(who, what, allowed):
    assert policy.may(who, "view", name(kinds.REPORT), what).allowed is allowed


def test_an_analyst_sees_a_report_but_not_its_raw_mentions():
    analyst = caller("ANALYST")
    assert policy.may(analyst, "view", name(kinds.REPORT), labels(handling_code="P")).allowed
    assert not policy.may(analyst, "view", name(kinds.MENTION), labels(handling_code="P")).allowed


def test_the_hub_itself_reads_nothing():
    for kind in KINDS:
        for action in ("view", "view-source", "view-timeline"):
            assert not policy.may(system(), action, name(kind), SHARED).allowed


def test_a_person_who_says_to_be_the_system_is_none():
    """The role comes from the account's events, and reference data has no such role."""
    assert SYSTEM not in ROLES


def test_a_refusal_says_what_it_takes():
    for action, rule in RULES.items():
        assert rule.sentence.endswith(".")
        assert policy.may(Caller(account="", agency="", role="", purpose=""), action).sentence == rule.sentence


single = st.sampled_from(["", "GMP", "SYP", "MANCHESTER_CSC"])
teams = st.sampled_from(["", "PROTECT", "SUNRISE"])
accounts = st.sampled_from([ME, "account:" + "B" * 22])
cases = st.lists(st.sampled_from([CASE, "case:" + "D" * 22]), unique=True).map(lambda found: tuple(sorted(found)))


def few(*values):
    return st.lists(st.sampled_from(values), unique=True).map(lambda found: tuple(sorted(found)))


callers = st.builds(
    Caller,
    account=accounts,
    agency=single,
    role=st.sampled_from([*ROLES, SYSTEM, ""]),
    teams=few("PROTECT", "SUNRISE"),
    desks=few("PROTECT", "HUB_DUTY"),
    cases=cases,
    purpose=st.sampled_from(["SAFEGUARDING", "TECHNICAL", ""]),
)
any_labels = st.builds(
    Labels,
    owning_agency=single,
    team=teams,
    originator=single,
    originator_only=st.booleans(),
    restriction=st.sampled_from(["", "SPECIALIST_SUPERVISOR_ONLY"]),
    handling_code=st.sampled_from(["", "P", "C"]),
    handling_conditions=few("SHARE_WITH_CASE_MEMBERS", "REFER_TO_ORIGINATOR"),
    strands=few("CSE", "MSHT"),
    cases=cases,
    addressees=few(ME, "PROTECT", "account:" + "B" * 22),
    excluded_persons=few(ME, "account:" + "B" * 22),
)


@given(callers, st.sampled_from(sorted(RULES)), st.sampled_from(sorted(KINDS)), any_labels)
def test_the_filter_for_a_query_decides_as_may_does(who, action, kind, what):
    shown = evaluate(policy.visible(who, action), {"label": policy.attributes_of(name(kind), what)})
    assert policy.may(who, action, name(kind), what).allowed is (shown is True)


@given(callers, st.sampled_from(sorted(RULES)), st.sampled_from(sorted(KINDS)), any_labels)
def test_what_is_hopeless_is_allowed_on_no_record(who, action, kind, what):
    if policy.hopeless(who, action) and not policy.may(who, action).allowed:
        assert not policy.may(who, action, name(kind), what).allowed


@given(callers, st.sampled_from(ON_RECORDS), st.sampled_from(sorted(KINDS)), any_labels)
def test_restricting_or_excluding_never_opens(who, action, kind, what):
    stricter = [
        msgspec.structs.replace(what, restriction="SPECIALIST_SUPERVISOR_ONLY"),
        msgspec.structs.replace(what, excluded_persons=tuple(sorted({*what.excluded_persons, ME}))),
        msgspec.structs.replace(what, originator_only=True),
        msgspec.structs.replace(what, cases=()),
        msgspec.structs.replace(what, addressees=()),
        msgspec.structs.replace(what, handling_conditions=()),
    ]
    if not policy.may(who, action, name(kind), what).allowed:
        for each in stricter:
            assert not policy.may(who, action, name(kind), each).allowed
