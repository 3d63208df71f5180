"""What the benches write: report-like events under whole envelopes, each on a stream of its own."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hub_events.envelope import Actor, Envelope, Labels
from hub_events.report import ReportReceived
from hub_events.stream import MENTION, NARRATIVE, ORIGINAL, REPORT, REPORTER, ROUTE_CHECK, TRIAGE, Stream, stream
from hub_services.log import Draft, Log, Receipt, Write
from hub_services.log.recorder import SQLiteRecorder
from hub_services.vault import Vault

AT: Final = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
MASTER: Final = bytes(range(32))


def new_stream(kind: str) -> Stream:
    """Name a new stream, at random as the hub does."""
    return stream(kind, urlsafe_b64encode(os.urandom(16)).decode().rstrip("="))


def report() -> ReportReceived:
    """A report as it is received: codes, times and the names of its parts, some 400 bytes."""
    return ReportReceived(
        route="INFORMATION_REPORT",
        route_check=new_stream(ROUTE_CHECK),
        source_types=("THIRD_PARTY",),
        provenance="DIRECT",
        reported_at=AT,
        received_at=AT,
        area="MANCHESTER",
        strands=("CSE",),
        original=new_stream(ORIGINAL),
        reporter=new_stream(REPORTER),
        narrative=new_stream(NARRATIVE),
        triage=new_stream(TRIAGE),
        mentions=tuple(new_stream(MENTION) for _ in range(3)),
    )


def envelope() -> Envelope:
    """The envelope of a report, with its labels."""
    return Envelope(
        recorded_at=AT,
        actor=Actor(new_stream("account"), "MANCHESTER_EDUCATION", "REFERRER"),
        purpose="SAFEGUARDING",
        regime="UK_GDPR",
        lawful_basis="UKGDPR_6_1_C_D_E",
        command_id=os.urandom(16),
        labels=Labels(
            owning_agency="GMP",
            team="PROTECT",
            originator="MANCHESTER_EDUCATION",
            restriction="SPECIALIST_SUPERVISOR_ONLY",
            handling_code="C",
            handling_conditions=("SPECIALIST_SUPERVISOR_ONLY",),
            strands=("CSE",),
        ),
    )


def draft() -> Draft:
    """A report for a stream that does not exist yet."""
    return Draft(new_stream(REPORT), 0, (report(),), envelope())


def single_writes(count: int) -> list[Write]:
    """Commands that write one new stream each, with its receipt."""
    return [Write((draft(),), Receipt(os.urandom(16), os.urandom(16), 20_000)) for _ in range(count)]


class Place:
    """A folder with an open log and its vault."""

    def __init__(self, folder: Path) -> None:
        """Make them."""
        folder.mkdir(parents=True)
        self.folder = folder
        self.log_file = folder / "log.sqlite"
        Vault.migrate(folder / "vault.sqlite", MASTER)
        SQLiteRecorder.migrate(self.log_file)
        self.vault = Vault(folder / "vault.sqlite", MASTER)
        self.log = Log(self.log_file, self.vault)

    def close(self) -> None:
        """Close both."""
        self.log.close()
        self.vault.close()
