-- ledger.sql - decisions into chains, and chains into files.

-- name: seal_cursor
-- tenant: none, because one sealer serves them all
SELECT recorded_in, check_id FROM ledger_cursor FOR UPDATE SKIP LOCKED;

-- name: seal_due
-- tenant: none, because one sealer serves them all
-- Only what no transaction still running can precede.  A restored database counts its transactions
-- anew: a cursor ahead of them begins again, and what is sealed already is passed over.
SELECT c.tenant_id, c.id, c.record, c.recorded_in
  FROM compliance_checks c
 WHERE c.record IS NOT NULL
   AND (c.recorded_in, c.id) > (CASE WHEN :recorded_in::xid8 > pg_current_xact_id() THEN '0'::xid8 ELSE :recorded_in END,
                                CASE WHEN :recorded_in > pg_current_xact_id() THEN 0 ELSE :check_id::bigint END)
   AND c.recorded_in < pg_snapshot_xmin(pg_current_snapshot())
   AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.check_id = c.id)
 ORDER BY c.recorded_in, c.id
 LIMIT :limit;

-- name: seal_heads
-- tenant: none, because the batch holds several tenants' decisions
SELECT tenant_id, seq, hash FROM ledger_heads WHERE tenant_id = ANY (:tenants::bigint[]);

-- name: seal_entries
-- tenant: none, because the batch holds several tenants' decisions
INSERT INTO ledger_entries (tenant_id, seq, check_id, hash)
SELECT * FROM unnest(:tenants::bigint[], :seqs::bigint[], :checks::bigint[], :hashes::text[]);

-- name: seal_head_write
-- tenant: none, because the batch holds several tenants' decisions
INSERT INTO ledger_heads AS h (tenant_id, seq, hash, key, signature)
SELECT * FROM unnest(:tenants::bigint[], :seqs::bigint[], :hashes::text[], :keys::text[], :signatures::text[])
ON CONFLICT (tenant_id) DO UPDATE
   SET seq = excluded.seq, hash = excluded.hash, key = excluded.key, signature = excluded.signature,
       sealed_at = clock_timestamp();

-- name: seal_move
-- tenant: none, because one sealer serves them all
UPDATE ledger_cursor SET recorded_in = :recorded_in, check_id = :check_id;

-- name: ledger_head
SELECT seq, hash, key, signature FROM ledger_heads WHERE tenant_id = :tenant_id;

-- name: ledger_page
-- A decision that is gone leaves an entry without a record, which does not verify.
SELECT e.seq, e.hash, coalesce(c.record, '') AS record, c.salt, c.personal
  FROM ledger_entries e
  LEFT JOIN compliance_checks c ON c.tenant_id = e.tenant_id AND c.id = e.check_id
 WHERE e.tenant_id = :tenant_id AND e.seq > :after AND e.seq <= :last
 ORDER BY e.seq
 LIMIT 1000;

-- name: law_document
-- tenant: none, because whoever knows a document's hash has a decision that names it
SELECT document FROM law_documents WHERE hash = :hash;

-- name: replay_check
SELECT id, record, salt, personal FROM compliance_checks WHERE tenant_id = :tenant_id AND id = :id;

-- name: replay_page
SELECT id, record, salt, personal
  FROM compliance_checks
 WHERE tenant_id = :tenant_id AND id > :after
 ORDER BY id
 LIMIT 1000;
