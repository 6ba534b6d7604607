"""PostgreSQL as a second wall: who logs in, what each login may do, and what opens a key there.

A worker that is taken over has the database's password and Python's memory, but not the owner's rights. What
it may read then is what a job that is really claimed may read, and nothing of it is settled by a name that a
session gives itself.

What the walls stop: keys of people, slabs and evidence are no rows for a worker without a claimed job (or
an upload, and then one person's), for the web without an opened record (one person's) or an open case's
evidence (that one's), for the sequencer and auditors ever; a job opens no evidence but its own case's;
nobody writes a lease, and nobody but its owner changes a table.
What they do not: consent is decided in Python, and a worker with a claimed job could open everybody who has
an active file. A keeper opens every key, for it wraps them anew. A superuser is stopped by nothing.
"""
