"""The SQL of leases: a table that nobody but the owner sees, and the functions through which it is written.

A lease is a secret that the database draws when something is claimed. The claimer hands it back in the
transaction that reads (SET LOCAL walls.lease), and the walls look up what was claimed. It stands by the
database's own clock, for a few minutes, and ends with what it was for.
"""

SCHEMA = "walls"
SETTING = "walls.lease"
LIFE = "interval '5 minutes'"  # of a lease that nobody renews
REMEMBERED = "interval '90 days'"  # how long it can be read who opened which record

# SECURITY DEFINER: it does what its owner may; so its search path is not the caller's.
_DEFINER = "SECURITY DEFINER SET search_path = public, pg_temp"

TABLE = (
    f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.lease (
        secret bytea PRIMARY KEY,  -- its SHA-256: who reads this table holds no lease
        kind text NOT NULL,
        subject text NOT NULL,
        claim uuid,
        person bigint,
        slabs uuid[] NOT NULL DEFAULT '{{}}',
        login name NOT NULL DEFAULT session_user,
        began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        until timestamptz NOT NULL DEFAULT clock_timestamp() + {LIFE})""",
    # Put up anew each time: a database that stands knows the kinds of its day.
    f"ALTER TABLE {SCHEMA}.lease DROP CONSTRAINT IF EXISTS lease_kind_check",
    f"ALTER TABLE {SCHEMA}.lease ADD CONSTRAINT lease_kind_check "
    "CHECK (kind IN ('job', 'range', 'upload', 'record', 'evidence'))",
    f"CREATE INDEX IF NOT EXISTS lease_of_subject ON {SCHEMA}.lease (kind, subject)",
    f"CREATE INDEX IF NOT EXISTS lease_until ON {SCHEMA}.lease (until)",
)


def _function(
    signature: str, returns: str, body: str, volatile: str = "VOLATILE", *, definer: bool = True
) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {SCHEMA}.{signature} RETURNS {returns} LANGUAGE plpgsql {volatile} "
        f"{_DEFINER if definer else ''} AS $$ {body} $$"
    )


_HASHED = "sha256(convert_to({}::text, 'UTF8'))"
_GIVEN = _HASHED.format(f"current_setting('{SETTING}', true)")

# What each kind of lease rests on, asked anew at every statement: the claim, and what it was made for.
_STANDS = """
    l.login = session_user AND l.until > clock_timestamp() AND CASE l.kind
    WHEN 'job' THEN EXISTS (
        SELECT 1 FROM broker_job j JOIN broker_query q ON q.id = j.query_id
        LEFT JOIN broker_accessrequest r ON r.id = q.request_id LEFT JOIN broker_case c ON c.id = q.case_id
        WHERE j.id = l.subject::uuid AND j.token = l.claim AND j.state IN ('running', 'releasing')
        AND q.state = 'approved' AND coalesce(r.state, c.state) = 'approved')
    WHEN 'range' THEN EXISTS (
        SELECT 1 FROM broker_jobrange g JOIN broker_job j ON j.id = g.job_id
        JOIN broker_query q ON q.id = j.query_id
        LEFT JOIN broker_accessrequest r ON r.id = q.request_id LEFT JOIN broker_case c ON c.id = q.case_id
        WHERE g.id = l.subject::uuid AND g.token = l.claim AND g.state = 'running' AND j.state = 'cut'
        AND q.state = 'approved' AND coalesce(r.state, c.state) = 'approved')
    WHEN 'upload' THEN EXISTS (
        SELECT 1 FROM broker_upload u
        WHERE u.id = l.subject::uuid AND u.token = l.claim AND u.state = 'checking')
    WHEN 'evidence' THEN EXISTS (
        SELECT 1 FROM broker_case c
        WHERE 'case:' || c.id = l.subject AND c.state IN ('submitted', 'approved'))
    ELSE l.kind = 'record' END"""

_OPENED = """
    DELETE FROM walls.lease WHERE until < clock_timestamp() - {remembered};
    INSERT INTO walls.lease (secret, kind, subject, claim, person, slabs) VALUES ({hashed}, {values});
"""


def _opened(values: str) -> str:
    return _OPENED.format(remembered=REMEMBERED, hashed=_HASHED.format("drawn"), values=values)


FUNCTIONS = (
    # The claims: the one guarded UPDATE that broker.jobs and broker.checks make elsewhere themselves.
    _function(
        "claim_job(job uuid, at timestamptz, lasts timestamptz)",
        "TABLE (token uuid, lease uuid)",
        "DECLARE claimed uuid := gen_random_uuid(); drawn uuid := gen_random_uuid(); BEGIN "
        "UPDATE broker_job AS j SET state = 'running', token = claimed, lease_until = lasts, "
        # What another attempt had staged is nobody's.
        "attempt = j.attempt + 1, rung_at = at, answer = NULL, manifest = NULL "
        "WHERE j.id = job AND (j.state = 'queued' "
        "OR j.state IN ('running', 'releasing') AND j.lease_until < at "
        "OR j.state = 'cut' AND NOT EXISTS (SELECT 1 FROM broker_jobrange g "
        "WHERE g.job_id = j.id AND g.state <> 'done')); IF NOT FOUND THEN RETURN; END IF; "
        + _opened("'job', job::text, claimed, NULL, '{}'")
        + "RETURN QUERY SELECT claimed, drawn; END",
    ),
    _function(
        "claim_range(part uuid, at timestamptz, lasts timestamptz)",
        "TABLE (token uuid, lease uuid)",
        "DECLARE claimed uuid := gen_random_uuid(); drawn uuid := gen_random_uuid(); BEGIN "
        "UPDATE broker_jobrange AS g SET state = 'running', token = claimed, lease_until = lasts, "
        "attempt = g.attempt + 1, rung_at = at FROM broker_job j WHERE g.id = part AND j.id = g.job_id "
        "AND j.state = 'cut' AND (g.state = 'waiting' OR g.state = 'running' AND g.lease_until < at); "
        "IF NOT FOUND THEN RETURN; END IF; "
        + _opened("'range', part::text, claimed, NULL, '{}'")
        + "RETURN QUERY SELECT claimed, drawn; END",
    ),
    _function(
        "claim_upload(upload uuid, at timestamptz, lasts timestamptz)",
        "TABLE (token uuid, lease uuid)",
        "DECLARE claimed uuid := gen_random_uuid(); drawn uuid := gen_random_uuid(); whose bigint; BEGIN "
        "UPDATE broker_upload AS u SET state = 'checking', token = claimed, lease_until = lasts, "
        "attempt = u.attempt + 1, rung_at = at, read = 0 WHERE u.id = upload AND (u.state = 'arrived' "
        "OR u.state = 'checking' AND u.lease_until < at) RETURNING u.participant_id INTO whose; "
        "IF NOT FOUND THEN RETURN; END IF; "
        + _opened("'upload', upload::text, claimed, whose, '{}'")
        + "RETURN QUERY SELECT claimed, drawn; END",
    ),
    _function(
        "open_record(whose bigint)",
        "uuid",
        "DECLARE drawn uuid := gen_random_uuid(); hers uuid[]; BEGIN "
        "SELECT coalesce(array_agg(DISTINCT m.slab_id), '{}') INTO hers FROM genomics_slabmember m "
        "JOIN genomics_genomicfile f ON f.id = m.file_id WHERE f.participant_id = whose; "
        + _opened("'record', whose::text, NULL, whose, hers")
        + "RETURN drawn; END",
    ),
    # For whoever takes evidence in: the key of one case, while that is open.
    _function(
        "open_evidence(whose text)",
        "uuid",
        "DECLARE drawn uuid := gen_random_uuid(); BEGIN IF NOT EXISTS (SELECT 1 FROM broker_case c "
        "WHERE 'case:' || c.id = whose AND c.state IN ('submitted', 'approved')) THEN RETURN NULL; END IF; "
        + _opened("'evidence', whose, NULL, NULL, '{}'")
        + "RETURN drawn; END",
    ),
    _function(
        "renew(lease uuid)",
        "boolean",
        f"BEGIN UPDATE walls.lease AS l SET until = clock_timestamp() + {LIFE} "
        f"WHERE l.secret = {_HASHED.format('lease')} AND {_STANDS}; RETURN FOUND; END",
    ),
    # What policies ask. Each is called once a statement: (SELECT walls.…()).
    _function(
        "standing()",
        "walls.lease",
        "DECLARE found_ walls.lease; BEGIN SELECT * INTO found_ FROM walls.lease AS l "
        f"WHERE l.secret = {_GIVEN} AND {_STANDS}; "
        "RETURN found_; END",
        "STABLE",
    ),
    _function(
        "held()",
        "boolean",
        "BEGIN RETURN coalesce((walls.standing()).kind <> 'evidence', false); END",
        "STABLE",
    ),
    _function(
        "job_held()",
        "boolean",
        "BEGIN RETURN coalesce((walls.standing()).kind IN ('job', 'range'), false); END",
        "STABLE",
    ),
    # Whose keys a job opens: everybody's, or those of the people between the ends of its range.
    _function(
        "share_held()",
        "int8range",
        "DECLARE found_ walls.lease; BEGIN found_ := walls.standing(); RETURN CASE found_.kind "
        "WHEN 'job' THEN int8range(NULL, NULL) WHEN 'range' THEN (SELECT CASE WHEN g.first IS NULL "
        "THEN 'empty'::int8range ELSE int8range(g.first, g.last, '[]') END FROM broker_jobrange g "
        "WHERE g.id = found_.subject::uuid) ELSE 'empty'::int8range END; END",
        "STABLE",
    ),
    _function("person_held()", "bigint", "BEGIN RETURN (walls.standing()).person; END", "STABLE"),
    _function("slabs_held()", "uuid[]", "BEGIN RETURN (walls.standing()).slabs; END", "STABLE"),
    # Whose evidence: that of the job's own case or review, of the upload's review, of the opened case.
    _function(
        "evidence_held()",
        "text",
        "DECLARE found_ walls.lease; one uuid; BEGIN found_ := walls.standing(); "
        "IF found_.kind = 'evidence' THEN RETURN found_.subject; END IF; "
        "IF found_.kind = 'upload' THEN RETURN 'review:' || found_.subject; END IF; "
        "IF found_.kind = 'job' THEN one := found_.subject::uuid; END IF; "
        "IF found_.kind = 'range' THEN "
        "SELECT g.job_id INTO one FROM broker_jobrange g WHERE g.id = found_.subject::uuid; END IF; "
        "RETURN (SELECT CASE WHEN q.case_id IS NOT NULL THEN 'case:' || q.case_id "
        'WHEN p."case" LIKE \'review:%\' THEN p."case" END FROM broker_job j '
        "JOIN broker_query q ON q.id = j.query_id "
        "LEFT JOIN genomics_evidenceprofile p ON p.id::text = q.question->>'evidence' WHERE j.id = one); END",
        "STABLE",
    ),
    # A token is drawn by a claim. Whoever else writes one is no worker that got its own back.
    _function(
        "token_is_drawn()",
        "trigger",
        "BEGIN IF pg_has_role(current_user, (SELECT proowner FROM pg_proc WHERE oid = "
        "'walls.claim_job(uuid,timestamptz,timestamptz)'::regprocedure), 'MEMBER') THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'A token is drawn by a claim and not written. Nothing was changed.' "
        "USING ERRCODE = 'insufficient_privilege'; END",
        definer=False,
    ),
    # Whoever puts a job back to running does not get its lease back.
    _function(
        "end_leases()",
        "trigger",
        "BEGIN UPDATE walls.lease SET until = clock_timestamp() WHERE kind = TG_ARGV[0] "
        "AND subject = NEW.id::text AND until > clock_timestamp(); RETURN NULL; END",
    ),
)

TRIGGERS = (
    "CREATE OR REPLACE TRIGGER job_ends_its_leases AFTER UPDATE OF state ON broker_job FOR EACH ROW "
    "WHEN (NEW.state NOT IN ('running', 'releasing')) EXECUTE FUNCTION walls.end_leases('job')",
    "CREATE OR REPLACE TRIGGER range_ends_its_leases AFTER UPDATE OF state ON broker_jobrange FOR EACH ROW "
    "WHEN (NEW.state <> 'running') EXECUTE FUNCTION walls.end_leases('range')",
    "CREATE OR REPLACE TRIGGER upload_ends_its_leases AFTER UPDATE OF state ON broker_upload FOR EACH ROW "
    "WHEN (NEW.state <> 'checking') EXECUTE FUNCTION walls.end_leases('upload')",
    *(
        f"CREATE OR REPLACE TRIGGER token_is_drawn BEFORE UPDATE ON {table} FOR EACH ROW WHEN "
        "(NEW.token IS NOT NULL AND NEW.token IS DISTINCT FROM OLD.token) "
        "EXECUTE FUNCTION walls.token_is_drawn()"
        for table in ("broker_job", "broker_jobrange", "broker_upload")
    ),
)

SIGNATURES = (
    *(f"claim_{what}(uuid, timestamptz, timestamptz)" for what in ("job", "range", "upload")),
    *("open_record(bigint)", "renew(uuid)", "standing()", "held()", "job_held()", "person_held()"),
    *("share_held()", "slabs_held()", "end_leases()", "token_is_drawn()"),
)

CLOSED = tuple(f"REVOKE ALL ON FUNCTION {SCHEMA}.{one} FROM PUBLIC" for one in SIGNATURES)

ALL = (*TABLE, *FUNCTIONS, *CLOSED, *TRIGGERS)
