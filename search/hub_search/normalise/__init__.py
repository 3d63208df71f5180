"""Normalisation: from words as said to the one form under which a thing is found again; one module for each kind."""

from hub_search.normalise.phone import Equipment, Phone, normalise_equipment, normalise_phone
from hub_search.normalise.vehicle import Plate, confusable_skeleton, normalise_plate

__all__ = [
    "Equipment",
    "Phone",
    "Plate",
    "confusable_skeleton",
    "normalise_equipment",
    "normalise_phone",
    "normalise_plate",
]
