-- Schema 7: client ids are forgotten by the count of `run`, and not by the clock.

-- How far the count had come when it was accepted. What is there already waits for thirty days more.
ALTER TABLE accepted ADD COLUMN passed INTEGER NOT NULL DEFAULT 0;
UPDATE accepted SET passed = (SELECT passed FROM run);

DROP INDEX accepted_by_age;
CREATE INDEX accepted_by_age ON accepted (passed);
