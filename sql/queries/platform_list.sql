-- platform_list.sql - everybody's do-not-call list.

-- name: platform_dnc_lock
-- tenant: none, because every claim of every tenant holds this one shared: an entry is either before a call's intent
-- or after it
SELECT pg_advisory_xact_lock(hashtextextended('halt:0', 0));

-- name: platform_dnc_add
-- tenant: none, because the list is everybody's
INSERT INTO platform_dnc_entries (e164, source, reason) VALUES (:e164, :source, :reason)
RETURNING e164, source, reason, created_at;

-- name: platform_dnc_remove
-- tenant: none, because the list is everybody's
WITH removed AS (
    DELETE FROM platform_dnc_entries WHERE e164 = :e164 RETURNING e164, source, reason, created_at
)
INSERT INTO platform_dnc_removed (e164, source, reason, created_at, removed_reason)
SELECT e164, source, reason, created_at, :removed_reason FROM removed;

-- name: platform_dnc_list
-- tenant: none, because the list is everybody's
SELECT e164, source, reason, created_at FROM platform_dnc_entries
 WHERE e164 > :after
 ORDER BY e164
 LIMIT :limit;
