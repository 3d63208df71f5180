"""What the proofs share: how large they are run, and random histories."""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def size():
    """How large a proof is run: small in `make test`, ci in `make proofs`."""
    asked = os.environ.get("HUB_PROOF_SIZE", "small")
    assert asked in ("small", "ci")
    return asked


def beside(name):
    """A module beside this file; no folder of tests is on the import path."""
    known = f"{name}_of_proofs"
    if known not in sys.modules:
        spec = spec_from_file_location(known, Path(__file__).with_name(f"{name}.py"))
        module = module_from_spec(spec)
        sys.modules[known] = module
        spec.loader.exec_module(module)
    return sys.modules[known]


@pytest.fixture(scope="session")
def histories():
    """Random histories as plain events."""
    return beside("history")


@pytest.fixture(scope="session")
def offices():
    """Random histories through the real commands."""
    return beside("office")


@pytest.fixture
def scoreboard(capsys):
    """Print a proof's line of the scoreboard: its name and the figures it reached."""

    def line(name, **figures):
        with capsys.disabled():
            print(f"\n{name} " + " ".join(f"{figure}={value}" for figure, value in figures.items()))

    return line
