-- Schema 1. Times are milliseconds since 1970-01-01 UTC. What is busy has no foreign keys: each would look at, and lock,
-- a row that the function at work has looked at already.

-- `opened` is when a writing connection was opened last, each later than the one before; `passed` is how much time has
-- passed by the relay's own count, `noted` what the clocks of a node and of the database said when that was noted. `key`
-- is the relay's public key.
CREATE TABLE run (
    opened bigint NOT NULL,
    passed bigint NOT NULL,
    noted bigint NOT NULL,
    noted_here bigint NOT NULL,
    key bytea CHECK (length(key) = 32)
);

CREATE TABLE account (
    account bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    key bytea NOT NULL UNIQUE CHECK (length(key) = 32),
    handle text COLLATE "C" NOT NULL UNIQUE,
    list_version bigint NOT NULL,
    suspended_at bigint,
    released_at bigint
);

CREATE INDEX account_by_suspension ON account (suspended_at) WHERE suspended_at IS NOT NULL;

-- A handle that nobody can claim until what its account left is deleted; `free_at` by the count of `run`. The account
-- itself has then a handle that nobody can ask for.
CREATE TABLE released_handle (
    handle text COLLATE "C" PRIMARY KEY,
    account bigint NOT NULL UNIQUE REFERENCES account,
    free_at bigint NOT NULL
);

CREATE INDEX released_handle_by_time ON released_handle (free_at);

CREATE TABLE device_list (
    account bigint NOT NULL REFERENCES account,
    version bigint NOT NULL,
    list bytea NOT NULL,
    PRIMARY KEY (account, version)
);

-- One for each device of the current list. `renumbered` is the run in which numbers were last given. `messages` and
-- `bytes` count the rows of `message`, also those behind the cursor that are not deleted yet; `swept` is how far they
-- are deleted; `room_messages` and `room_bytes` are what it may hold instead of what others may. Half of each page is left free, and no index has a column that changes, so that a change stays on its page.
CREATE TABLE mailbox (
    mailbox bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account bigint NOT NULL REFERENCES account,
    device integer NOT NULL CHECK (device BETWEEN 1 AND 127),
    next_sequence bigint NOT NULL DEFAULT 1,
    renumbered bigint NOT NULL,
    acknowledged bigint NOT NULL DEFAULT 0,
    swept bigint NOT NULL DEFAULT 0,
    messages bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    room_messages bigint,
    room_bytes bigint,
    UNIQUE (account, device)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- Mailboxes with rows behind the cursor.
CREATE TABLE to_sweep (mailbox bigint PRIMARY KEY);

-- How far the store of each device has come; 0 and no token until it has said so. Whoever sends holds the lock of its row.
CREATE TABLE store (
    mailbox bigint PRIMARY KEY REFERENCES mailbox,
    generation bigint NOT NULL DEFAULT 0,
    token bytea CHECK (length(token) = 16)
) WITH (fillfactor = 50);

-- If a body is named, the row's own envelope is empty.
CREATE TABLE message (
    mailbox bigint NOT NULL,
    sequence bigint NOT NULL,
    sender bigint NOT NULL,
    accepted_at bigint NOT NULL,
    until bigint NOT NULL,
    body bigint,
    envelope bytea NOT NULL,
    PRIMARY KEY (mailbox, sequence)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);

CREATE INDEX message_by_time ON message (until);
CREATE INDEX message_by_body ON message (body) WHERE body IS NOT NULL;

-- An envelope in many mailboxes; it is deleted with the last row of `message` that names it.
CREATE SEQUENCE bodies;
CREATE TABLE body (
    body bigint PRIMARY KEY,
    envelope bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- Bodies that two mailboxes let go at the same moment; the sweep looks at them again.
CREATE TABLE released (body bigint NOT NULL);

-- Ciphertext does not shrink.
ALTER TABLE message ALTER COLUMN envelope SET STORAGE EXTERNAL;
ALTER TABLE body ALTER COLUMN envelope SET STORAGE EXTERNAL;

-- Accepted client ids, kept after the message itself is gone; `passed` is how far the count of `run` had come.
CREATE TABLE accepted (
    sender bigint NOT NULL,
    client_id bytea NOT NULL CHECK (length(client_id) = 16),
    accepted_at bigint NOT NULL,
    passed bigint NOT NULL,
    PRIMARY KEY (sender, client_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX accepted_by_age ON accepted (passed);

CREATE TABLE signed_prekey (
    mailbox bigint PRIMARY KEY REFERENCES mailbox,
    not_after bigint NOT NULL,
    prekey bytea NOT NULL
);

CREATE TABLE one_time_prekey (
    one_time_prekey bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    mailbox bigint NOT NULL REFERENCES mailbox,
    id bigint NOT NULL,
    not_after bigint NOT NULL,
    prekey bytea NOT NULL,
    UNIQUE (mailbox, id)
);

CREATE INDEX one_time_prekey_in_order ON one_time_prekey (mailbox, one_time_prekey);
CREATE INDEX one_time_prekey_by_age ON one_time_prekey (not_after);

-- Every public key ever uploaded, so that none has two owners, two uses or two ids.
CREATE TABLE seen_key (
    key bytea PRIMARY KEY CHECK (length(key) = 32),
    mailbox bigint NOT NULL REFERENCES mailbox,
    key_use integer NOT NULL,
    id bigint NOT NULL,
    UNIQUE (mailbox, key_use, id)
);

-- Neither who appended nor when: nobody asks for it.
CREATE TABLE log (
    log bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id bytea NOT NULL UNIQUE CHECK (length(id) = 32),
    newest bigint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE log_entry (
    log bigint NOT NULL REFERENCES log,
    position bigint NOT NULL,
    entry bytea NOT NULL,
    PRIMARY KEY (log, position)
);
ALTER TABLE log_entry ALTER COLUMN entry SET STORAGE EXTERNAL;

-- Settings as they were signed. `threads` and `sessions` are what counts here: 1 everyone, 2 contacts, 3 nobody.
CREATE TABLE settings (
    account bigint PRIMARY KEY REFERENCES account,
    version bigint NOT NULL,
    threads integer NOT NULL CHECK (threads BETWEEN 1 AND 3),
    sessions integer NOT NULL CHECK (sessions BETWEEN 1 AND 3),
    settings bytea NOT NULL
);

-- The lists of those settings, one row for each account named; a key may be that of nobody here.
CREATE TABLE listed (
    account bigint NOT NULL REFERENCES account,
    other bytea NOT NULL CHECK (length(other) = 32),
    blocked boolean NOT NULL,
    PRIMARY KEY (account, other)
);

CREATE TABLE declaration (
    declarer bigint NOT NULL REFERENCES account,
    peer bigint NOT NULL REFERENCES account,
    version bigint NOT NULL,
    declaration bytea NOT NULL,
    PRIMARY KEY (declarer, peer)
);

-- The relays at work on this database, and the devices connected to each. Lost in a crash of the database, and written
-- anew by whoever is still there.
CREATE UNLOGGED TABLE node (node bigint PRIMARY KEY, lease timestamptz NOT NULL);
CREATE UNLOGGED TABLE watching (
    mailbox bigint NOT NULL,
    node bigint NOT NULL,
    PRIMARY KEY (mailbox, node)
);
CREATE INDEX watching_by_node ON watching (node);

INSERT INTO run (opened, passed, noted, noted_here)
    SELECT 0, now, now, now FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now) AS clock;
