-- Which numbers were taken off the list: asked for each number of an imported file.

CREATE INDEX dnc_removed ON dnc_entries (tenant_id, e164) WHERE removed_at IS NOT NULL;
