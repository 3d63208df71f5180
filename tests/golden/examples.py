"""One example of every event with each of its fields given, of which golden files are made. Everybody is invented.

When an event gets a new version its example is changed here; the golden file of the old version keeps the old one.
"""

from datetime import UTC, date, datetime, timedelta

from hub_events.account import AccountClosed, AccountOpened, RolesGranted, RolesWithdrawn
from hub_events.basis import LawfulBasisOverridden
from hub_events.case import (
    CaseClosed,
    CaseOpened,
    CaseReopened,
    MemberAdded,
    MemberRemoved,
    PersonJoined,
    PersonRoleEnded,
    ReportJoined,
    StrandClosed,
    StrandOpened,
    WorkerAllocated,
)
from hub_events.feedback import FeedbackDue, FeedbackOverdue, FeedbackSent, FeedbackWithheld
from hub_events.flag import FlagApproved, FlagCleared, FlagPlaced, FlagRefused, FlagRequested
from hub_events.label import (
    HandlingSet,
    RestrictionLifted,
    RestrictionSet,
    SharedWithCase,
    TeamSet,
    WithdrawnFromCase,
)
from hub_events.mention import MentionMade
from hub_events.narrative import FormEvaluationGiven, GradeSuggested, NarrativeRecorded
from hub_events.notice import NoticeOpened, NoticePlaced
from hub_events.operation import EventSetAside, StreamErased
from hub_events.original import OriginalKept
from hub_events.partial_time import When
from hub_events.report import (
    GradeConfirmed,
    ReportReceived,
    ReportRerouted,
    ReportRouted,
    ReportTriaged,
    ReportUnroutable,
)
from hub_events.reporter import ReporterNamed
from hub_events.route_check import (
    EmergencyCallMade,
    EmergencyInstructionShown,
    EmergencyItemClosed,
    EmergencyItemOverdue,
    EmergencyItemTaken,
    RoutesAnswered,
    SocialCareReferralSent,
)
from hub_events.source import SourceRegistered
from hub_events.triage import (
    TriageAwaited,
    TriageClockBreached,
    TriageDecided,
    TriageDisagreed,
    TriageOpened,
    TriageProposed,
)

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DUE = MONDAY + timedelta(days=1)
EVENING = When(
    earliest=datetime(2026, 2, 27, 18, tzinfo=UTC),
    latest=datetime(2026, 2, 28, tzinfo=UTC),
    precision="INTERVAL",
    basis="INFERRED",
    as_said="2026-02-27 evening",
)
WINTER = When(
    earliest=datetime(2025, 12, 31, 23, tzinfo=UTC),
    latest=datetime(2026, 1, 31, 23, tzinfo=UTC),
    precision="MONTH",
    zone="Europe/Paris",
    as_said="2026-01",
)


def named(kind, letter="A"):
    return f"{kind}:{letter * 22}"


EXAMPLES = (
    AccountOpened(
        login="r.okafor",
        name="Ruth Okafor",
        agency="GMP",
        roles=("SPECIALIST_OFFICER", "SPECIALIST_SUPERVISOR"),
        teams=("PROTECT",),
        desks=("HUB_DUTY",),
    ),
    RolesGranted(roles=("FORCE_INTELLIGENCE_OFFICER",), reason="Began at the force intelligence bureau."),
    RolesWithdrawn(roles=("SPECIALIST_OFFICER",), reason="Left the team."),
    AccountClosed(reason="Left the force."),
    CaseOpened(
        report=named("report"),
        subject=named("mention"),
        person_stage="CHILD",
        strands=("COUNTY_LINES", "CSE"),
        team="PROTECT",
        reason="Seen again with older men after going missing.",
    ),
    StrandOpened(strand="MSHT", reason="Carried packages to Llandudno."),
    StrandClosed(strand="CSE", reason="No contact with the adults for a year."),
    ReportJoined(report=named("report", "B"), reason="The same girl."),
    PersonJoined(
        mention=named("mention"), role="VICTIM", role_from=date(2026, 3, 2), reason="Named by the youth worker."
    ),
    PersonRoleEnded(mention=named("mention"), role="VICTIM", ended_on=date(2026, 3, 31), reason="Another girl."),
    WorkerAllocated(worker=named("account"), team="PROTECT", reason="Knows the family."),
    MemberAdded(account=named("account", "B"), reason="Sees her at the youth club."),
    MemberRemoved(account=named("account", "B"), reason="Changed jobs."),
    CaseClosed(reason_code="RISK_REDUCED", reason="Low for three months."),
    CaseReopened(reason="Missing again."),
    FeedbackDue(report=named("report"), referrer=named("account"), owner="PROTECT", due_at=DUE),
    FeedbackSent(text="Thank you. The team is looking into what you told us."),
    FeedbackWithheld(reason_code="LIVE_INVESTIGATION", reason="Arrests are planned."),
    FeedbackOverdue(due_at=DUE),
    FlagRequested(
        case=named("case"),
        mention=named("mention"),
        flag="CSE",
        reason="High risk.",
        review_on=date(2026, 6, 1),
    ),
    FlagApproved(reason="Agreed in supervision."),
    FlagRefused(reason="A marker is there already."),
    FlagPlaced(
        agency="GMP",
        system="Force system",
        confirmation="FS/26/0147",
        placed_at=MONDAY,
        reason="Placed by the bureau.",
    ),
    FlagCleared(reason="Reviewed, no longer needed.", confirmation="FS/26/0912"),
    RestrictionSet(restriction="SPECIALIST_SUPERVISOR_ONLY", reason="Came by route 4."),
    RestrictionLifted(
        restriction="SPECIALIST_SUPERVISOR_ONLY", authority="Detective Inspector Moss", reason="The source is safe."
    ),
    HandlingSet(handling_code="C", handling_conditions=("REFER_TO_ORIGINATOR",)),
    TeamSet(owning_agency="SYP", team="HARBOUR_LIGHT"),
    SharedWithCase(case=named("case")),
    WithdrawnFromCase(case=named("case"), reason="Another family of the same name."),
    MentionMade(
        report=named("report"),
        kind="PERSON",
        as_said="a girl called Layla, about fourteen",
        parts={"name": "Layla", "description": "about fourteen"},
        text_form="RAW",
        reported_role="VICTIM",
    ),
    NarrativeRecorded(
        text="Three girls got into a silver car behind the shop.",
        text_form="RAW",
        place="Vape shop, Example Street, Manchester",
        provenance_note="Told at the youth club.",
        also_known_to=("Her head of year",),
        recorded_elsewhere=("School log",),
        disclosure_risk="The driver knows where she lives.",
    ),
    FormEvaluationGiven(reliability=3, accuracy=4, willing_to_engage="YES"),
    GradeSuggested(
        source=2,
        assessment="C",
        handling_code="C",
        handling_conditions=("SPECIALIST_SUPERVISOR_ONLY",),
        to_confirm=("Confirm whether it is corroborated.",),
    ),
    NoticePlaced(inbox="PROTECT", subject="triage-due", about=named("triage"), urgent=True),
    NoticeOpened(opened_by=named("account")),
    StreamErased(
        erased=named("source"), key_id=4711, reason="Asked for by the source.", authority="Information Commissioner"
    ),
    EventSetAside(stream=named("report"), version=3, reason="Written by a faulty import."),
    OriginalKept(media_type="application/json", body=b'{"text": "Three girls"}', sha256=bytes(range(32))),
    GradeConfirmed(
        source=1,
        assessment="B",
        handling_code="C",
        handling_conditions=("REFER_TO_ORIGINATOR",),
        action_code="A3",
        action_usage="For the visit on Friday only.",
        sanitisation_code="S1",
        printed="[1BC]",
        reason="Corroborated by a second officer.",
        supersedes=2,
    ),
    ReportReceived(
        route="INFORMATION_REPORT",
        route_check=named("route-check"),
        source_types=("MEMBER_OF_PUBLIC", "WITNESSED_INCIDENT"),
        provenance="HOME_VISIT",
        incident=EVENING,
        became_aware=WINTER,
        reported_at=MONDAY,
        received_at=MONDAY + timedelta(microseconds=1),
        area="MANCHESTER",
        strands=("CSE",),
        original=named("original"),
        reporter=named("reporter"),
        narrative=named("narrative"),
        triage=named("triage"),
        source=named("source"),
        mentions=(named("mention"), named("mention", "B")),
    ),
    ReportRouted(area="MANCHESTER", team="PROTECT", found_by="STATED", triage_due_at=DUE),
    ReportUnroutable(owner="HUB_DUTY", triage_due_at=DUE),
    ReportRerouted(area="ROTHERHAM", team="HARBOUR_LIGHT", from_team="PROTECT", reason="The shop is in Rotherham."),
    ReportTriaged(outcome="INVESTIGATE"),
    ReporterNamed(
        name="Sam Hartley", job_title="Youth worker", organisation="Example Youth Club", contact="0161 496 0101"
    ),
    RoutesAnswered(
        immediate_danger=True,
        in_need_or_harmed=True,
        information=False,
        person_of_interest_request=False,
        adult=True,
        area="SALFORD",
        owner="PROTECT",
    ),
    EmergencyInstructionShown(instruction="Ring 999 now.", owner="PROTECT", due_at=MONDAY + timedelta(minutes=15)),
    EmergencyItemTaken(taken_by=named("account")),
    EmergencyCallMade(called_at=MONDAY, police_reference="Log 0147 of 2 March", made_by="The youth worker"),
    EmergencyItemClosed(outcome="NO_DANGER", reason="She was at home when rung."),
    EmergencyItemOverdue(due_at=MONDAY + timedelta(minutes=15)),
    SocialCareReferralSent(recipient="SALFORD_ASC", to_whom="Duty desk, by phone", sent_at=MONDAY, adult=True),
    SourceRegistered(
        full_name="Petra Nowhere",
        date_of_birth="1979-04",
        addresses=("12 Example Street, Manchester",),
        contacts=("07700 900123",),
        relationship="Neighbour",
    ),
    TriageAwaited(report=named("report"), reporter_account=named("account"), due_at=DUE),
    TriageOpened(opened_by=named("account", "B")),
    TriageProposed(
        outcome="INVESTIGATE", rationale="Named child, recent, corroborated.", alternatives=("RECORD_ONLY",)
    ),
    TriageDisagreed(proposed="INVESTIGATE", outcome="RECORD_ONLY", rationale="Already under investigation."),
    TriageDecided(
        outcome="INVESTIGATE",
        rationale="Agree: the car was seen before.",
        proposed_by=named("account", "B"),
        confirmed_by=named("account", "C"),
    ),
    TriageClockBreached(due_at=DUE),
    LawfulBasisOverridden(lawful_basis="CA_1989_S17_47", reason="A section 47 enquiry is under way."),
)
