"""Two people editing one record: the second is told what the first did, and sends again with the new ETag."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub_events.stream import stream
from hub_services.caller import Caller
from hub_services.decisions.operation import EraseStream


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("etags")) as found:
        yield found


@pytest.fixture(scope="module")
def case(running, story_of):
    """A case with a worker and everything in it to be seen."""
    story = story_of(running)
    report = story.decided()
    story.lift(report, "SHARE_WITH_CASE_MEMBERS")
    case = story.case(report)
    story.allocate(case)
    return case


def strand(code):
    return {"strand": code, "reason": "Named by the girl's friend."}


def test_the_second_of_two_editors_is_told_what_the_first_did_and_can_resend(people, case, hub):
    path = f"/v1/cases/{case}"
    first, second = people["supervisor"].get(path), people["worker"].get(path)
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.json == second.json

    done = people["supervisor"].post(f"{path}/strands", strand("MSHT"), etag=first.headers["ETag"])
    assert done.status_code == 200
    head = hub.log.head()
    late = people["worker"].post(f"{path}/strands", strand("COUNTY_LINES"), etag=second.headers["ETag"], key="mine")

    assert (late.status_code, late.json["code"]) == (412, "stream-moved")
    assert hub.log.head() == head
    (change,) = late.json["changes"]
    assert change == {
        "version": change["version"],
        "event": "strand-opened",
        "sentence": change["sentence"],
        "recorded_at": change["recorded_at"],
        "agency": "GMP",
        "role": "SPECIALIST_SUPERVISOR",
    }
    assert change["sentence"].endswith(".")
    assert re.fullmatch(r"2026-03-02T10:00:0\d\.\d{6}Z", change["recorded_at"])
    assert late.headers["ETag"] == done.headers["ETag"] == f'"v{change["version"]}"'
    assert late.headers["ETag"] == people["worker"].get(path).headers["ETag"]

    resent = people["worker"].post(f"{path}/strands", strand("COUNTY_LINES"), etag=late.headers["ETag"], key="mine")
    assert resent.status_code == 200
    assert {"MSHT", "COUNTY_LINES"} <= set(people["worker"].get(path).json["strands_open"])


def test_all_that_happened_since_is_among_the_changes(people, case, story):
    etag = people["supervisor"].get(f"/v1/cases/{case}").headers["ETag"]
    story.in_case(case, "strands", strand="FGM")
    story.in_case(case, "strand-closings", strand="FGM")
    late = people["worker"].post(f"/v1/cases/{case}/strands", strand("TTL"), etag=etag)
    assert [each["event"] for each in late.json["changes"]] == ["strand-opened", "strand-closed"]


def test_changes_say_what_happened_and_nothing_of_what_was_said(people, case, story):
    etag = people["worker"].get(f"/v1/cases/{case}").headers["ETag"]
    story.in_case(case, "strands", strand="HBA", reason="The uncle Xanthophyll threatened her.")
    late = people["worker"].post(f"/v1/cases/{case}/strands", strand("TTL"), etag=etag)
    assert late.status_code == 412
    assert "Xanthophyll" not in late.get_data(as_text=True)


@pytest.mark.parametrize("form", ['W/"{}"', '"{}-gzip"', 'W/"{}-gzip"', ' "{}" '])
def test_an_etag_that_a_proxy_has_touched_is_understood(people, case, form):
    version = people["worker"].get(f"/v1/cases/{case}").headers["ETag"].strip('"')
    # A strand that is open already: nothing is done, so that the next one finds the same version.
    done = people["worker"].post(f"/v1/cases/{case}/strands", strand("CSE"), etag=form.format(version))
    assert done.status_code == 200
    stale = people["worker"].post(f"/v1/cases/{case}/strands", strand("TTL"), etag=form.format("v1"))
    assert stale.status_code == 412


@pytest.mark.parametrize("etag", ["*", "v3", '"3"', '"v3", "v4"', '"v-1"', "'v3'", '"v3', '"v99999999999"', '"V3"'])
def test_any_other_precondition_is_refused(people, case, etag):
    answer = people["worker"].post(f"/v1/cases/{case}/strands", strand("TTL"), etag=etag)
    assert (answer.status_code, answer.json["code"]) == (400, "etag-invalid")


def test_a_change_without_precondition_is_refused(people, case):
    answer = people["worker"].post(f"/v1/cases/{case}/strands", strand("TTL"))
    assert (answer.status_code, answer.json["code"]) == (428, "etag-missing")


@pytest.mark.parametrize("version", ["v0", "v900"])
def test_a_version_that_never_was_is_a_stale_one(people, case, version):
    answer = people["worker"].post(f"/v1/cases/{case}/strands", strand("TTL"), etag=f'"{version}"')
    assert (answer.status_code, answer.json["code"]) == (412, "stream-moved")


def test_of_many_who_send_at_once_one_comes_first(app, people, case, hub):
    path, worker = f"/v1/cases/{case}", people["worker"]
    etag, head = worker.get(path).headers["ETag"], hub.log.head()

    def send(number):
        headers = worker.headers(**{"Idempotency-Key": f"at-once-{number}", "If-Match": etag})
        code = ("VE", "OCG_USG", "MISSING", "TTL")[number % 4]
        return app.test_client().post(f"{path}/strands", json=strand(code), headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(send, range(8)))
    worker.following.settle()
    assert statuses == [200] + [412] * 7
    assert hub.log.head() == head + 1


def etags(people, paths):
    return [people["supervisor"].get(path).headers.get("ETag") for path in paths]


def test_an_etag_is_strong_and_of_the_record_alone(people, case, story, hub):
    report = story.report()
    paths = [f"/v1/cases/{case}", f"/v1/reports/{report}", f"/v1/triage/{report}", f"/v1/reports/{report}/narrative"]
    before = etags(people, paths)
    assert all(re.fullmatch(r'"v[1-9]\d*"', each) for each in before)
    assert etags(people, paths) == before
    assert [people["intelligence"].get(path).headers.get("ETag") for path in paths[1:]] == before[1:]
    story.change("supervisor", f"/v1/triage/{report}", "opening")
    after = etags(people, paths)
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, True, False, True]


def test_lists_and_timelines_have_no_etag(people, case):
    for path in ("/v1/cases", "/v1/reports", "/v1/triage", "/v1/inbox", f"/v1/timelines/{case}"):
        assert "ETag" not in people["supervisor"].get(path).headers


@pytest.mark.parametrize("resource", ["cases", "reports", "flags"])
def test_an_etag_never_speaks_for_changes_its_body_does_not_show(people, story, hub, monkeypatch, resource):
    """With the views behind the log a record is shown as it was, under the version it then had."""
    report = story.decided()
    case = story.case(report)
    flag = story.flag(case, story.mention(report), "supervisor")
    path = f"/v1/{resource}/{ {'cases': case, 'reports': report, 'flags': flag}[resource] }"
    change = {
        "cases": ("strands", strand("MSHT")),
        "reports": ("restriction-lifting", {"authority": "DI Ashworth", "reason": "The school has to act."}),
        "flags": ("approval", {"reason": "So that every officer knows."}),
    }[resource]
    who = "manager" if resource == "flags" else "supervisor"
    before = people["supervisor"].get(path)
    with monkeypatch.context() as patch:
        patch.setattr(people[who].following, "settle", lambda: None)
        done = people[who].post(f"{path}/{change[0]}", change[1], etag=before.headers["ETag"])
        assert done.status_code == 200
        behind = people["supervisor"].get(path)
        assert behind.json == before.json
        assert behind.headers["ETag"] == before.headers["ETag"] != done.headers["ETag"]
        stale = people["supervisor"].post(f"{path}/{change[0]}", change[1], etag=behind.headers["ETag"])
        assert stale.status_code in ({403} if resource == "flags" else {412})
    people["supervisor"].following.settle()
    caught_up = people["supervisor"].get(path)
    assert caught_up.headers["ETag"] == done.headers["ETag"]
    assert caught_up.json != before.json


def test_what_was_erased_is_gone_whichever_version_one_knows(people, story, hub):
    report = story.report()
    etag = people["supervisor"].get(f"/v1/reports/{report}").headers["ETag"]
    administrator = Caller(
        account=f"account:{people['administrator'].id}",
        agency="HUB",
        role="ADMINISTRATOR",
        purpose="TECHNICAL",
    )
    erasure = EraseStream(erased=stream("report", report), reason="Sent in error.", authority="Data protection officer")
    hub.ask(erasure, administrator, "erase")
    people["administrator"].following.settle()
    grade = {"source": 2, "assessment": "D", "handling_code": "P"}
    for version in (etag, '"v1"', '"v99"'):
        gone = people["supervisor"].post(f"/v1/reports/{report}/grades", grade, etag=version)
        assert (gone.status_code, gone.json["code"]) == (410, "stream-erased")


def test_an_account_that_never_was_is_absent_and_has_not_moved(people):
    for path in ("closing", "role-grants", "role-withdrawals"):
        body = {"reason": "Left."} | ({} if path == "closing" else {"roles": ["MANAGER"]})
        answer = people["administrator"].post(f"/v1/accounts/{'A' * 22}/{path}", body, etag='"v1"')
        assert (answer.status_code, answer.json["code"]) == (404, "not-found")
