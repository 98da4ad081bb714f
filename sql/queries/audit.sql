-- audit.sql - who changed what; the events into chains, as ledger.sql does with decisions.

-- name: audit_insert
INSERT INTO audit_events (tenant_id, who, action, subject, status, request_id, record, salt, personal, about)
VALUES (:tenant_id, :who, :action, :subject, :status::int, :request_id, :record, :salt, :personal, :about::text[]);

-- name: audit_state
-- What a request names in its path, as it stands before.
SELECT coalesce((SELECT to_jsonb(c) - 'tenant_id' FROM campaigns c
                  WHERE :kind = 'campaigns' AND c.tenant_id = :tenant_id AND c.id = :id::bigint),
                (SELECT to_jsonb(l) - 'tenant_id' FROM leads l
                  WHERE :kind = 'leads' AND l.tenant_id = :tenant_id AND l.id = :id::bigint),
                (SELECT to_jsonb(n) - 'tenant_id' FROM numbers n
                  WHERE :kind = 'numbers' AND n.tenant_id = :tenant_id AND n.id = :id::bigint),
                (SELECT to_jsonb(d) - 'tenant_id' FROM dnc_entries d
                  WHERE :kind = 'dnc' AND d.tenant_id = :tenant_id AND d.id = :id::bigint),
                (SELECT to_jsonb(k) - '{tenant_id,secret_sha256}'::text[] FROM api_keys k
                  WHERE :kind = 'keys' AND k.tenant_id = :tenant_id AND k.id = :id::bigint),
                (SELECT to_jsonb(u) - '{tenant_id,password_hash}'::text[] FROM users u
                  WHERE :kind = 'users' AND u.tenant_id = :tenant_id AND u.id = :id::bigint),
                (SELECT to_jsonb(h) - 'tenant_id' FROM halts h
                  WHERE :kind = 'halts' AND h.tenant_id = :tenant_id AND h.id = :id::bigint))::text AS state;

-- name: audit_list
SELECT e.id, e.who, e.action, e.subject, e.status, e.request_id, e.created_at, s.seq, e.personal AS detail
  FROM audit_events e
  LEFT JOIN audit_entries s ON s.tenant_id = e.tenant_id AND s.event_id = e.id
 WHERE e.tenant_id = :tenant_id
   AND (:who::text IS NULL OR e.who = :who::text)
   AND (:action::text IS NULL OR e.action = :action::text)
   AND (:subject::text IS NULL OR e.subject = :subject::text)
   AND (:request_id::text IS NULL OR e.request_id = :request_id::text)
   AND (:created_gte::timestamptz IS NULL OR e.created_at >= :created_gte::timestamptz)
   AND (:created_lte::timestamptz IS NULL OR e.created_at <= :created_lte::timestamptz)
 ORDER BY e.id DESC
 LIMIT :limit OFFSET :offset;

-- name: audit_count
SELECT count(*) AS n
  FROM audit_events e
 WHERE e.tenant_id = :tenant_id
   AND (:who::text IS NULL OR e.who = :who::text)
   AND (:action::text IS NULL OR e.action = :action::text)
   AND (:subject::text IS NULL OR e.subject = :subject::text)
   AND (:request_id::text IS NULL OR e.request_id = :request_id::text)
   AND (:created_gte::timestamptz IS NULL OR e.created_at >= :created_gte::timestamptz)
   AND (:created_lte::timestamptz IS NULL OR e.created_at <= :created_lte::timestamptz);

-- name: audit_forget
-- Somebody is erased: what was said stays sealed, and can no longer be read.
UPDATE audit_events SET personal = NULL, salt = NULL, about = '{}'
 WHERE tenant_id = :tenant_id AND about && about_person(:e164, :leads::bigint[]);

-- name: audit_seal_cursor
-- tenant: none, because one sealer serves them all
SELECT recorded_in, event_id AS check_id FROM audit_cursor FOR UPDATE SKIP LOCKED;

-- name: audit_seal_due
-- tenant: none, because one sealer serves them all
-- Only what no transaction still running can precede.  A restored database counts its transactions
-- anew: a cursor ahead of them begins again, and what is sealed already is passed over.
SELECT c.tenant_id, c.id, c.record, c.recorded_in
  FROM audit_events c
 WHERE (c.recorded_in, c.id) > (CASE WHEN :recorded_in::xid8 > pg_current_xact_id() THEN '0'::xid8 ELSE :recorded_in END,
                                CASE WHEN :recorded_in > pg_current_xact_id() THEN 0 ELSE :check_id::bigint END)
   AND c.recorded_in < pg_snapshot_xmin(pg_current_snapshot())
   AND NOT EXISTS (SELECT 1 FROM audit_entries e WHERE e.event_id = c.id)
 ORDER BY c.recorded_in, c.id
 LIMIT :limit;

-- name: audit_seal_heads
-- tenant: none, because the batch holds several tenants' events
SELECT tenant_id, seq, hash FROM audit_heads WHERE tenant_id = ANY (:tenants::bigint[]);

-- name: audit_seal_entries
-- tenant: none, because the batch holds several tenants' events
INSERT INTO audit_entries (tenant_id, seq, event_id, hash)
SELECT * FROM unnest(:tenants::bigint[], :seqs::bigint[], :checks::bigint[], :hashes::text[]);

-- name: audit_seal_head_write
-- tenant: none, because the batch holds several tenants' events
INSERT INTO audit_heads AS h (tenant_id, seq, hash, key, signature)
SELECT * FROM unnest(:tenants::bigint[], :seqs::bigint[], :hashes::text[], :keys::text[], :signatures::text[])
ON CONFLICT (tenant_id) DO UPDATE
   SET seq = excluded.seq, hash = excluded.hash, key = excluded.key, signature = excluded.signature,
       sealed_at = clock_timestamp();

-- name: audit_seal_move
-- tenant: none, because one sealer serves them all
UPDATE audit_cursor SET recorded_in = :recorded_in, event_id = :check_id;

-- name: audit_ledger_head
SELECT seq, hash, key, signature FROM audit_heads WHERE tenant_id = :tenant_id;

-- name: audit_ledger_page
-- An event that is gone leaves an entry without a record, which does not verify.
SELECT e.seq, e.hash, coalesce(c.record, '') AS record, c.salt, c.personal
  FROM audit_entries e
  LEFT JOIN audit_events c ON c.tenant_id = e.tenant_id AND c.id = e.event_id
 WHERE e.tenant_id = :tenant_id AND e.seq > :after AND e.seq <= :last
 ORDER BY e.seq
 LIMIT 1000;
