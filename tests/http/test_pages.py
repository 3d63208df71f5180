"""Pages by cursor: every list is walked without gap or repeat, and a page shows nothing that was hidden since."""

from __future__ import annotations

import pytest

from hub_services.position_tokens import CHARACTERS

REPORTS = 5


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("pages")) as found:
        yield found


@pytest.fixture(scope="module")
def case(running, story_of):
    """Several of everything that is listed."""
    story = story_of(running)
    for number in range(REPORTS):
        # Some are received at the very same time as far as a person can tell, some days apart.
        running.later(minutes=7 * number)
        story.report(strands=["CSE"] if number % 2 else ["MSHT"])
        story.check(immediate_danger=True)
    decided = [story.decided() for _ in range(3)]
    story.lift(decided[0], "SHARE_WITH_CASE_MEMBERS")
    cases = [story.case(each) for each in decided]
    for each in cases:
        story.allocate(each)
    mention = story.mention(decided[0])
    for code in ("CSE", "MISSING", "CP_PLAN", "LAC"):
        story.flag(cases[0], mention, flag=code)
    story.feedback(decided[0])
    return cases[0]


LISTS = {
    "queue": ("supervisor", "/v1/triage", {}),
    "queue of a team": ("supervisor", "/v1/triage", {"team": "PROTECT"}),
    "reports": ("supervisor", "/v1/reports", {}),
    "reports of a strand": ("supervisor", "/v1/reports", {"strand": "MSHT"}),
    "graded reports": ("intelligence", "/v1/reports", {"status": "TRIAGED"}),
    "cases": ("supervisor", "/v1/cases", {}),
    "open cases": ("worker", "/v1/cases", {"status": "OPEN", "strand": "CSE"}),
    "flags to approve": ("manager", "/v1/flags", {"team": "PROTECT"}),
    "inbox": ("supervisor", "/v1/inbox", {}),
    "inbox of a worker": ("worker", "/v1/inbox", {}),
    "feedback": ("supervisor", "/v1/feedback", {}),
    "feedback due": ("teacher", "/v1/feedback", {"status": "DUE"}),
    "accounts": ("administrator", "/v1/accounts", {}),
    "timeline": ("supervisor", "/v1/timelines/{case}", {}),
    "timeline as recorded": ("supervisor", "/v1/timelines/{case}", {"order": "recorded"}),
    "timeline of a strand": ("worker", "/v1/timelines/{case}", {"strand": "CSE"}),
}


def items_of(answer):
    assert answer.status_code == 200, answer.json
    return answer.json.get("items", answer.json.get("lines"))


@pytest.fixture
def walk(people, case):
    """Walk a list page by page."""

    def through(who, path, limit, **query):
        pages, cursor = [], None
        while True:
            answer = people[who].get(path.format(case=case), limit=limit, cursor=cursor, **query)
            found = items_of(answer)
            assert 0 < len(found) <= limit
            pages.append(found)
            cursor = answer.json["next"]
            if cursor is None:
                return pages
            assert len(cursor) == CHARACTERS
            assert len(found) == limit

    return through


@pytest.mark.parametrize(("who", "path", "query"), LISTS.values(), ids=LISTS)
def test_a_list_is_walked_without_gap_or_repeat_whatever_the_size_of_a_page(people, case, walk, who, path, query):
    whole = items_of(people[who].get(path.format(case=case), limit=200, **query))
    assert len(whole) > 1
    assert len({repr(each) for each in whole}) == len(whole)
    for limit in {1, 2, len(whole) - 1, len(whole)}:
        pages = walk(who, path, limit, **query)
        assert [each for page in pages for each in page] == whole
        assert len(pages) == -(-len(whole) // limit)


def test_a_list_without_an_entry_has_one_empty_page(people, case):
    answer = people["board"].get("/v1/cases", limit=1)
    assert answer.json == {"items": [], "next": None}


def first_cursor(people, who, path, **query):
    cursor = people[who].get(path, limit=1, **query).json["next"]
    assert cursor
    return cursor


def refused(answer):
    assert (answer.status_code, answer.json["code"]) == (400, "token-invalid")


def test_a_cursor_is_for_the_filters_it_was_made_with(people, case):
    cursor = first_cursor(people, "supervisor", "/v1/reports", team="PROTECT")
    supervisor = people["supervisor"]
    assert supervisor.get("/v1/reports", limit=3, cursor=cursor, team="PROTECT").status_code == 200
    for other in ({}, {"team": "SUNRISE"}, {"team": "PROTECT", "strand": "CSE"}, {"strand": "PROTECT"}):
        refused(supervisor.get("/v1/reports", limit=3, cursor=cursor, **other))


def test_a_cursor_is_for_the_list_it_was_made_by(people, case):
    cursor = first_cursor(people, "supervisor", "/v1/reports")
    for path in ("/v1/triage", "/v1/cases", "/v1/inbox", "/v1/feedback", "/v1/flags", f"/v1/timelines/{case}"):
        refused(people["supervisor"].get(path, cursor=cursor))
    token = people["supervisor"].get("/v1/reports").headers["Hub-Position"]
    refused(people["supervisor"].get("/v1/reports", cursor=token))
    refused(people["supervisor"].get("/v1/reports", min_position=cursor))


def test_the_cursor_of_one_timeline_is_not_for_another(people, case):
    other = next(each["id"] for each in items_of(people["supervisor"].get("/v1/cases")) if each["id"] != case)
    cursor = first_cursor(people, "supervisor", f"/v1/timelines/{case}")
    assert people["supervisor"].get(f"/v1/timelines/{case}", cursor=cursor).status_code == 200
    refused(people["supervisor"].get(f"/v1/timelines/{other}", cursor=cursor))
    refused(people["supervisor"].get(f"/v1/timelines/{case}", cursor=cursor, order="recorded"))


def test_a_cursor_is_for_the_person_it_was_given_to(people, case):
    cursor = first_cursor(people, "supervisor", "/v1/reports")
    refused(people["both"].get("/v1/reports", cursor=cursor))


def test_two_cursors_of_one_place_have_nothing_in_common(people, case):
    one, other = (first_cursor(people, "supervisor", "/v1/reports") for _ in range(2))
    assert one != other


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1.5", "many", "", "9" * 30])
def test_a_page_has_a_size(people, case, limit):
    answer = people["supervisor"].get("/v1/reports", limit=limit)
    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, "invalid", "limit")


def test_a_page_shows_nothing_that_was_restricted_since(people, story):
    """The officer has the first page; the next report is restricted before the officer asks for the second."""
    team = []
    for _ in range(3):
        report = story.report()
        story.grade(report)
        story.lift(report)
        team.append(report)
    newest, middle, oldest = reversed(team)
    first = people["officer"].get("/v1/reports", limit=1)
    assert [each["id"] for each in first.json["items"]] == [newest]
    story.grade(middle)
    second = people["officer"].get("/v1/reports", limit=1, cursor=first.json["next"])
    assert [each["id"] for each in second.json["items"]] == [oldest]
    assert middle not in second.get_data(as_text=True)
    assert people["officer"].get(f"/v1/reports/{middle}").status_code == 404


def test_a_cursor_at_a_hidden_line_tells_nothing_of_it(people, story):
    """The line a page ended with is restricted: the next page begins where it stood, and does not show it."""
    reports = []
    for _ in range(2):
        report = story.report()
        story.grade(report)
        story.lift(report)
        reports.append(report)
    first = people["officer"].get("/v1/reports", limit=1)
    assert [each["id"] for each in first.json["items"]] == [reports[1]]
    story.grade(reports[1])
    second = people["officer"].get("/v1/reports", limit=1, cursor=first.json["next"])
    assert [each["id"] for each in second.json["items"]] == [reports[0]]


def test_a_page_of_a_timeline_stands_at_the_position_of_the_first_and_is_shown_by_the_labels_of_today(people, story):
    report, later = story.decided(), story.decided()
    story.lift(report, "SHARE_WITH_CASE_MEMBERS")
    case = story.case(report)
    story.in_case(case, "reports", report=later)
    story.allocate(case)
    path = f"/v1/timelines/{case}"
    whole = items_of(people["worker"].get(path))
    first = people["worker"].get(path, limit=2)
    story.in_case(case, "strands", strand="MSHT")
    rest = items_of(people["worker"].get(path, cursor=first.json["next"]))
    assert [each["id"] for each in items_of(first) + rest] == [each["id"] for each in whole]
    story.grade(report)
    hidden = items_of(people["worker"].get(path, cursor=first.json["next"]))
    assert {each["source_event"]["id"] for each in hidden} == {case}
    assert len(hidden) < len(rest)


def test_a_cursor_outlives_the_right_of_its_holder_in_nothing(people, story):
    report = story.decided()
    story.lift(report, "SHARE_WITH_CASE_MEMBERS")
    case = story.case(report)
    story.in_case(case, "members", account=people["stranger"].id)
    cursor = first_cursor(people, "stranger", f"/v1/timelines/{case}")
    assert people["stranger"].get(f"/v1/timelines/{case}", cursor=cursor).status_code == 200
    story.in_case(case, "member-removals", account=people["stranger"].id)
    gone = people["stranger"].get(f"/v1/timelines/{case}", cursor=cursor)
    assert (gone.status_code, gone.json["code"]) == (404, "not-found")
