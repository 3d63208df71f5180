"""Every operation of the API: the table of contents of this folder."""

from __future__ import annotations

from hub_services.http import (
    accounts,
    case_views,
    cases,
    feedback,
    flags,
    inbox,
    reference,
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
    *report_views.OPERATIONS,
    *triage.OPERATIONS,
    *feedback.OPERATIONS,
    *cases.OPERATIONS,
    *case_views.OPERATIONS,
    *flags.OPERATIONS,
    *timelines.OPERATIONS,
    *inbox.OPERATIONS,
)
