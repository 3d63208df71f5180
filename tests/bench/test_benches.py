"""The benches run, and say what they found for people and for machines; how fast the machine is, is not tested."""

import json

import pytest
from click.testing import CliRunner

from hub_services.bench.command import bench
from hub_services.bench.report import Finding, Goal, show

NAMES = {"append": ["append-one", "append-batch", "append-threads"], "replay": ["replay"], "catchup": ["catchup"]}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def made(*arguments):
        answer = CliRunner().invoke(bench, arguments, catch_exceptions=False)
        assert answer.exit_code == 0, answer.output
        assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"
        return answer.output

    return made


@pytest.mark.parametrize("name", NAMES)
def test_with_json_a_bench_prints_one_object_a_line(run, name):
    found = [json.loads(line) for line in run(name, "--json", "--events", "300").splitlines()]
    assert [each["name"] for each in found] == NAMES[name]
    for each in found:
        assert set(each) - {"to_one_writer"} == {"name", "figure", "unit", "floor", "ratio"}
        assert ("to_one_writer" in each) == (each["name"] == "append-threads")
        assert each["unit"] == ("events/s" if each["name"] == "append-threads" else "us")
        assert all(each[number] > 0 for number in ("figure", "floor", "ratio"))
        assert each["ratio"] == pytest.approx(each["figure"] / each["floor"], rel=0.02)


def test_without_json_a_bench_prints_a_table_with_its_goal(run):
    table = run("replay", "--events", "150")
    for word in ("replay", "floor", "ratio", "≤ 1.5", "met"):
        assert word in table


def test_a_goal_that_is_not_met_is_said_so(capsys):
    one = Finding("append-one", 150.0, "us", 100.0, 1.5, Goal(most=1.3))
    threads = Finding("append-threads", 6000.0, "events/s", 10_000.0, 0.6, Goal(least=0.6), to_one_writer=1.9)
    show(iter([one, threads]), as_json=False)
    lines = [line for line in capsys.readouterr().out.splitlines() if "≤" in line or "≥" in line]
    assert [("not met" in line) for line in lines] == [True, False, True]
