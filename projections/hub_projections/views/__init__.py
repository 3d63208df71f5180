"""The views, one file each; the list below is their table of contents."""

from hub_projections.view import View
from hub_projections.views.labels import LabelsView
from hub_projections.views.moments import MomentsView


def all_views() -> tuple[View, ...]:
    """Every view of the hub; labels first, because every other view is read through them."""
    return (LabelsView(), MomentsView())
