-- twin.sql - one tenant with a row or two of everything; % is nothing for the first tenant and 1 for the second, whose
-- rows are 11 where the first's are 1.  Both know the person +393490000001, each another one.  What keys between tables
-- would not let stand is at the end: the first's rows that name the second's, and the other way round.

INSERT INTO tenants (id, name) OVERRIDING SYSTEM VALUE VALUES (%T, 'twin');
INSERT INTO api_keys (id, tenant_id, name, prefix, secret_sha256) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, 'key', 'aga_live_%1', sha256('%1'));
INSERT INTO numbers (id, tenant_id, e164, country, status) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, '+39020000000' || '%1', 'IT', 'active');
INSERT INTO campaigns (id, tenant_id, name, status, agent_id, from_number, spacing_seconds, max_calls_per_hour) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, 'one', 'running', 'agent_x', '+390200000001', 1, 10), (%2, %T, 'two', 'draft', 'agent_x', '+390200000001', 0, NULL);
INSERT INTO campaign_pacing (campaign_id, tenant_id) VALUES (%1, %T);
INSERT INTO campaign_executions (id, tenant_id, campaign_id, cursor_lane, status) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, %1, %1, 'running');
INSERT INTO erasures (id, tenant_id, asked_by, reason, number, leads, look_at) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, 'tenant', 'for this', '+393490000001', '{%1}', '2026-01-01');
INSERT INTO leads (id, tenant_id, campaign_id, name, phone, country_iso, consent_status) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, %1, 'L%1', '+393490000001', 'IT', 'granted'), (%2, %T, %1, 'L%2', '+39349000000%2', 'IT', 'denied'),
       (%3, %T, NULL, 'L%3', '+39349000000%2', 'IT', 'unknown');
INSERT INTO leads (id, tenant_id, campaign_id, name, phone, country_iso, erasure_id) OVERRIDING SYSTEM VALUE
VALUES (%4, %T, %1, 'L%4', '+39349000000%4', 'IT', %1);
INSERT INTO consent_events (id, tenant_id, lead_id, phone, event, status, source) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, %1, '+393490000001', 'granted', 'granted', 'form');
INSERT INTO country_rules (id, tenant_id, country_iso, version, effective_from, data_retention_days, document_hash) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, 'IT', %1, '2026-01-01', 1%1, repeat('0', 64));
UPDATE country_rules r SET document_hash = encode(sha256(convert_to(law_document(to_jsonb(r)), 'UTF8')), 'hex');
INSERT INTO scheduled_calls (id, tenant_id, campaign_id, execution_id, lead_id, to_number, from_number, scheduled_at, status, crashes)
OVERRIDING SYSTEM VALUE
VALUES (%1, %T, %1, %1, %1, '+393490000001', '+390200000001', '2026-01-01', 'queued', 1),
       (%2, %T, %1, %1, %2, '+39349000000%2', '+390200000001', '2026-01-01', 'scheduled', 0),
       (%3, %T, NULL, NULL, %3, '+39349000000%2', '+390200000001', '2026-01-01', 'done', 0);
INSERT INTO compliance_checks (id, tenant_id, scheduled_call_id, campaign_id, lead_id, to_number, country_iso, dnc_check,
                               quiet_hours_check, consent_check, disclosure_check, status, rejection_code, scheduled_time,
                               engine_version, tzdata_version, record, salt, personal)
OVERRIDING SYSTEM VALUE
VALUES (%1, %T, %1, %1, %1, '+393490000001', 'IT', 'passed', 'passed', 'passed', 'passed', 'rejected', 'X%1', '2026-01-01', '1',
        '1', '{"n":%1}', md5('%1'), 'p%1');
INSERT INTO calls (id, tenant_id, call_id, scheduled_call_id, campaign_id, lead_id, to_number, from_number, status, disposition,
                   provider_call_id, compliance_check_id, duration_seconds)
OVERRIDING SYSTEM VALUE
VALUES (%1, %T, 'call_%1', %1, %1, %1, '+393490000001', '+390200000001', 'queued', 'd%1', 'p%1', %1, 1%1),
       (%3, %T, 'call_%3', %3, NULL, %3, '+39349000000%2', '+390200000001', 'completed', 'd%3', 'p%3', NULL, 1%1);
INSERT INTO call_totals VALUES (%T, 0, 'completed', 0, 1), (%T, %1, 'completed', 0, 1), (%T, 0, '', 0, 1);
INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, campaign_id, n, state, provider, provider_call_id, to_number,
                           from_number, agent_id, outcome, keyed_for, repeats, dial_deadline, lease_until, look_at, created_at)
VALUES (('00000000-0000-0000-0000-' || lpad('%1', 12, '0'))::uuid, %T, %1, %1, %1, 1, 'unknown', 'retell', 'p%1', '+393490000001',
        '+390200000001', 'agent_x', NULL, 'acc', 1, '2026-06-15 13:00Z', '2026-06-15 13:00Z', '2026-01-01', '2026-06-15 11:59:50Z'),
       (('00000000-0000-0000-0000-' || lpad('%3', 12, '0'))::uuid, %T, %3, %3, NULL, 1, 'ended', 'retell', 'p%3', '+39349000000%2',
        '+390200000001', 'agent_x', 'answered', NULL, 0, '2026-01-01', '2026-01-01', NULL, '2026-06-15 11:59:40Z'),
       (('00000000-0000-0000-0000-' || lpad('%2', 12, '0'))::uuid, %T, %2, %3, %1, 1, 'refuted', 'retell', 'p%2', '+393490000001',
        '+390200000001', 'agent_x', 'answered', NULL, 0, '2026-01-01', '2026-01-01', NULL, '2026-06-15 11:59:40Z');
INSERT INTO scheduled_calls (id, tenant_id, to_number, from_number, scheduled_at, status) OVERRIDING SYSTEM VALUE
VALUES (%6, %T, '+39349000000%2', '+390200000001', '2026-01-01', 'processing'),
       (%7, %T, '+39349000000%2', '+390200000001', '2026-01-01', 'failed');
INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, n, state, provider, to_number, from_number, agent_id,
                           dial_deadline, lease_until, look_at, created_at)
SELECT ('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, %T, i, %3, 1, CASE i WHEN %6 THEN 'accepted' ELSE 'unresolved' END,
       'retell', '+39349000000%2', '+390200000001', 'agent_x', '2026-01-01', '2026-01-01', '2026-01-01', '2026-06-15 11:59:40Z'
  FROM unnest(ARRAY[%6, %7]) i;
INSERT INTO compliance_checks (id, tenant_id, to_number, country_iso, dnc_check, quiet_hours_check, consent_check,
                               disclosure_check, status, scheduled_time, engine_version, tzdata_version, record)
OVERRIDING SYSTEM VALUE
VALUES (%2, %T, '+39349000000%2', 'IT', 'passed', 'passed', 'passed', 'passed', 'approved', '2026-01-01', '1', '1', '{"n":%2}');
INSERT INTO stray_calls (provider, provider_call_id, attempt_id)
VALUES ('retell', 's%1', ('00000000-0000-0000-0000-' || lpad('%1', 12, '0'))::uuid);
INSERT INTO dnc_imports (id, tenant_id, mode, source, registry, scrubbed_at, created_at, finished_at) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, 'full', 'registry', 'R', '2026-01-01'::timestamptz + interval '1 day' * %1, '2026-01-01', '2026-01-01'),
       (%2, %T, 'full', 'registry', 'R', '2026-01-01', '2026-01-01', NULL);
INSERT INTO dnc_staged (import_id, e164) VALUES (%1, '+39349000000%2'), (%2, '+393490000001');
INSERT INTO dnc_entries (id, tenant_id, e164, source, registry, country_iso, created_at, removed_at, removed_reason) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, '+393490000001', 'manual', '', 'IT', '2026-01-01', NULL, NULL),
       (%2, %T, '+39349000000%2', 'registry', 'R', 'IT', '2026-01-01', NULL, NULL),
       (%3, %T, '+39349000000%2', 'manual', '', 'IT', '2026-01-01', '2026-02-01', 'r%1');
INSERT INTO registry_scrubs (tenant_id, e164, registry, scrubbed_at)
VALUES (%T, '+393490000001', 'R', '2026-01-01'::timestamptz + interval '1 day' * %1), (%T, '+39349000000%2', 'R%1', '2026-01-01');
INSERT INTO loosening_grants (ticket, tenant_id, country_iso, granted_by, reason, expires_at)
VALUES ('T%1', %T, 'IT', 'g', 'r', '2027-01-01');
INSERT INTO suppression_keys (tenant_id, inner_pad, outer_pad)
VALUES (%T, decode(repeat('00', 64), 'hex'), decode(repeat('00', 64), 'hex'));
INSERT INTO suppressed_numbers (tenant_id, hash, erasure_id, suppressed_at)
SELECT %T, sha256(outer_pad || sha256(inner_pad || convert_to('+39349000000%2', 'UTF8'))), %1, '2026-01-0%T'
  FROM suppression_keys WHERE tenant_id = %T;
INSERT INTO suppressed_numbers (tenant_id, hash, erasure_id)
SELECT %T, sha256(outer_pad || sha256(inner_pad || convert_to('+393490000077', 'UTF8'))), %1
  FROM suppression_keys WHERE tenant_id = %T;
INSERT INTO erasure_copies (provider, provider_call_id, tenant_id, erasure_id) VALUES ('retell', 'p%1', %T, %1);
INSERT INTO tenant_budgets (tenant_id, limit_cents, spent_cents, reserve_cents) VALUES (%T, 100, 50, 12);
INSERT INTO halts (id, tenant_id, scope, key, cause, reason, set_by) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, 'agent', 'agent_x', 'operator', 'h%1', 'tenant');
INSERT INTO ledger_entries (tenant_id, seq, check_id, hash) VALUES (%T, 1, %1, encode(sha256('%1'), 'hex'));
INSERT INTO ledger_heads (tenant_id, seq, hash) VALUES (%T, 1, encode(sha256('%1'), 'hex'));
INSERT INTO outbox (id, tenant_id, actor, kwargs, dedupe_key) OVERRIDING SYSTEM VALUE VALUES (%1, %T, 'ping', '{}', 'o%1');
INSERT INTO users (id, tenant_id, email, role, password_hash) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, 'u%1@example.com', 'admin', 'hash'), (%2, %T, 'u%2@example.com', 'viewer', 'hash');
INSERT INTO one_time_links (id, tenant_id, purpose, token_sha256, email, role, user_id, expires_at) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, 'invitation', sha256('i%1'), 'new@example.com', 'viewer', NULL, '2027-01-01'),
       (%2, %T, 'reset', sha256('r%1'), 'u%1@example.com', NULL, %1, '2027-01-01');
INSERT INTO user_sessions (id, tenant_id, user_id, expires_at, ended_at, ended_why) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, %1, '2027-01-01', NULL, NULL), (%2, %T, %1, '2026-02-01', '2026-01-01', 'logout');
INSERT INTO refresh_tokens (id, tenant_id, session_id, token_sha256) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, %1, sha256('t%1'));
INSERT INTO user_identities (id, tenant_id, user_id, issuer, subject) OVERRIDING SYSTEM VALUE
VALUES (%1, %T, %1, 'https://issuer', 's%1');
INSERT INTO oidc_logins (ticket_sha256, tenant_id, user_id, issuer, verified_email, ready_at)
VALUES (sha256('o%1'), %T, %1, 'https://issuer', 'u%1@example.com', '2026-01-01');
INSERT INTO request_keys (tenant_id, principal, key, fingerprint, holder, locked_until, about, created_at)
VALUES (%T, 'aga_live_%1', 'agent_x', repeat('%T', 64), '00000000-0000-0000-0000-000000000001', '2026-06-15 12:00:0%TZ',
        '{+393490000001,leads/%1}', '2026-01-01');
INSERT INTO rate_limits (tenant_id, principal, class, per_minute, burst) VALUES (%T, 'aga_live_%1', 'read', 1%1, 1%1);
INSERT INTO tenant_secrets (tenant_id, name, account, key_id, nonce, box, last_four)
VALUES (%T, 'retell', repeat('a', 16), 'k%T', decode(repeat('00', 24), 'hex'), decode(repeat('0%T', 17), 'hex'), '000%T');
INSERT INTO audit_events (id, tenant_id, who, action, subject, status, request_id, record, salt, personal, about)
OVERRIDING SYSTEM VALUE
VALUES (%1, %T, 'w%1', 'PATCH', 's%1', 200, 'req', '{"n":%1}', md5('%1'), 'p%1', '{+393490000001,leads/%1}'),
       (%2, %T, 'w%2', 'PATCH', 's%2', 200, 'req', '{"n":%2}', NULL, NULL, '{}');
INSERT INTO audit_entries (tenant_id, seq, event_id, hash) VALUES (%T, 1, %1, encode(sha256('%1'), 'hex'));
INSERT INTO audit_heads (tenant_id, seq, hash) VALUES (%T, 1, encode(sha256('%1'), 'hex'));

-- first only
UPDATE compliance_checks SET call_id = 11 WHERE id = 1;
INSERT INTO compliance_checks (id, tenant_id, call_id, to_number, country_iso, dnc_check, quiet_hours_check, consent_check,
                               disclosure_check, status, scheduled_time, engine_version, tzdata_version)
OVERRIDING SYSTEM VALUE
VALUES (1000, 1, 2000, '+393490000001', 'IT', 'passed', 'passed', 'passed', 'passed', 'approved', '2026-01-01', '1', '1');
INSERT INTO scheduled_calls (id, tenant_id, campaign_id, execution_id, lead_id, parent_id, to_number, scheduled_at, status)
OVERRIDING SYSTEM VALUE
VALUES (5, 1, 11, 11, 11, 11, '+393490000005', '2026-01-01', 'done'), (8, 1, 1, 1, 3, 11, '+393490000008', '2026-01-01', 'done'),
       (9, 1, NULL, NULL, 1, 1, '+393490000001', '2026-01-01', 'done');
INSERT INTO calls (id, tenant_id, call_id, scheduled_call_id, campaign_id, lead_id, to_number, status) OVERRIDING SYSTEM VALUE
VALUES (5, 1, 'call_5', 12, 1, 1, '+393490000005', 'completed');
INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, campaign_id, n, state, provider, to_number, dial_deadline,
                           lease_until)
VALUES ('00000000-0000-0000-0000-000000000005', 1, 18, 5, 11, 9, 'unknown', 'retell', '+393490000005', '2026-01-01', '2026-01-01');
INSERT INTO ledger_entries (tenant_id, seq, check_id, hash) VALUES (1, 2, 12, encode(sha256('12'), 'hex'));
INSERT INTO user_sessions (id, tenant_id, user_id, expires_at) OVERRIDING SYSTEM VALUE VALUES (5, 1, 11, '2027-01-01');
INSERT INTO audit_entries (tenant_id, seq, event_id, hash) VALUES (1, 2, 12, encode(sha256('12'), 'hex'));

-- second only
INSERT INTO tenants (id, name) OVERRIDING SYSTEM VALUE VALUES (3, 'active, as the second is not');
INSERT INTO users (id, tenant_id, email, role, password_hash) OVERRIDING SYSTEM VALUE
VALUES (31, 3, 'u31@example.com', 'admin', 'hash');
INSERT INTO user_sessions (id, tenant_id, user_id, expires_at) OVERRIDING SYSTEM VALUE VALUES (31, 3, 31, '2027-01-01');
INSERT INTO request_keys (tenant_id, principal, key, fingerprint, holder, locked_until)
VALUES (2, 'aga_live_1', 'agent_x', repeat('2', 64), '00000000-0000-0000-0000-000000000001', '2027-01-01');
INSERT INTO audit_entries (tenant_id, seq, event_id, hash) VALUES (2, 2, 2, encode(sha256('2'), 'hex'));
INSERT INTO dnc_imports (id, tenant_id, mode, source, registry, scrubbed_at, finished_at) OVERRIDING SYSTEM VALUE
VALUES (15, 2, 'full', 'registry', 'Q', '2026-01-01', '2026-01-01');
UPDATE tenants SET status = 'leaving' WHERE id = 2;
INSERT INTO scheduled_calls (id, tenant_id, campaign_id, execution_id, lead_id, parent_id, to_number, scheduled_at, status)
OVERRIDING SYSTEM VALUE
VALUES (15, 2, 1, 1, 4, 1, '+393490000002', '2026-01-01', 'queued'), (18, 2, NULL, 1, 3, NULL, '+393490000018', '2026-01-01', 'queued');
INSERT INTO calls (id, tenant_id, call_id, scheduled_call_id, campaign_id, lead_id, to_number, status, disposition, created_at)
OVERRIDING SYSTEM VALUE
VALUES (15, 2, 'call_15', 15, 1, 1, '+393490000001', 'completed', 'crossed', '2026-06-15 12:01Z'),
       (18, 2, 'call_18', NULL, NULL, NULL, '+393490000077', 'completed', NULL, '2026-01-01'),
       (19, 2, 'call_19', NULL, NULL, 12, '+393490000019', 'completed', 'crossed', '2026-01-01');
INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, campaign_id, n, state, provider, provider_call_id, to_number,
                           dial_deadline, lease_until)
VALUES ('00000000-0000-0000-0000-000000000015', 2, 9, 15, 1, 1, 'ongoing', 'retell', 'p15', '+393490000015', '2026-01-01', '2026-01-01'),
       ('00000000-0000-0000-0000-000000000019', 2, 15, 15, 1, 1, 'ended', 'retell', NULL, '+393490000019', '2026-01-01', '2026-01-01'),
       ('00000000-0000-0000-0000-000000000018', 2, 2, 15, 1, 8, 'ended', 'retell', NULL, '+393490000018', '2026-01-01', '2026-01-01');
INSERT INTO stray_calls (provider, provider_call_id, attempt_id) VALUES ('retell', 's15', '00000000-0000-0000-0000-000000000015');
INSERT INTO registry_scrubs (tenant_id, e164, registry, scrubbed_at) VALUES (2, '+393490000002', 'R', '2026-12-01');
INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, campaign_id, n, state, provider, to_number, from_number,
                           agent_id, outcome, dial_deadline, lease_until, created_at, updated_at)
SELECT ('00000000-0000-0000-0001-' || lpad(i::text, 12, '0'))::uuid, 2, 100 + i, 15, 1, 1, 'refuted', 'retell', '+393490000015',
       '+390200000001', CASE i WHEN 1 THEN 'agent_x' END, CASE i WHEN 1 THEN 'policy' ELSE 'unreachable' END, '2026-01-01',
       '2026-01-01', '2026-01-01', '2026-06-15 12:01Z'::timestamptz + i * interval '1 second'
  FROM generate_series(1, 6) i;
INSERT INTO compliance_checks (id, tenant_id, scheduled_call_id, campaign_id, lead_id, to_number, country_iso, dnc_check,
                               quiet_hours_check, consent_check, disclosure_check, status, rejection_code, scheduled_time,
                               engine_version, tzdata_version)
OVERRIDING SYSTEM VALUE
VALUES (15, 2, 1, 1, 1, '+393490000001', 'IT', 'passed', 'passed', 'passed', 'passed', 'rejected', 'X', '2026-01-01', '1', '1');
INSERT INTO leads (id, tenant_id, campaign_id, name, phone, country_iso) OVERRIDING SYSTEM VALUE
VALUES (17, 2, 1, 'L17', '+393490000077', 'IT');
INSERT INTO country_rules (id, tenant_id, country_iso, version, effective_from, document_hash) OVERRIDING SYSTEM VALUE
VALUES (15, 2, 'FR', 1, '2026-01-01', repeat('0', 64)), (16, 2, 'IT', 12, '2026-07-01', repeat('0', 64));
INSERT INTO erasures (id, tenant_id, asked_by, reason, number, leads) OVERRIDING SYSTEM VALUE
VALUES (15, 2, 'tenant', 'for that', '+393490000002', '{}');
INSERT INTO halts (id, tenant_id, scope, key, cause, reason) OVERRIDING SYSTEM VALUE
VALUES (15, 2, 'agent', 'agent_y', 'operator', 'h15');
INSERT INTO dnc_entries (id, tenant_id, e164, source, registry, created_at) OVERRIDING SYSTEM VALUE
VALUES (15, 2, '+393490000001', 'registry', 'RPO', '2026-01-01'), (16, 2, '+393490000077', 'manual', '', '2026-01-01'),
       (17, 2, '+393490000002', 'manual', '', '2026-01-01'), (19, 2, '+393490000002', 'registry', 'R', '2026-01-01');
INSERT INTO suppressed_numbers (tenant_id, hash, erasure_id)
SELECT 2, sha256(outer_pad || sha256(inner_pad || convert_to('+393490000001', 'UTF8'))), 11 FROM suppression_keys WHERE tenant_id = 2;
