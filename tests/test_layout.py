"""The layout keeps our folder `events/` and the package `events` that opensearch-py needs out of each other's way."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE_ROOTS = ("events", "projections", "search", "services")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKED = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def package_name(requirement: str) -> str:
    """`SQLAlchemy[asyncio]>=2` is `sqlalchemy` in a lock file."""
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")


DECLARED = {package_name(requirement) for requirement in PROJECT["project"]["dependencies"]}
FOR_DEVELOPMENT = {package_name(requirement) for requirement in PROJECT["project"]["optional-dependencies"]["dev"]}


def left_by_tools(path: Path) -> bool:
    """Caches lie about after any run, and are in no commit."""
    return path.name == "__pycache__" or path.name.startswith(".")


@pytest.mark.parametrize("folder", SOURCE_ROOTS)
def test_a_source_root_holds_its_one_package_and_a_readme(folder):
    held = {path.name for path in (ROOT / folder).iterdir() if not left_by_tools(path)}

    assert held == {f"hub_{folder}", "README.md"}
    assert (ROOT / folder / f"hub_{folder}" / "__init__.py").is_file()
    assert (ROOT / folder / f"hub_{folder}" / "py.typed").is_file()


def test_no_folder_of_tests_is_a_package():
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_all_six_packages_are_imported_together_from_the_repository():
    program = """
import sys
sys.path.insert(0, "")
import flask, eventsourcing, kafka, marshmallow, opensearchpy, pytest, events
import hub_events, hub_projections, hub_search, hub_services
assert events.Events is not None
assert "hub_events" not in events.__file__
print(events.__file__)
"""

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert ROOT / "events" not in Path(done.stdout.strip()).parents


def test_all_six_packages_are_declared():
    assert {"eventsourcing", "flask", "kafka-python", "marshmallow", "opensearch-py"} <= DECLARED
    assert "pytest" in FOR_DEVELOPMENT


def test_the_wheel_names_the_four_packages_and_no_folder():
    build = PROJECT["tool"]["hatch"]["build"]

    assert sorted(build["targets"]["wheel"]["packages"]) == [f"{folder}/hub_{folder}" for folder in SOURCE_ROOTS]
    assert sorted(build["dev-mode-dirs"]) == list(SOURCE_ROOTS)


def test_every_requirement_is_locked_with_hashes_and_without_an_address():
    locked = set(re.findall(r"^([a-z0-9-]+)==", LOCKED, flags=re.MULTILINE))
    blocks = re.split(r"\n(?=[a-z])", LOCKED)

    assert locked >= DECLARED | FOR_DEVELOPMENT
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert re.findall(r"https?:|file:", LOCKED) == []
