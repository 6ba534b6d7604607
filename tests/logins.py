"""The walls of the database in tests: put up by the command, with the real logins of each process.

Only PostgreSQL has them. `walls.login("worker")` closes the connection of this process and opens it as that
login; afterwards it is the tests' own again.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import Any, TypeVar

import pytest
from django.core.management import call_command
from django.db import connection

from broker.walls.building import Names
from broker.walls.tables import POLICED, Login

T = TypeVar("T")


@dataclass(frozen=True)
class Walls:
    """The roles of this test database, and the passwords of the logins."""

    names: Names
    passwords: dict[Login, str]

    @classmethod
    def put_up(cls) -> "Walls":
        # Roles belong to the whole server: each test database has its own.
        walls = cls(Names(f"t{secrets.token_hex(4)}"), {login: secrets.token_hex(8) for login in Login})
        walls.again()
        return walls

    def again(self) -> str:
        """Run the command; what it says."""
        given = {f"DATABASE_PASSWORD_{login.upper()}": word for login, word in self.passwords.items()}
        said = StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in given.items():
                patch.setitem(os.environ, name, value)
            call_command("database_roles", prefix=self.names.prefix, stdout=said)
        return said.getvalue()

    def take_down(self) -> None:
        roles = f"{self.names.logins}, {self.names.claims}"
        with connection.cursor() as cursor:
            for table in POLICED:
                cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
                cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            owner = self.names.owner
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [owner.strip('"')])
            if cursor.fetchone():
                cursor.execute(f"REASSIGN OWNED BY {owner}, {self.names.claims} TO CURRENT_USER")
                roles += f", {owner}"
            cursor.execute(f"DROP OWNED BY {roles}")
            cursor.execute(f"DROP ROLE {roles}")

    def role(self, login: Login) -> str:
        return self.names.of(login).strip('"')

    def url(self, name: str) -> str:
        """The test database, as a process with this login names it."""
        facts, login = connection.settings_dict, Login(name)
        place = f"{facts['HOST']}:{facts['PORT'] or 5432}/{facts['NAME']}"
        return f"postgres://{self.role(login)}:{self.passwords[login]}@{place}"

    @contextmanager
    def login(self, name: str) -> Iterator[Any]:
        """Everything in here is done over a connection that logged in as this process's role."""
        login, before = Login(name), dict(connection.settings_dict)
        connection.close()
        connection.settings_dict |= {"USER": self.role(login), "PASSWORD": self.passwords[login]}
        try:
            yield connection
        finally:
            connection.close()
            connection.settings_dict |= before

    @contextmanager
    def standing(self, name: str) -> Iterator[Callable[[Callable[[], T]], T]]:
        """A second connection, that of this login, which stays while this process keeps its own: what it is
        given is done over it."""
        mine = {"USER": self.role(Login(name)), "PASSWORD": self.passwords[Login(name)]}

        def logged_in() -> None:
            connection.settings_dict = dict(connection.settings_dict) | mine

        with ThreadPoolExecutor(1, initializer=logged_in) as beside:
            try:
                yield lambda act: beside.submit(act).result(timeout=60)
            finally:
                beside.submit(lambda: connection.close()).result(timeout=60)  # its own: one a thread

    def beside(self, name: str, act: Callable[[], object]) -> None:
        """Do it once over another connection, that of this login."""
        with self.standing(name) as do:
            do(act)


@pytest.fixture(scope="module")
def walls_if_any(django_db_setup: None, django_db_blocker: Any) -> Iterator[Walls | None]:
    """The walls of this test database, for a module of tests that keep transactions of their own; None where
    there are no walls to have."""
    with django_db_blocker.unblock():
        if connection.vendor != "postgresql":
            yield None
            return
        walls = Walls.put_up()
        yield walls
        walls.take_down()


@pytest.fixture(scope="module")
def walls(walls_if_any: Walls | None) -> Walls:
    if walls_if_any is None:
        pytest.skip("only postgresql has logins and row-level security")
    return walls_if_any
