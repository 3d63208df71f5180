"""The log: sealed events in SQLite behind the `eventsourcing` library's recorder and mapper, and nothing else."""

from hub_services.log.mapper import Draft
from hub_services.log.store import Appended, Log, Receipt, Write

__all__ = ["Appended", "Draft", "Log", "Receipt", "Write"]
