-- Events that kill the workers that apply them are set aside (F54).

ALTER TABLE webhook_inbox ADD COLUMN runs INTEGER NOT NULL DEFAULT 0; -- begun and not known to have ended
