"""What this process's own login into the database is, and whether the walls stand. Asks, changes nothing.

In production no process but the operator's migrations works as somebody whom no wall stops: the site, the
worker and the sequencer refuse to start then (require), and the doctor says so (faults).
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from broker.walls.policies import POLICIES
from broker.walls.tables import POLICED, TABLES, VERBS, Login

PUT_UP = "Run `manage.py database_roles` as the owner of the tables."


def require(*logins: Login) -> None:
    """Raise ImproperlyConfigured where a real house on PostgreSQL would run this process past the walls: it
    has to have logged in as one of these."""
    if not settings.WALLS_REQUIRED:
        return
    found = [next(faults(login), None) for login in logins]
    if None not in found:
        raise ImproperlyConfigured(
            f"{found[0]} This {logins[0]} process was not started, and nothing was changed. Give it a "
            "DATABASE_URL with the login that `manage.py database_roles` makes for it."
        )


def faults(login: Login | None = None) -> Iterator[str]:
    """A sentence for everything that is not as the walls need it; for a login, also what it may do beyond
    the table of rights. Nothing where there are no walls to have."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        yield from _unbound(cursor)
        yield from _unwalled(cursor)
        if login is not None:
            yield from _beyond(cursor, login)


def sees_every_key() -> bool:
    """Whether what this login is shown of keys is all there are: it is the keeper's, or no wall stops it."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT row_security_active('genomics_participantkey') OR EXISTS (SELECT 1 FROM pg_policies "
            "WHERE schemaname = 'public' AND tablename = 'genomics_participantkey' "
            "AND policyname = %s AND session_user = ANY (roles))",
            [f"{Login.KEEPER}_all"],
        )
        return bool(cursor.fetchone()[0])


def _unbound(cursor: Any) -> Iterator[str]:
    cursor.execute(
        "SELECT rolname, rolsuper, rolbypassrls, EXISTS (SELECT 1 FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = 'public'::regnamespace AND pg_has_role(session_user, relowner, 'MEMBER')) "
        "FROM pg_roles WHERE rolname = session_user"
    )
    name, is_super, bypasses, owns = cursor.fetchone()
    if is_super or bypasses:
        yield f"The database login {name} is stopped by no row-level security."
    elif owns:
        yield f"The database login {name} owns the tables, and who owns them can take every wall down."


def _unwalled(cursor: Any) -> Iterator[str]:
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
        "AND relrowsecurity AND relforcerowsecurity"
    )
    open_ = sorted(POLICED - {name for (name,) in cursor.fetchall()})
    if open_:
        yield f"{', '.join(open_)}: row-level security is not forced there. {PUT_UP}"
        return
    cursor.execute("SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'")
    standing = {row for row in cursor.fetchall() if row[1] != "claims_all"}
    ours = {(one.table, one.name) for one in POLICIES}
    if standing != ours:
        odd = sorted({table for table, _ in standing ^ ours})
        yield f"The policies on {', '.join(odd)} are not those of this version. {PUT_UP}"


def _beyond(cursor: Any, login: Login) -> Iterator[str]:
    cursor.execute(
        "SELECT relname, verb FROM pg_class, unnest(%s::text[]) AS verb WHERE relkind = 'r' "
        "AND relnamespace = 'public'::regnamespace AND has_table_privilege(session_user, oid, verb)",
        [[*VERBS.values(), "TRUNCATE"]],
    )
    may = {
        (table, VERBS[letter])
        for table, rights in TABLES.items()
        for letter in rights.of(login)
        if (login, letter) not in rights.only  # a right on columns is none on the table
    }
    beyond = sorted(set(cursor.fetchall()) - may)
    if beyond:
        told = ", ".join(f"{verb} on {table}" for table, verb in beyond[:3])
        yield f"This login may do more than a {login} needs ({told}). {PUT_UP}"
