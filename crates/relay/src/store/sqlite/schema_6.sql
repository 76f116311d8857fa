-- Schema 6: what an operator decides about an account.

-- When it was suspended, by the clock, and when its handle was released; NULL if it was not.
ALTER TABLE account ADD COLUMN suspended_at INTEGER;
ALTER TABLE account ADD COLUMN released_at INTEGER;

CREATE INDEX account_by_suspension ON account (suspended_at) WHERE suspended_at IS NOT NULL;

-- A handle that nobody can claim until what its account left is deleted; `free_at` by the count of `run`. The account
-- itself has then a handle that nobody can ask for.
CREATE TABLE released_handle (
    handle TEXT PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account,
    free_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX released_handle_by_time ON released_handle (free_at);

-- What this mailbox may hold instead of what others may; NULL for the same.
ALTER TABLE mailbox ADD COLUMN room_messages INTEGER;
ALTER TABLE mailbox ADD COLUMN room_bytes INTEGER;
