-- Schema 1. Times are milliseconds since 1970-01-01 UTC.

CREATE TABLE account (
    account INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
    handle TEXT NOT NULL UNIQUE,
    list_version INTEGER NOT NULL
) STRICT;

CREATE TABLE device_list (
    account INTEGER NOT NULL REFERENCES account,
    version INTEGER NOT NULL,
    list BLOB NOT NULL,
    PRIMARY KEY (account, version)
) STRICT;

-- When the database was last opened to write, in milliseconds; every opening is later than the one before.
CREATE TABLE run (opened INTEGER NOT NULL) STRICT;
INSERT INTO run (opened) VALUES (0);

-- One for each device of the current list. `renumbered` is the run in which numbers were last given. `messages` and
-- `bytes` count the rows of `message`, also those behind the cursor that are not deleted yet; `swept` is how far they
-- are deleted.
CREATE TABLE mailbox (
    mailbox INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL CHECK (device BETWEEN 1 AND 127),
    next_sequence INTEGER NOT NULL DEFAULT 1,
    renumbered INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    swept INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, device)
) STRICT;

CREATE INDEX mailbox_to_sweep ON mailbox (mailbox) WHERE swept < acknowledged;

-- A rowid table: WITHOUT ROWID halves the rate of writing and triples the space of bodies this large.
CREATE TABLE message (
    message INTEGER PRIMARY KEY,
    mailbox INTEGER NOT NULL REFERENCES mailbox,
    sequence INTEGER NOT NULL,
    sender INTEGER NOT NULL REFERENCES mailbox,
    accepted_at INTEGER NOT NULL,
    envelope BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX message_in_order ON message (mailbox, sequence);

-- Accepted client ids, kept after the message itself is gone.
CREATE TABLE accepted (
    sender INTEGER NOT NULL REFERENCES mailbox,
    client_id BLOB NOT NULL CHECK (length(client_id) = 16),
    accepted_at INTEGER NOT NULL,
    PRIMARY KEY (sender, client_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX accepted_by_age ON accepted (accepted_at);

CREATE TABLE signed_prekey (
    mailbox INTEGER PRIMARY KEY REFERENCES mailbox,
    not_after INTEGER NOT NULL,
    prekey BLOB NOT NULL
) STRICT;

CREATE TABLE one_time_prekey (
    one_time_prekey INTEGER PRIMARY KEY,
    mailbox INTEGER NOT NULL REFERENCES mailbox,
    id INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    prekey BLOB NOT NULL,
    UNIQUE (mailbox, id)
) STRICT;

CREATE INDEX one_time_prekey_by_age ON one_time_prekey (not_after);

-- Every public key ever uploaded, so that none has two owners, two uses or two ids.
CREATE TABLE seen_key (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    mailbox INTEGER NOT NULL REFERENCES mailbox,
    key_use INTEGER NOT NULL,
    id INTEGER NOT NULL,
    UNIQUE (mailbox, key_use, id)
) STRICT, WITHOUT ROWID;
