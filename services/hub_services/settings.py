"""Every setting of the hub, read from the environment once, and refused at start when it would lose or leak data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub_services.refusal import UnsafeSettingError
from hub_services.sqlite import check_version

DEMONSTRATION: Final = "demonstration"
REAL: Final = "real"
DEFAULT_FOLDER: Final = Path("var/demo")
HIGHEST_PORT: Final = 65_535


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where a hub keeps its data and how it is served."""

    folder: Path
    """The data folder: log, vault and views (`HUB_DATA`)."""
    master_key_file: Path
    """The master key, 64 hexadecimal digits, outside the data folder (`HUB_MASTER_KEY_FILE`)."""
    profile: str
    """`real`, or `demonstration` for a folder that is marked for life as one (`HUB_PROFILE`)."""
    host: str = "127.0.0.1"
    """The address to serve on (`HUB_HOST`)."""
    port: int = 8000
    """The port to serve on (`HUB_PORT`)."""
    synchronous: str = "FULL"
    """How SQLite syncs the log: FULL or EXTRA (`HUB_SYNCHRONOUS`)."""
    journal_mode: str = "WAL"
    """SQLite's journal mode: WAL (`HUB_JOURNAL_MODE`)."""

    @property
    def log_file(self) -> Path:
        """The log."""
        return self.folder / "log.sqlite"

    @property
    def vault_file(self) -> Path:
        """The vault."""
        return self.folder / "vault.sqlite"

    @property
    def views_file(self) -> Path:
        """The views; disposable."""
        return self.folder / "views.sqlite"

    @property
    def clock_file(self) -> Path:
        """The clock of a demonstration."""
        return self.folder / "demonstration-clock"

    @property
    def mark_file(self) -> Path:
        """The mark that a folder is a demonstration for life."""
        return self.folder / "demonstration"

    @property
    def lock_file(self) -> Path:
        """The lock of the process that runs followers, reactions and the timekeeper."""
        return self.folder / "lock"


def read(environment: Mapping[str, str]) -> Settings:
    """Read the settings; without `HUB_DATA` they are those of the demonstration in `var/demo`.

    Raises:
        UnsafeSettingError: a setting would lose or leak data.
    """
    folder = Path(environment.get("HUB_DATA") or DEFAULT_FOLDER).absolute()
    profile = environment.get("HUB_PROFILE") or (REAL if environment.get("HUB_DATA") else DEMONSTRATION)
    if profile not in {REAL, DEMONSTRATION}:
        raise UnsafeSettingError(f"HUB_PROFILE={profile} is neither {REAL} nor {DEMONSTRATION}.")
    named = environment.get("HUB_MASTER_KEY_FILE")
    if not named and profile == REAL:
        raise UnsafeSettingError(
            "HUB_MASTER_KEY_FILE is not set; name the file that holds the master key, outside the data folder.",
        )
    port = environment.get("HUB_PORT") or "8000"
    if not (port.isascii() and port.isdecimal() and int(port) <= HIGHEST_PORT):
        raise UnsafeSettingError(f"HUB_PORT={port} is not a port; give a number up to {HIGHEST_PORT}.")
    settings = Settings(
        folder=folder,
        master_key_file=Path(named).absolute() if named else folder / "master.key",
        profile=profile,
        host=environment.get("HUB_HOST") or "127.0.0.1",
        port=int(port),
        synchronous=environment.get("HUB_SYNCHRONOUS") or "FULL",
        journal_mode=environment.get("HUB_JOURNAL_MODE") or "WAL",
    )
    check(settings, environment)
    return settings


def check(settings: Settings, environment: Mapping[str, str]) -> None:
    """Refuse what would lose or leak data (proofs.md R4).

    Raises:
        UnsafeSettingError: with a sentence that says what to change.
    """
    check_version()
    if environment.get("POSTGRES_ENABLE_DB_FUNCTIONS", "").lower() in {"y", "yes", "t", "true", "on", "1"}:
        raise UnsafeSettingError(
            "POSTGRES_ENABLE_DB_FUNCTIONS makes followers miss committed events without a word; unset it.",
        )
    if settings.synchronous.upper() not in {"FULL", "EXTRA"}:
        raise UnsafeSettingError(
            f"HUB_SYNCHRONOUS={settings.synchronous} loses acknowledged reports when the power fails; "
            "set it to FULL or remove it.",
        )
    if settings.journal_mode.upper() != "WAL":
        raise UnsafeSettingError(
            f"HUB_JOURNAL_MODE={settings.journal_mode} is not safe beside concurrent readers; "
            "set it to WAL or remove it.",
        )
    if settings.log_file.exists() and not settings.vault_file.exists():
        raise UnsafeSettingError(
            f"{settings.folder} holds a log without its vault, so nothing in it could ever be read; "
            "bring the vault back from its backup.",
        )
    if settings.profile == REAL:
        _check_real(settings)
    elif settings.log_file.exists() and not settings.mark_file.exists():
        raise UnsafeSettingError(
            f"{settings.folder} holds a real hub; it cannot be opened as a demonstration.",
        )


def _check_real(settings: Settings) -> None:
    if settings.mark_file.exists():
        raise UnsafeSettingError(
            f"{settings.folder} was made by `hub demo` and is a demonstration for life; "
            "set HUB_DATA to a folder of its own.",
        )
    if settings.master_key_file.resolve().is_relative_to(settings.folder.resolve()):
        raise UnsafeSettingError(
            "HUB_MASTER_KEY_FILE lies inside the data folder, so whoever copies the folder can read everything; "
            "move it to a place of its own.",
        )
