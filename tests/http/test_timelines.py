"""A case's timeline: by strand, agency, kind, grade, person and place, in two orders, now and as known at a moment."""

from __future__ import annotations

import pytest

from hub_events.stream import stream

SHARED = "SHARE_WITH_CASE_MEMBERS"
FRIDAY_EVENING = {"text": "2026-02-27 evening"}


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("timelines")) as found:
        yield found


@pytest.fixture(scope="module")
def told(running, story_of):
    """A case of two reports, told over some weeks; moments are kept on the way."""
    story = story_of(running)
    first = story.decided(strands=["CSE"], incident=FRIDAY_EVENING)
    story.lift(first, SHARED)
    case = story.case(first)
    story.allocate(case)
    before = running.world.time
    running.later(days=14)
    second = story.report(
        "worker",
        strands=["COUNTY_LINES"],
        incident={"text": "2026-01"},
        area="SALFORD",
        place="",
        mentions=[{"kind": "PREMISES", "as_said": "the flat above the shop", "parts": {"address": "Chapel Street"}}],
    )
    story.grade(second, source=1, assessment="B")
    story.propose(second, "RECORD_ONLY")
    story.answer(second, "RECORD_ONLY")
    story.lift(second, SHARED)
    story.in_case(case, "reports", "supervisor", report=second)
    mention = story.mention(first)
    story.in_case(case, "persons", "worker", mention=mention, role="VICTIM", role_from="2025-11-01")
    flag = story.flag(case, mention, review_on="2026-12-01")
    story.change("manager", f"/v1/flags/{flag}", "approval", {"reason": "Agreed."})
    middle = running.world.time
    running.later(days=14)
    story.grade(first, (), source=1, assessment="A", reason="Seen by an officer.")
    story.in_case(case, "strands", strand="MSHT")
    premises = story.mention(second, "PREMISES")
    return {
        "case": case,
        "first": first,
        "second": second,
        "mention": mention,
        "premises": premises,
        "flag": flag,
        "before": before.isoformat().replace("+00:00", "Z"),
        "middle": middle.isoformat().replace("+00:00", "Z"),
    }


@pytest.fixture
def lines(people, told):
    """Ask for lines of the case's timeline."""

    def ask(who="supervisor", **query):
        answer = people[who].get(f"/v1/timelines/{told['case']}", limit=500, **query)
        assert answer.status_code == 200, answer.json
        assert answer.json["next"] is None
        return answer.json["lines"]

    return ask


def ids(found):
    return {each["id"] for each in found}


def test_every_line_cites_the_very_event_it_was_drawn_from(lines, hub):
    found = lines()
    assert len(ids(found)) == len(found) > 25
    for line in found:
        cited = line["source_event"]
        assert line["id"] == f"{cited['kind']}.{cited['id']}.{cited['version']}"
        recorded = hub.log.past(stream(cited["kind"], cited["id"]))[cited["version"] - 1]
        assert recorded.topic.partition("/")[0] == line["kind"]
        assert recorded.envelope.recorded_at.isoformat().replace("+00:00", "Z") == line["recorded_at"]
        assert (recorded.envelope.actor.agency, recorded.envelope.actor.role) == (line["agency"], line["role"])
        assert line["sentence"]
        assert "None" not in line["sentence"]


def test_lines_stand_in_the_order_of_what_happened_or_of_what_was_recorded(lines):
    happened = lines()
    assert [each["happened"]["earliest"] for each in happened] == sorted(
        each["happened"]["earliest"] for each in happened
    )
    recorded = lines(order="recorded")
    assert [each["recorded_at"] for each in recorded] == sorted(each["recorded_at"] for each in recorded)
    assert ids(happened) == ids(recorded)
    assert [each["id"] for each in happened] != [each["id"] for each in recorded]
    # What was said last to have happened first stands first.
    assert happened[0]["happened"]["text"] == "1 November 2025"


def test_an_uncertain_time_is_shown_as_uncertain(lines, told):
    received = {each["source_event"]["id"]: each for each in lines(kind="report-received")}
    first, second = received[told["first"]]["happened"], received[told["second"]]["happened"]
    assert (first["text"], first["precision"], first["of"]) == ("evening of 27 February 2026", "INTERVAL", "INCIDENT")
    assert (first["earliest"], first["latest"]) == ("2026-02-27T18:00:00Z", "2026-02-28T00:00:00Z")
    assert (second["text"], second["precision"]) == ("sometime in January 2026", "MONTH")
    assert (second["earliest"], second["latest"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")


def test_lines_are_filtered_by_strand_with_the_strands_within_it(lines):
    everything, cse, lines_of_lines = lines(), lines(strand="CSE"), lines(strand="COUNTY_LINES")
    assert {"CSE"} <= {code for each in cse for code in each["strands"]}
    assert all("CSE" in each["strands"] for each in cse)
    assert all("COUNTY_LINES" in each["strands"] for each in lines_of_lines)
    # County lines lie within modern slavery and trafficking.
    within = lines(strand="MSHT")
    assert ids(lines_of_lines) < ids(within) < ids(everything)
    assert lines(strand="FGM") == []


def test_lines_are_filtered_by_agency_and_kind(lines):
    everything = lines()
    for agency in ("GMP", "MANCHESTER_CSC", "MANCHESTER_EDUCATION"):
        found = lines(agency=agency)
        assert ids(found) == {each["id"] for each in everything if each["agency"] == agency} != set()
    for kind in {each["kind"] for each in everything}:
        assert ids(lines(kind=kind)) == {each["id"] for each in everything if each["kind"] == kind}
    assert lines(kind="case-closed") == []


def test_lines_are_filtered_by_grade_whole_or_in_part(lines, told):
    of_first = {each["id"] for each in lines() if (each["report"] or {}).get("report") == told["first"]}
    of_second = {each["id"] for each in lines() if (each["report"] or {}).get("report") == told["second"]}
    assert ids(lines(grade="[1AP]")) == ids(lines(grade="1AP")) == ids(lines(grade="A")) == of_first
    assert ids(lines(grade="[1BC]")) == ids(lines(grade="B")) == of_second
    assert ids(lines(grade="1")) == of_first | of_second
    assert ids(lines(handling="P")) == of_first
    assert ids(lines(handling="C")) == of_second
    assert ids(lines(grade="P")) == of_first
    assert lines(grade="3EC") == []


def test_lines_are_filtered_by_person_and_place(lines, told):
    of_person = lines(person=told["mention"])
    kinds = {each["kind"] for each in of_person}
    assert {"person-joined", "flag-requested", "mention-made", "report-received"} <= kinds
    assert told["second"] not in {each["source_event"]["id"] for each in of_person}
    of_premises = lines(place=told["premises"])
    assert told["second"] in {each["source_event"]["id"] for each in of_premises}
    assert told["first"] not in {each["source_event"]["id"] for each in of_premises}
    of_salford = lines(place="SALFORD")
    assert ids(of_salford) <= {each["id"] for each in lines() if (each["report"] or {}).get("area") == "SALFORD"}
    assert lines(place="BURY") == lines(person="A" * 22) == []


@pytest.mark.parametrize(
    "query",
    [
        {"order": "random"},
        {"kind": "gossip"},
        {"grade": "9ZZ"},
        {"grade": "1' OR 1=1"},
        {"person": "Tansy Wrenfield"},
        {"place": "12 Chapel Street, Salford"},
        {"place": "salford"},
        {"strand": "cse"},
        {"as_known_at": ""},
        {"as_known_at": "last month"},
        {"as_known_at": "2026-03-05"},
        {"as_known_at": "2026-03-05T16:20:00"},
        {"as_known_at": "0001-01-01T00:00:00+14:00"},
        {"as_known_at": "9999-12-31T23:59:59-14:00"},
        {"limit": "0"},
        {"limit": "501"},
    ],
    ids=str,
)
def test_a_question_that_cannot_be_read_is_refused(people, told, query):
    answer = people["supervisor"].get(f"/v1/timelines/{told['case']}", **query)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert answer.json["field"] == next(iter(query))


def test_as_known_at_a_past_moment_lines_say_what_was_known_then(lines, told):
    then, middle, now = lines(as_known_at=told["before"]), lines(as_known_at=told["middle"]), lines()
    assert ids(then) < ids(middle) < ids(now)

    def received(found):
        return next(each["report"] for each in found if each["id"] == f"report.{told['first']}.1")

    assert (received(then)["printed"], received(then)["handling_code"]) == ("[2DC]", "C")
    assert (received(now)["printed"], received(now)["handling_code"]) == ("[1AP]", "P")
    assert told["second"] not in {each["source_event"]["id"] for each in then}
    mention = f"mention.{told['mention']}.1"
    roles = [{role["role"] for role in each["about"]["roles"]} for each in (*then, *now) if each["id"] == mention]
    assert roles == [{"SUBJECT"}, {"SUBJECT", "VICTIM"}]


def test_a_flag_stands_on_its_lines_as_it_stood_then(people, lines, told, story):
    requested = f"flag.{told['flag']}.1"

    def status(**query):
        return [each["flag_status"] for each in lines(**query) if each["id"] == requested]

    assert status(as_known_at=told["before"]) == []
    assert status(as_known_at=told["middle"]) == ["APPROVED"]
    story.change("worker", f"/v1/flags/{told['flag']}", "clearing", {"reason": "Not needed."})
    assert status() == ["CLEARED"]
    assert status(as_known_at=told["middle"]) == ["APPROVED"]


def test_the_answer_gives_the_position_it_was_resolved_to_and_takes_it_back(people, lines, told):
    path = f"/v1/timelines/{told['case']}"
    by_moment = people["supervisor"].get(path, as_known_at=told["middle"], limit=500)
    token = by_moment.json["as_known_at"]
    again = people["supervisor"].get(path, as_known_at=token, limit=500)
    assert again.json["lines"] == by_moment.json["lines"]
    refused = people["worker"].get(path, as_known_at=token)
    assert (refused.status_code, refused.json["code"]) == (400, "token-invalid")


def test_the_same_moment_in_another_offset_is_the_same_moment(lines, told):
    assert lines(as_known_at="2026-03-10T10:00:00Z") == lines(as_known_at="2026-03-10T12:00:00+02:00")
    assert lines(as_known_at="2199-12-31T00:00:00Z") == lines()
    assert lines(as_known_at="1900-01-01T00:00:00Z") == []


def test_whether_a_line_of_the_past_may_be_shown_is_decided_today(people, lines, told, story):
    """A month ago the worker saw the report; it was restricted since, so its lines of then are hidden now."""
    before = lines("worker", as_known_at=told["middle"])
    assert told["second"] in {each["source_event"]["id"] for each in before}
    story.grade(told["second"], source=1, assessment="B", reason="The source is at risk.")
    after = lines("worker", as_known_at=told["middle"])
    assert told["second"] not in {each["source_event"]["id"] for each in after}
    assert ids(after) < ids(before)
    assert ids(lines("supervisor", as_known_at=told["middle"])) >= ids(before)


def test_a_timeline_is_for_members_the_teams_managers_and_supervisors(people, told):
    path = f"/v1/timelines/{told['case']}"
    seen = {who for who, person in people.items() if person.get(path).status_code == 200}
    assert seen == {"supervisor", "both", "manager", "worker"}
    absent = people["stranger"].get(f"/v1/timelines/{'A' * 22}")
    assert people["stranger"].get(path).get_data() == absent.get_data()
