-- Whether the resource does not receive patients in a cell after all. An older program does not know of it: what it adds
-- is received as ever.
ALTER TABLE slot ADD COLUMN absent INTEGER NOT NULL DEFAULT 0;
