-- Schema 4: mail has its time.

-- How much time has passed by the relay's own count, in milliseconds since 1970, and what its clock said when that was
-- noted. The count begins as the clock stands.
ALTER TABLE run ADD COLUMN passed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;
UPDATE run SET passed = CAST(unixepoch('subsec') * 1000 AS INTEGER), noted = CAST(unixepoch('subsec') * 1000 AS INTEGER);

-- When it is over, by that count. What is there already waits for thirty days more.
ALTER TABLE message ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
UPDATE message SET until = (SELECT passed + 2592000000 FROM run);

CREATE INDEX message_by_time ON message (until);
