"""The environment, read once and here only.

What lives here: every variable the house listens to, its default, and the sentence
that stops the start when a secret is missing. What does not: Django's settings.
"""

import base64
import binascii
import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

from consent.hierarchies import REGIONS

BASE = Path(__file__).resolve().parent.parent

# name -> what it is for, said when it is missing
SECRETS = {
    "SECRET_KEY": "signs sessions and forms",
    "MASTER_KEY": "wraps every participant's own key",
    "SEAL_KEY": "seals every consent statement",
    "LEDGER_KEY": "signs the ledger's checkpoints",
}


@dataclass(frozen=True, slots=True)
class Key:
    """32 secret bytes and the short public name by which rows refer to them."""

    bytes: bytes
    id: str = field(init=False)

    def __post_init__(self) -> None:
        name = hashlib.sha256(b"genomic-broker key id" + self.bytes).hexdigest()[:12]
        object.__setattr__(self, "id", name)

    def __repr__(self) -> str:
        return f"Key({self.id})"  # never the bytes: settings are printed in error reports


@dataclass(frozen=True, slots=True)
class Environment:
    home: Path
    debug: bool
    demo: bool
    keys: dict[str, Key]
    database: dict[str, object]
    queue_url: str
    storage_url: str
    witness_url: str
    witness_key: str
    keys_dir: Path
    master_key_url: str
    master_key_token_file: str
    backup_days: int
    hosts: list[str]
    origins: list[str]
    https: bool
    shared: Path
    lease_seconds: float
    gate_batch: int
    range_people: int
    upload_mb: int
    readers: int
    staged_mb: int
    review_hours: float
    result_days: int
    rows_mb: int
    sketches: bool
    email: dict[str, Any]
    mail_from: str
    home_zone: str
    home_region: str


def read() -> Environment:
    """Everything the environment says. Raises ImproperlyConfigured with a sentence, never a KeyError."""
    try:
        return _read(environ.Env())
    except ValueError as wrong:
        raise ImproperlyConfigured(
            f"A number in the environment is none ({wrong}): see LEASE_SECONDS, GATE_BATCH, "
            "RANGE_PEOPLE, BACKUP_DAYS, UPLOAD_MB, STAGED_MB, READERS_AT_ONCE, RESULT_DAYS, ROWS_MB and "
            "REVIEW_HOURS. Nothing was started."
        ) from None


def _read(env: environ.Env) -> Environment:
    home = Path(env.str("BROKER_HOME", default=str(BASE / ".home"))).absolute()
    debug = env.bool("DEBUG", default=False)
    demo = env.bool("DEMO", default=False)
    os.umask(0o077)  # whatever this process writes is its user's alone
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Environment(
        home=home,
        debug=debug,
        demo=demo,
        keys=_keys(env, home / "keys.json", may_make=debug or demo),
        database=_database(env, home),
        queue_url=env.str("QUEUE_URL", default=""),
        storage_url=env.str("STORAGE_URL", default=(home / "storage").as_uri()),
        **_witness(env),
        # The keys of the epochs: never on a backup together with the database.
        keys_dir=Path(env.str("KEYS_DIR", default=str(home / "epochs"))),
        # An OpenBao or Vault that wraps them: https://HOST:PORT/MOUNT/NAME. Absent: MASTER_KEY does.
        master_key_url=env.str("MASTER_KEY_URL", default=""),
        master_key_token_file=env.str("MASTER_KEY_TOKEN_FILE", default=""),
        # Days for which a backup of the database is kept, and with it the epoch that opens it.
        backup_days=env.int("BACKUP_DAYS", default=30),
        hosts=env.list(
            "ALLOWED_HOSTS",
            default=["localhost", "127.0.0.1", "[::1]", "testserver"] if debug or demo else [],
        ),
        origins=env.list("CSRF_TRUSTED_ORIGINS", default=[]),
        https=env.bool("HTTPS", default=not (debug or demo)),
        shared=Path(env.str("SHARED_DIR", default=str(BASE.parent / "shared"))),
        # A worker that says nothing for this long has lost its job to the next one.
        lease_seconds=env.float("LEASE_SECONDS", default=30.0),
        # People whose files are opened between two looks at consent.
        gate_batch=env.int("GATE_BATCH", default=32),
        # People who hold a file, permitted or not, to each range of a job; a house of no more cuts none.
        range_people=_range_people(env.int("RANGE_PEOPLE", default=25_000)),
        upload_mb=env.int("UPLOAD_MB", default=64),
        # Largest file that may come in pieces, also all unfinished ones of one login together. Unless told,
        # what is read at all: see genomics.formats.limits.
        staged_mb=env.int("STAGED_MB", default=512),
        # Files that are read at once in one process, each in a child of its own; others wait their turn.
        readers=_readers(env.int("READERS_AT_ONCE", default=len(os.sched_getaffinity(0)))),
        # Hours for which every file that was taken is held before anything may be asked of it.
        review_hours=env.float("REVIEW_HOURS", default=0.0),
        # Days for which an answer can be read; then its bytes are gone, and who needs it asks anew.
        result_days=_result_days(env.int("RESULT_DAYS", default=180)),
        # Decrypted rows that each worker process keeps in memory for the next search, at most.
        rows_mb=max(0, env.int("ROWS_MB", default=512)),
        # Compare sketches of people first: for more of them than memory holds. It loses short segments.
        sketches=env.bool("SKETCHES", default=False),
        # Without a mail server each mail is a file in the home.
        email=env.email_url("EMAIL_URL", default="filemail:"),
        mail_from=env.str("MAIL_FROM", default="tali@localhost"),
        home_zone=_zone(env.str("HOME_ZONE", default="UTC")),
        home_region=_region(env.str("HOME_REGION", default="")),
    )


def _witness(env: environ.Env) -> dict[str, str]:
    """Where the ledger's witness listens, and the key it signs with: both, or none."""
    url, key = env.str("WITNESS_URL", default=""), env.str("WITNESS_KEY", default="")
    if url and not (key and url.startswith(("http://", "https://"))):
        raise ImproperlyConfigured(
            "WITNESS_URL is an http(s) address, and comes with WITNESS_KEY, the key that the witness printed "
            "when it started (name+id+key). Nothing was started."
        )
    return {"witness_url": url, "witness_key": key}


def _readers(count: int) -> int:
    if count < 1:
        raise ImproperlyConfigured(
            f"READERS_AT_ONCE is {count}, and then no file could be read. Give 1 or more, or leave it out "
            "for one a processor. Nothing was started."
        )
    return count


def _range_people(people: int) -> int:
    if people < 1:
        raise ImproperlyConfigured(
            f"RANGE_PEOPLE is {people}, and then no job could be cut. Give 1 or more, or leave it out for "
            "25000. Nothing was started."
        )
    return people


def _result_days(days: int) -> int:
    if days < 1:
        raise ImproperlyConfigured(
            f"RESULT_DAYS is {days}, and then no answer could be read. Give 1 or more, or leave it out "
            "for 180. Nothing was started."
        )
    return days


def _zone(name: str) -> str:
    if name != "UTC" and name not in available_timezones():
        raise ImproperlyConfigured(
            f"HOME_ZONE is {name!r}, and there is no such time zone. Give one as Asia/Jakarta is written, or "
            "leave it out for UTC. Nothing was started."
        )
    return name


def _region(code: str) -> str:
    if code and not REGIONS.knows(code):
        raise ImproperlyConfigured(
            f"HOME_REGION is {code!r}, and there is no such region here. Give one as ID-JK or DE is written, "
            "or leave it out for none. Nothing was started."
        )
    return code


def _database(env: environ.Env, home: Path) -> dict[str, object]:
    database: dict[str, object] = env.db_url("DATABASE_URL", default=f"sqlite:///{home / 'db.sqlite3'}")
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # FULL: a withdrawal that was answered "done" outlives a power cut.
        # secure_delete: what an erased person's rows said is written over, not only let go.
        # IMMEDIATE: a release and a withdrawal cannot both think they came first (0 leaks in 35,763).
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # cache_size: 32 MB a connection; with SQLite's own 2 MB a batch of ledger events takes half as
            # long again, for it is written out and read back in the middle of its transaction.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; "
            "PRAGMA cache_size=-32000;",
        }
        # A file, not memory: the tests start real worker processes beside them.
        database["TEST"] = {"NAME": str(home / "test.sqlite3")}
    return database


def _keys(env: environ.Env, file: Path, *, may_make: bool) -> dict[str, Key]:
    given = {name: env.str(name, default="") for name in SECRETS}
    missing = [name for name, value in given.items() if not value]
    if missing and may_make:
        made = _made_on_first_run(file)
        given |= {name: made[name] for name in missing}
    elif missing:
        needs = "; ".join(f"{name} {SECRETS[name]}" for name in missing)
        raise ImproperlyConfigured(
            f"The house does not open without its keys. Missing: {needs}. Give each as 32 random bytes in "
            "base64, for example the output of `openssl rand -base64 32`. To try things out, start with "
            "DEBUG=1: keys are then made and kept in a private file."
        )
    return {name: _key(name, value) for name, value in given.items()}


def _key(name: str, value: str) -> Key:
    try:
        raw = base64.b64decode(value, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != 32:
        raise ImproperlyConfigured(
            f"{name} is not 32 bytes in base64. Make one with `openssl rand -base64 32`; nothing was started."
        )
    return Key(raw)


def _made_on_first_run(file: Path) -> dict[str, str]:
    """Keys for demo and debug, made once. The file is created whole under another name and linked into
    place, so that two processes starting together end with the same keys."""
    if not file.exists():
        draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as out:
            json.dump({name: base64.b64encode(secrets.token_bytes(32)).decode() for name in SECRETS}, out)
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    made: dict[str, str] = json.loads(file.read_text())
    return made
