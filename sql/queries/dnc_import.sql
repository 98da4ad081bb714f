-- dnc_import.sql - numbers not to be called, by the ten thousand.

-- name: dnc_import_open
INSERT INTO dnc_imports (tenant_id, mode, source, registry, country_iso, scrubbed_at, since, request_id)
VALUES (:tenant_id, :mode, :source, :registry, :country_iso, :scrubbed_at, :since, :request_id)
RETURNING id;

-- name: dnc_import_sweep
-- What files that never ended have left behind.
DELETE FROM dnc_staged
 WHERE import_id IN (SELECT id FROM dnc_imports
                      WHERE tenant_id = :tenant_id AND mode = 'full' AND finished_at IS NULL
                        AND created_at < clock_timestamp() - interval '1 day');

-- name: dnc_import_turn
-- One file of a tenant at a time, transaction by transaction: a long one that takes entries off and another that
-- brings them would wait for each other.  Claims do not take this one.  A process that is stopped between two
-- statements has the transaction for two seconds.
SELECT pg_advisory_xact_lock(hashtextextended('dnc-file:' || :tenant_id::bigint, 0)),
       set_config('idle_in_transaction_session_timeout', '2000', true);

-- name: dnc_import_lock_numbers
-- The locks of dnc_lock for the opt-outs of a batch, always in the same order.
SELECT count(pg_advisory_xact_lock(place))
  FROM (SELECT DISTINCT hashtextextended(:tenant_id::text || ':' || e164, 0) AS place
          FROM unnest(:numbers::text[], :sources::text[]) AS i (e164, source)
         WHERE source = 'opt_out'
         ORDER BY place) places;

-- name: dnc_import_plan
-- tenant: none, because it reads nothing
-- Lists grow faster than statistics: a plan for the few rows that were there reads all of them for each row of a
-- batch.  Every row is found by an index here.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_sort', 'off', true);

-- name: dnc_import_batch
-- Of two rows about one number the later counts, by its day and then by its place.  A manual entry that somebody took off by hand does not come back
-- with a file; whoever objects again or is listed again does.  Counts in subqueries, which stay look-ups.
-- Every claim of the tenant holds the lock shared: claims under way end before the batch stands, later ones see it.  It
-- is taken by the statement that needs it, and given back by the COMMIT that is sent along: whatever becomes of the
-- process, claims wait for the database alone.
WITH locked AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(hashtextextended('dnc:' || :tenant_id::bigint, 0)) AS turn
), incoming AS (
    SELECT DISTINCT ON (e164, source) e164, source, country_iso, gone, changed_at
      FROM unnest(:numbers::text[], :sources::text[], :countries::text[], :gone::boolean[], :changes::timestamptz[])
           WITH ORDINALITY AS i (e164, source, country_iso, gone, changed_at, place)
     ORDER BY e164, source, changed_at DESC NULLS FIRST, place DESC
), removed AS (
    SELECT e164 FROM incoming i
     WHERE source = 'manual' AND NOT gone
       AND (SELECT count(*) FROM dnc_entries d
             WHERE d.tenant_id = :tenant_id AND d.e164 = i.e164 AND d.source = 'manual'
               AND d.removed_at IS NOT NULL AND d.removed_import IS NULL) > 0
       AND (SELECT count(*) FROM dnc_entries d
             WHERE d.tenant_id = :tenant_id AND d.e164 = i.e164 AND d.source = 'manual' AND d.removed_at IS NULL) = 0
), written AS (
    INSERT INTO dnc_entries (tenant_id, e164, source, country_iso, registry, listed_at)
    SELECT :tenant_id, e164, source, country_iso, CASE WHEN source = 'registry' THEN :registry ELSE '' END,
           CASE WHEN source = 'registry' THEN coalesce(changed_at, :scrubbed_at::timestamptz) END
      FROM incoming
     WHERE (SELECT count(turn) FROM locked) = 1 AND NOT gone AND NOT (source = 'manual' AND e164 IN (SELECT e164 FROM removed))
        ON CONFLICT (tenant_id, e164, source, registry) WHERE removed_at IS NULL DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM written) AS inserted, (SELECT count(*) FROM removed) AS removed_before;

-- name: dnc_import_delete
-- The rows of a batch that take off, by its last word about each number; what was listed after the change, or after
-- the file was made, stays, and so does what was compared with the registry later, which would have taken it off.
WITH incoming AS (
    SELECT DISTINCT ON (e164) e164, gone, coalesce(changed_at, :scrubbed_at::timestamptz) AS changed_at
      FROM unnest(:numbers::text[], :sources::text[], :gone::boolean[], :changes::timestamptz[])
           WITH ORDINALITY AS i (e164, source, gone, changed_at, place)
     WHERE source = :source
     ORDER BY e164, i.changed_at DESC NULLS FIRST, place DESC
)
UPDATE dnc_entries SET removed_at = clock_timestamp(), removed_import = :import_id
 WHERE tenant_id = :tenant_id AND source <> 'opt_out' AND removed_at IS NULL
   AND coalesce((SELECT s.scrubbed_at <= :scrubbed_at FROM registry_scrubs s
                  WHERE s.tenant_id = :tenant_id AND s.e164 = dnc_entries.e164 AND s.registry = :registry), true)
   AND id = ANY (ARRAY(SELECT (SELECT d.id FROM dnc_entries d
                                WHERE d.tenant_id = :tenant_id AND d.e164 = i.e164 AND d.source = :source
                                  AND d.registry = :registry AND d.removed_at IS NULL
                                  AND coalesce(d.listed_at, d.created_at) <= i.changed_at)
                         FROM incoming i WHERE gone));

-- name: dnc_import_stage
-- tenant: none, because an import is one tenant's
INSERT INTO dnc_staged (import_id, e164)
SELECT DISTINCT :import_id::bigint, e164
  FROM unnest(:numbers::text[], :sources::text[]) AS i (e164, source)
 WHERE source = :source
    ON CONFLICT DO NOTHING;

-- name: dnc_import_scrub
-- The registry has answered for these numbers, whatever it answered.
INSERT INTO registry_scrubs AS s (tenant_id, e164, registry, scrubbed_at)
SELECT DISTINCT :tenant_id::bigint, e164, :registry, :scrubbed_at::timestamptz
  FROM unnest(:numbers::text[]) e164
 ORDER BY e164
    ON CONFLICT (tenant_id, e164, registry)
    DO UPDATE SET scrubbed_at = excluded.scrubbed_at WHERE s.scrubbed_at < excluded.scrubbed_at;

-- name: dnc_import_close_next
-- The list piece by piece, by number: what stands there and is not in the file goes.
WITH piece AS (
    SELECT id, e164, listed_at, created_at FROM dnc_entries
     WHERE tenant_id = :tenant_id AND removed_at IS NULL AND source = :source AND registry = :registry
       AND (:country_iso::text IS NULL OR country_iso = :country_iso) AND e164 > :after
     ORDER BY e164
     LIMIT 20000
), closed AS (
    UPDATE dnc_entries d SET removed_at = clock_timestamp(), removed_import = :import_id
      FROM piece p
     WHERE d.tenant_id = :tenant_id AND d.id = p.id AND d.source <> 'opt_out'
       AND coalesce(p.listed_at, p.created_at) <= :scrubbed_at::timestamptz
       AND (SELECT count(*) FROM dnc_staged s WHERE s.import_id = :import_id AND s.e164 = p.e164) = 0
    RETURNING 1
)
SELECT count(*) AS stood, max(e164) AS last, (SELECT count(*) FROM closed) AS closed FROM piece;

-- name: dnc_import_unstage
-- tenant: none, because an import is one tenant's
DELETE FROM dnc_staged WHERE import_id = :import_id;

-- name: dnc_import_close
-- What is not the whole of its day has no end.
UPDATE dnc_imports
   SET finished_at = CASE WHEN :whole::boolean THEN clock_timestamp() END, imported = :imported, closed = :closed,
       failed = :failed
 WHERE tenant_id = :tenant_id AND id = :import_id;
