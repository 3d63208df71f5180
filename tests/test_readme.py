"""What the README tells a newcomer to type is what the Makefile has and what CI runs."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

TARGETS = set(re.findall(r"^([a-z]+):.*## \S", MAKEFILE, flags=re.MULTILINE))
FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
TYPED = [line.strip() for language, block in FENCED if language == "sh" for line in block.splitlines()]


def commands_of_ci() -> list[str]:
    """Its calls of make, in order; the server is one of them, though it runs in the background."""
    return re.findall(r"^make ([a-z]+)", CI, flags=re.MULTILINE)


def test_the_first_commands_of_the_readme_are_the_demonstration_and_the_tests():
    assert [line for line in TYPED if line.startswith("make ")][:2] == ["make demo", "make test"]


def test_every_make_target_the_readme_names_exists_and_explains_itself():
    quoted = re.findall(r"`([^`\n]+)`", README)
    named = {match[1] for line in TYPED + quoted if (match := re.match(r"make ([a-z]+)", line))}

    assert {"demo", "test", "serve", "check", "proofs"} <= named <= TARGETS


def test_ci_runs_the_readme_s_commands_and_then_every_check_and_proof():
    assert commands_of_ci() == ["demo", "test", "serve", "check", "proofs"]


def test_every_folder_has_a_readme():
    # What the repository ignores is nobody's to explain.
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()}
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]

    assert [path.name for path in folders if path.name not in ignored and not (path / "README.md").is_file()] == []


@pytest.mark.parametrize("folder", ["services", "events", "projections", "search", "deploy", "tests"])
def test_the_readme_explains_each_folder(folder):
    assert f"`{folder}/`" in README


def test_every_link_of_the_readme_leads_to_a_file():
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", README)

    assert [link for link in links if not (ROOT / link).exists()] == []
