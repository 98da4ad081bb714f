-- Everybody's list, kept by the operator: why a number is on it, and what became of those taken off.

ALTER TABLE platform_dnc_entries ADD COLUMN reason TEXT;

CREATE TABLE platform_dnc_removed (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    e164           TEXT NOT NULL,
    source         TEXT NOT NULL,
    reason         TEXT,
    created_at     TIMESTAMPTZ NOT NULL, -- since when it had been on the list
    removed_reason TEXT NOT NULL CHECK (removed_reason <> ''),
    removed_at     TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX platform_dnc_removed_number ON platform_dnc_removed (e164);
