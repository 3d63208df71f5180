"""The views, one file each; the list below is their table of contents."""

from hub_projections.view import View
from hub_projections.views.accounts import AccountsView
from hub_projections.views.cases import CasesView
from hub_projections.views.deadlines import DeadlinesView
from hub_projections.views.flags import FlagsView
from hub_projections.views.inbox import InboxView
from hub_projections.views.labels import LabelsView
from hub_projections.views.moments import MomentsView
from hub_projections.views.queue import QueueView
from hub_projections.views.reports import ReportsView
from hub_projections.views.timeline import TimelineView


def all_views() -> tuple[View, ...]:
    """Every view of the hub; labels first, because every other view is read through them."""
    return (
        LabelsView(),
        MomentsView(),
        TimelineView(),
        DeadlinesView(),
        QueueView(),
        ReportsView(),
        CasesView(),
        FlagsView(),
        InboxView(),
        AccountsView(),
    )
