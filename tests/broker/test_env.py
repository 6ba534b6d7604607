"""How the house starts: with its keys, or with a sentence."""

import base64
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from broker import env
from tests.house.plan import ROOT

KEY = base64.b64encode(bytes(range(32))).decode()
PRODUCTION = {
    **dict.fromkeys(env.SECRETS, KEY),
    "ALLOWED_HOSTS": "broker.example",
    "CSRF_TRUSTED_ORIGINS": "https://broker.example",
}


def manage(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k not in {*PRODUCTION, "DEBUG", "DEMO", "DATABASE_URL"}}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean | {"BROKER_HOME": str(home)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_its_keys_it_stops_with_a_sentence(tmp_path):
    stopped = manage("check", home=tmp_path)
    assert stopped.returncode == 1
    assert "does not open without its keys" in stopped.stderr
    assert all(name in stopped.stderr for name in env.SECRETS)
    assert "Traceback" not in stopped.stderr
    assert not (tmp_path / "keys.json").exists()


def test_a_single_missing_key_is_named_alone(tmp_path):
    variables = {name: value for name, value in PRODUCTION.items() if name != "SEAL_KEY"}
    stopped = manage("check", home=tmp_path, **variables)
    assert "SEAL_KEY seals every consent statement" in stopped.stderr
    assert "MASTER_KEY wraps" not in stopped.stderr


def test_production_settings_pass_djangos_deployment_check(tmp_path):
    checked = manage("check", "--deploy", "--fail-level", "WARNING", home=tmp_path, **PRODUCTION)
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize("bad", ["short", base64.b64encode(b"k" * 31).decode(), "not base64 !"])
def test_a_key_that_is_none_is_told(bad, monkeypatch, tmp_path):
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MASTER_KEY", bad)
    monkeypatch.setenv("BROKER_HOME", str(tmp_path))
    with pytest.raises(ImproperlyConfigured, match="MASTER_KEY is not 32 bytes"):
        env.read()


def test_keys_of_a_demo_are_made_once_and_are_private(monkeypatch, tmp_path):
    file = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as crowd:
        made = list(crowd.map(lambda _: env._made_on_first_run(file), range(16)))
    assert made == [json.loads(file.read_text())] * 16
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_a_key_does_not_show_itself(monkeypatch, tmp_path):
    key = env.Key(b"secret secret secret secret 1234")
    assert "secret" not in repr(key)
    assert "secret" not in f"{key}"


def test_a_database_and_a_queue_are_switched_by_their_urls_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("DEBUG", "1")
    monkeypatch.setenv("BROKER_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("QUEUE_URL", raising=False)
    embedded = env.read()
    assert embedded.database["ENGINE"] == "django.db.backends.sqlite3"
    assert embedded.database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert embedded.queue_url == ""
    monkeypatch.setenv("DATABASE_URL", "postgres://u@h/d")
    monkeypatch.setenv("QUEUE_URL", "amqp://h//")
    served = env.read()
    assert served.database["ENGINE"] == "django.db.backends.postgresql"
    assert served.queue_url == "amqp://h//"


def test_the_demo_touches_no_folder_that_is_not_its_own(tmp_path):
    (tmp_path / "letters").write_text("mine")
    refused = manage("demo", "--folder", str(tmp_path), home=tmp_path)
    assert refused.returncode == 1
    assert "neither empty nor an earlier demo's" in refused.stderr
    assert (tmp_path / "letters").read_text() == "mine"


def test_a_zone_that_is_none_is_told(tmp_path):
    stopped = manage("check", home=tmp_path, HOME_ZONE="Mars/Olympus", **PRODUCTION)
    assert stopped.returncode == 1
    assert "HOME_ZONE is 'Mars/Olympus', and there is no such time zone" in stopped.stderr


def test_a_region_that_is_none_is_told(tmp_path):
    stopped = manage("check", home=tmp_path, HOME_REGION="Atlantis", **PRODUCTION)
    assert stopped.returncode == 1
    assert "HOME_REGION is 'Atlantis', and there is no such region here" in stopped.stderr


def test_a_house_that_could_read_no_file_is_told(tmp_path):
    stopped = manage("check", home=tmp_path, READERS_AT_ONCE="0", **PRODUCTION)
    assert stopped.returncode == 1
    assert "READERS_AT_ONCE is 0, and then no file could be read" in stopped.stderr
