-- dnc_import.sql - numbers not to be called, by the hundred.

-- name: dnc_import_lock
-- The locks of dnc_lock for a whole batch, always in the same order: a claim under way ends before
-- the entry stands, and two imports cannot wait for each other.
SELECT count(pg_advisory_xact_lock(place))
  FROM (SELECT DISTINCT hashtextextended(:tenant_id::text || ':' || e164, 0) AS place
          FROM unnest(:numbers::text[]) e164
         ORDER BY place) places;

-- name: dnc_import_batch
-- A manual entry that was taken off by hand does not come back with a file; whoever objects again
-- or is listed again does.
WITH incoming AS (
    SELECT * FROM unnest(:numbers::text[], :sources::text[], :countries::text[]) AS i (e164, source, country_iso)
), removed AS (
    SELECT e164 FROM incoming i
     WHERE source = 'manual'
       AND EXISTS (SELECT 1 FROM dnc_entries d
                    WHERE d.tenant_id = :tenant_id AND d.e164 = i.e164 AND d.source = 'manual'
                      AND d.removed_at IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM dnc_entries d
                        WHERE d.tenant_id = :tenant_id AND d.e164 = i.e164 AND d.source = 'manual'
                          AND d.removed_at IS NULL)
), written AS (
    INSERT INTO dnc_entries (tenant_id, e164, source, country_iso)
    SELECT :tenant_id, e164, source, country_iso
      FROM incoming
     WHERE NOT (source = 'manual' AND e164 IN (SELECT e164 FROM removed))
     ORDER BY e164
        ON CONFLICT (tenant_id, e164, source) WHERE removed_at IS NULL DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM written) AS inserted, (SELECT count(*) FROM removed) AS removed_before;
