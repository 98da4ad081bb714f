-- How often a worker died while it worked on the row (F54); what is looked at to its end begins anew.
ALTER TABLE scheduled_calls ADD COLUMN crashes INT NOT NULL DEFAULT 0;
