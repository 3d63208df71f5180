"""Settings that would lose or leak data are refused at start, each with a sentence that says what to change (R4)."""

from pathlib import Path

import pytest

from hub_services import hub as hubs
from hub_services import sqlite
from hub_services.refusal import UnsafeSettingError
from hub_services.settings import DEMONSTRATION, REAL, Settings, check, read
from hub_services.vault import Vault

MASTER = bytes(range(32))


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "keys" / "master.key"
    file.parent.mkdir()
    file.write_text(MASTER.hex(), encoding="ascii")
    return file


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "data"
    found.mkdir()
    return found


@pytest.fixture
def environment(folder, key):
    return {"HUB_DATA": str(folder), "HUB_MASTER_KEY_FILE": str(key)}


def test_a_real_hub_is_read_from_the_environment(environment, folder, key):
    settings = read({**environment, "HUB_HOST": "::1", "HUB_PORT": "9", "HUB_SYNCHRONOUS": "extra"})
    assert settings == Settings(
        folder=folder,
        master_key_file=key,
        profile=REAL,
        host="::1",
        port=9,
        synchronous="extra",
    )
    files = (settings.log_file, settings.vault_file, settings.views_file, settings.lock_file, settings.clock_file)
    assert len({*files, settings.mark_file}) == 6
    assert {file.parent for file in files} == {folder}


def test_without_a_data_folder_the_settings_are_those_of_the_demonstration(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = read({})
    assert settings.profile == DEMONSTRATION
    assert settings.folder == tmp_path / "var/demo"
    assert settings.master_key_file == settings.folder / "master.key"
    assert (settings.host, settings.port, settings.synchronous, settings.journal_mode) == (
        "127.0.0.1",
        8000,
        "FULL",
        "WAL",
    )


def test_empty_values_count_as_not_set(environment):
    settings = read({**environment, "HUB_PORT": "", "HUB_SYNCHRONOUS": "", "HUB_JOURNAL_MODE": "", "HUB_PROFILE": ""})
    assert (settings.port, settings.synchronous, settings.journal_mode, settings.profile) == (8000, "FULL", "WAL", REAL)


UNSAFE = {
    "synchronous-normal": (
        {"HUB_SYNCHRONOUS": "NORMAL"},
        "=NORMAL loses acknowledged .* set it to FULL",
    ),
    "synchronous-off": ({"HUB_SYNCHRONOUS": "off"}, "HUB_SYNCHRONOUS=off loses acknowledged reports"),
    "journal-delete": ({"HUB_JOURNAL_MODE": "DELETE"}, "HUB_JOURNAL_MODE=DELETE is not safe .* set it to WAL"),
    "journal-off": ({"HUB_JOURNAL_MODE": "OFF"}, "HUB_JOURNAL_MODE=OFF is not safe"),
    "profile": ({"HUB_PROFILE": "production"}, "HUB_PROFILE=production is neither real nor demonstration"),
    "key-not-named": ({"HUB_MASTER_KEY_FILE": ""}, "HUB_MASTER_KEY_FILE is not set; name the file"),
    "port-word": ({"HUB_PORT": "http"}, "HUB_PORT=http is not a port"),
    "port-high": ({"HUB_PORT": "65536"}, "HUB_PORT=65536 is not a port"),
    "port-foreign": ({"HUB_PORT": "٣"}, "is not a port"),
}


@pytest.mark.parametrize(("changes", "sentence"), UNSAFE.values(), ids=UNSAFE)
def test_an_unsafe_setting_is_refused_with_its_sentence(environment, changes, sentence):
    with pytest.raises(UnsafeSettingError, match=sentence):
        read({**environment, **changes})


@pytest.mark.parametrize("value", ["y", "Yes", "t", "TRUE", "on", "1"])
def test_the_library_s_setting_that_loses_events_is_refused(environment, value):
    with pytest.raises(UnsafeSettingError, match=r"POSTGRES_ENABLE_DB_FUNCTIONS makes followers miss .* unset it"):
        read({**environment, "POSTGRES_ENABLE_DB_FUNCTIONS": value})


@pytest.mark.parametrize("value", ["", "n", "0", "false"])
def test_the_library_s_setting_may_be_off(environment, value):
    assert read({**environment, "POSTGRES_ENABLE_DB_FUNCTIONS": value}).profile == REAL


def test_an_old_sqlite_is_refused(environment, monkeypatch):
    monkeypatch.setattr(sqlite.check_version, "__defaults__", ((3, 51, 2),))
    with pytest.raises(UnsafeSettingError, match=r"SQLite 3\.51\.2 can corrupt its log .* install the .* wheel"):
        read(environment)


@pytest.mark.parametrize("place", ["master.key", "deep/down/master.key"])
def test_a_real_hub_s_key_inside_its_data_folder_is_refused(environment, folder, place):
    with pytest.raises(UnsafeSettingError, match=r"lies inside the data folder.* move it"):
        read({**environment, "HUB_MASTER_KEY_FILE": str(folder / place)})


def test_a_link_does_not_hide_that_the_key_lies_inside(environment, folder, tmp_path):
    inside = folder / "master.key"
    inside.write_text(MASTER.hex(), encoding="ascii")
    (tmp_path / "link.key").symlink_to(inside)
    with pytest.raises(UnsafeSettingError, match="lies inside the data folder"):
        read({**environment, "HUB_MASTER_KEY_FILE": str(tmp_path / "link.key")})
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(UnsafeSettingError, match="lies inside the data folder"):
        read({**environment, "HUB_DATA": str(tmp_path / "link"), "HUB_MASTER_KEY_FILE": str(inside)})


def test_a_demonstration_is_never_served_as_a_real_hub(environment, folder):
    (folder / "demonstration").touch()
    with pytest.raises(UnsafeSettingError, match="is a demonstration for life; set HUB_DATA to a folder of its own"):
        read(environment)


def made(folder, key, profile=REAL):
    settings = Settings(folder=folder, master_key_file=key, profile=profile)
    hubs.migrate(settings)
    return settings


def test_a_real_hub_is_never_opened_as_a_demonstration(environment, folder, key):
    made(folder, key)
    with pytest.raises(UnsafeSettingError, match="holds a real hub; it cannot be opened as a demonstration"):
        read({**environment, "HUB_PROFILE": DEMONSTRATION})
    assert read(environment).profile == REAL


def test_a_demonstration_s_folder_is_marked_for_life_and_may_be_read_again(environment, folder, key):
    made(folder, key, DEMONSTRATION)
    assert read({**environment, "HUB_PROFILE": DEMONSTRATION}).mark_file.exists()
    with pytest.raises(UnsafeSettingError, match="a demonstration for life"):
        read(environment)


def test_a_log_without_its_vault_is_refused_before_a_new_vault_is_made_for_it(environment, folder, key):
    settings = made(folder, key)
    settings.vault_file.unlink()
    with pytest.raises(UnsafeSettingError, match=r"holds a log without its vault.* bring the vault back"):
        read(environment)


def test_a_missing_hub_is_refused_with_the_command_that_makes_one(environment):
    with pytest.raises(UnsafeSettingError, match=r"There is no log.sqlite in .*; `hub migrate` makes it"):
        hubs.Hub(read(environment))


def test_a_missing_master_key_is_refused_with_the_command_that_makes_one(environment, folder, key):
    made(folder, key)
    key.unlink()
    with pytest.raises(UnsafeSettingError, match=r"HUB_MASTER_KEY_FILE cannot be read .* make one with `hub key FILE`"):
        hubs.Hub(read(environment))


def test_another_hub_s_master_key_is_refused(environment, folder, key):
    made(folder, key)
    key.write_text("11" * 32, encoding="ascii")
    with pytest.raises(UnsafeSettingError, match="a key this data folder was not made with"):
        hubs.Hub(read(environment))


def test_a_missing_vault_is_refused_when_the_hub_is_opened(folder, key):
    settings = made(folder, key)
    settings.vault_file.unlink()
    with pytest.raises(UnsafeSettingError, match="There is no vault"):
        hubs.Hub(settings)


def test_unsafe_settings_are_refused_by_whoever_opens_the_log_as_well(folder, key):
    settings = made(folder, key)
    for changes in ({"synchronous": "NORMAL"}, {"journal_mode": "DELETE"}):
        unsafe = Settings(folder=folder, master_key_file=key, profile=REAL, **changes)
        with pytest.raises(UnsafeSettingError):
            hubs.Hub(unsafe)
        with pytest.raises(UnsafeSettingError):
            check(unsafe, {})
    Vault(settings.vault_file, MASTER).close()


def test_paths_are_absolute_whatever_the_working_folder_becomes(tmp_path, monkeypatch, key):
    monkeypatch.chdir(tmp_path)
    settings = read({"HUB_DATA": "data", "HUB_MASTER_KEY_FILE": "keys/master.key"})
    assert settings.folder == tmp_path / "data"
    assert settings.master_key_file == Path(tmp_path / "keys/master.key")
