-- A list is as fresh as the last file before the first that is missing from it.

ALTER TABLE dnc_imports
    ADD COLUMN since  TIMESTAMPTZ, -- of changes: all of them from then to scrubbed_at; null = from the file before
    ADD COLUMN failed BIGINT;      -- rows that could not be read, of a file that ended; null = it did not, or before this

-- What a tenant has of a registry: all of it as of listed_as_of, and the day of the first file that is missing after.
-- Missing is what ended without all of its rows, a change list that was cut off, and what lies between a change list's
-- beginning and the file before.  A whole list of that day or later heals it, and so does a change list that begins no
-- later than the file before; what was cut off may also be sent again, with its day.
CREATE FUNCTION registry_list(whose BIGINT, which TEXT, OUT listed_as_of TIMESTAMPTZ, OUT missing_from TIMESTAMPTZ)
    LANGUAGE sql STABLE AS $$
    WITH files AS (
        SELECT id, mode, scrubbed_at, since, failed, finished_at
          FROM dnc_imports
         WHERE tenant_id = whose AND registry = which AND source = 'registry' AND mode IN ('full', 'delta')
    ), ended AS (
        SELECT id, mode, scrubbed_at, since FROM files WHERE finished_at IS NOT NULL
    ), gaps AS (
        SELECT f.scrubbed_at
          FROM files f
         CROSS JOIN LATERAL (SELECT max(e.scrubbed_at) AS at FROM ended e WHERE e.scrubbed_at < f.scrubbed_at) before
         WHERE (CASE WHEN f.finished_at IS NULL THEN f.mode = 'delta' OR f.failed > 0 ELSE f.since > before.at END)
           AND NOT EXISTS (SELECT 1 FROM ended e
                            WHERE e.scrubbed_at >= f.scrubbed_at
                              AND (e.mode = 'full' OR e.since <= before.at
                                   OR (f.failed IS NULL AND e.scrubbed_at = f.scrubbed_at AND e.id > f.id)))
    ), first_gap AS (
        SELECT min(scrubbed_at) AS at FROM gaps
    )
    SELECT CASE WHEN bool_or(e.mode = 'full') THEN max(e.scrubbed_at) END, min(g.at)
      FROM first_gap g
      LEFT JOIN ended e ON e.scrubbed_at < coalesce(g.at, 'infinity')
$$;
