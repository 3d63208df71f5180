"""Every operation of the API: the table of contents of this folder."""

from __future__ import annotations

from hub_services.http import (
    accounts,
    case_views,
    cases,
    feedback,
    flags,
    inbox,
    mentions,
    reference,
    report_parts,
    report_views,
    reports,
    route_checks,
    timelines,
    triage,
)
from hub_services.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *reference.OPERATIONS,
    *accounts.OPERATIONS,
    *route_checks.OPERATIONS,
    *reports.OPERATIONS,
    *report_parts.OPERATIONS,
    *report_views.OPERATIONS,
    *mentions.OPERATIONS,
    *triage.OPERATIONS,
    *feedback.OPERATIONS,
    *cases.OPERATIONS,
    *case_views.OPERATIONS,
    *flags.OPERATIONS,
    *timelines.OPERATIONS,
    *inbox.OPERATIONS,
)
