"""Putting up the walls: roles, grants, policies, as SQL statements that can be run again at any time.

    for one in building.up(Names.of("tali"), owner=..., tables=...): cursor.execute(one)

It is given names and gives text; passwords are no part of it. `manage.py database_roles` runs it. The owner
has no policy, and row_security is off for it: a migration that would see no rows ends with an error, and
`database_roles --down` opens the walls for it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from broker.walls.lease_functions import ALL, SCHEMA
from broker.walls.policies import POLICIES
from broker.walls.tables import FUNCTIONS, NOBODYS, POLICED, TABLES, VERBS, Login

LEDGER_IDS = "consent_ledgerevent_id_seq"  # many ids are drawn from it at once (consent.ledger.batches)

# What the functions of leases may: they belong to a role of their own that nobody can log in as.
CLAIMS = {
    "broker_job": "SELECT, UPDATE",
    "broker_jobrange": "SELECT, UPDATE",
    "broker_upload": "SELECT, UPDATE",
    **dict.fromkeys(
        (
            "broker_query",
            "broker_accessrequest",
            "broker_case",
            "genomics_slabmember",
            "genomics_genomicfile",
            "genomics_evidenceprofile",
        ),
        "SELECT",
    ),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the roles of one house are called in the database: several houses can share a server."""

    prefix: str

    def of(self, login: Login) -> str:
        return f'"{self.prefix}_{login}"'

    @property
    def owner(self) -> str:
        return f'"{self.prefix}_owner"'

    @property
    def claims(self) -> str:
        return f'"{self.prefix}_claims"'

    @property
    def logins(self) -> str:
        return ", ".join(self.of(login) for login in Login)


def bare(role: str) -> str:
    return role.strip('"')


def up(names: Names, *, database: str, owner: str, tables: Collection[str]) -> Iterator[str]:
    """All of it, in order. `owner` is the quoted role that owns the tables, or shall."""
    yield from _roles(names, owner)
    yield f'ALTER DATABASE "{database}" OWNER TO {owner}'
    yield f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC'
    yield f'GRANT CONNECT ON DATABASE "{database}" TO {names.logins}, {owner}'
    yield from ALL
    yield from _handed_over(names, owner, tables)
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    yield f"GRANT USAGE ON SCHEMA public TO {names.logins}, {names.claims}"
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {names.logins}"
    yield from _grants(names, tables)
    for table in sorted(POLICED):
        yield from _cleared(table)
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        if table in CLAIMS:
            yield f"CREATE POLICY claims_all ON {table} TO {names.claims} USING (true) WITH CHECK (true)"
    for policy in POLICIES:
        yield policy.sql(names.of(policy.login))


def down() -> Iterator[str]:
    """Open the walls to the owner, for a migration that has to read what lies behind them. The logins keep
    their policies: nobody else sees more than before."""
    for table in sorted(POLICED):
        yield f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"


def _roles(names: Names, owner: str) -> Iterator[str]:
    may_not = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION"
    for role, may in (
        *((names.of(login), f"LOGIN {may_not}") for login in Login),
        (names.claims, f"NOLOGIN {may_not}"),
        *([(names.owner, "LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE")] if owner == names.owner else []),
    ):
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{bare(role)}') "
            f"THEN CREATE ROLE {role} {may}; END IF; END $$"
        )
    member = f"pg_has_role('{bare(owner)}', '{bare(names.claims)}', 'MEMBER')"
    yield f"DO $$ BEGIN IF NOT {member} THEN GRANT {names.claims} TO {owner}; END IF; END $$"
    yield f"ALTER ROLE {owner} SET row_security = off"
    for login in Login:
        # A worker that stands still in a transaction would keep a withdrawal waiting.
        yield f"ALTER ROLE {names.of(login)} SET idle_in_transaction_session_timeout = '30s'"


def _handed_over(names: Names, owner: str, tables: Collection[str]) -> Iterator[str]:
    yield f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}"
    yield f"ALTER SCHEMA {SCHEMA} OWNER TO {owner}"
    yield f"GRANT USAGE, CREATE ON SCHEMA {SCHEMA} TO {names.claims}"
    for table in sorted(tables):
        yield f'ALTER TABLE "{table}" OWNER TO {owner}'
    yield f"ALTER TABLE {SCHEMA}.lease OWNER TO {names.claims}"
    for schema, heir in (("public", owner), (SCHEMA, names.claims)):
        yield (
            "DO $$ DECLARE one regprocedure; BEGIN FOR one IN SELECT p.oid FROM pg_proc p "
            f"WHERE p.pronamespace = '{schema}'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_depend d "
            "WHERE d.objid = p.oid AND d.deptype = 'e') "
            f"LOOP EXECUTE format('ALTER FUNCTION %s OWNER TO {heir}', one); END LOOP; END $$"
        )


def _grants(names: Names, tables: Collection[str]) -> Iterator[str]:
    for table in sorted(tables):
        yield f'REVOKE ALL ON "{table}" FROM PUBLIC, {names.logins}, {names.claims}'
        rights = TABLES.get(table, NOBODYS)
        for login in Login:
            for letter in rights.of(login):
                columns = rights.only.get((login, letter), ())
                these = " (" + ", ".join(f'"{column}"' for column in columns) + ")" if columns else ""
                yield f'GRANT {VERBS[letter]}{these} ON "{table}" TO {names.of(login)}'
    for table, verbs in CLAIMS.items():
        yield f"GRANT {verbs} ON {table} TO {names.claims}"
    writers = ", ".join(names.of(one) for one in Login if "I" in TABLES["consent_ledgerevent"].of(one))
    yield f"GRANT USAGE ON SEQUENCE {LEDGER_IDS} TO {writers}"
    for signature, logins in FUNCTIONS.items():
        yield f"REVOKE ALL ON FUNCTION {SCHEMA}.{signature} FROM PUBLIC, {names.logins}"
        yield f"GRANT EXECUTE ON FUNCTION {SCHEMA}.{signature} TO {', '.join(map(names.of, logins))}"
    # Who opened whose record, and when; not by what.
    seen = "kind, subject, person, login, began_at, until"
    yield f"GRANT SELECT ({seen}) ON {SCHEMA}.lease TO {names.of(Login.AUDITOR)}"


def _cleared(table: str) -> Iterator[str]:
    yield (
        "DO $$ DECLARE one name; BEGIN FOR one IN SELECT policyname FROM pg_policies "
        f"WHERE schemaname = 'public' AND tablename = '{table}' "
        f"LOOP EXECUTE format('DROP POLICY %I ON {table}', one); END LOOP; END $$"
    )
