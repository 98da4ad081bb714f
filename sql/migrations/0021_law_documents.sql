-- Each version of a rule as a document under its hash: decisions name it, and are made again from it.

-- Kept whatever becomes of the row: closed, edited by a migration, or gone.
CREATE TABLE law_documents (
    hash       TEXT PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'), -- SHA-256 of the document's bytes
    document   TEXT NOT NULL,
    written_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER law_documents_stand BEFORE UPDATE OR DELETE ON law_documents
    FOR EACH ROW EXECUTE FUNCTION ledger_stands();

ALTER TABLE platform_country_rules ADD COLUMN document_hash TEXT REFERENCES law_documents (hash);
ALTER TABLE country_rules ADD COLUMN document_hash TEXT REFERENCES law_documents (hash);

-- What the engine reads of a rule, and nothing else: jsonb has one spelling for one content.
CREATE FUNCTION law_document(rule JSONB) RETURNS TEXT IMMUTABLE LANGUAGE sql AS $$
    SELECT jsonb_object_agg(key, value)::text
      FROM jsonb_each(rule)
     WHERE value <> 'null'
       AND key IN ('country_iso', 'enabled', 'require_disclosure', 'disclosure_text', 'require_explicit_consent',
                   'dnc_registry_enabled', 'dnc_check_required', 'quiet_hours_enabled', 'quiet_hours', 'timezone',
                   'require_recording_consent', 'recording_disclosure_text', 'data_retention_days', 'extended')
$$;

CREATE FUNCTION keep_law_document() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    text_of TEXT := law_document(to_jsonb(NEW));
BEGIN
    NEW.document_hash := encode(sha256(convert_to(text_of, 'UTF8')), 'hex');
    INSERT INTO law_documents (hash, document) VALUES (NEW.document_hash, text_of) ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;
CREATE TRIGGER platform_rules_kept BEFORE INSERT OR UPDATE ON platform_country_rules
    FOR EACH ROW EXECUTE FUNCTION keep_law_document();
CREATE TRIGGER country_rules_kept BEFORE INSERT OR UPDATE ON country_rules
    FOR EACH ROW EXECUTE FUNCTION keep_law_document();

UPDATE platform_country_rules SET updated_at = updated_at;
UPDATE country_rules SET updated_at = updated_at;
ALTER TABLE platform_country_rules ALTER COLUMN document_hash SET NOT NULL;
ALTER TABLE country_rules ALTER COLUMN document_hash SET NOT NULL;
