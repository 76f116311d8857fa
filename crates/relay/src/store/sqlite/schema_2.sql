-- Schema 2: what groups need.

-- An envelope in many mailboxes; it is deleted with the last row of `message` that names it.
CREATE TABLE body (
    body INTEGER PRIMARY KEY,
    envelope BLOB NOT NULL
) STRICT;

-- If a body is named, the row's own envelope is empty.
ALTER TABLE message ADD COLUMN body INTEGER REFERENCES body;

CREATE INDEX message_by_body ON message (body) WHERE body IS NOT NULL;

-- Neither who appended nor when: nobody asks for it.
CREATE TABLE log (
    log INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    newest INTEGER NOT NULL
) STRICT;

CREATE TABLE log_entry (
    log_entry INTEGER PRIMARY KEY,
    log INTEGER NOT NULL REFERENCES log,
    position INTEGER NOT NULL,
    entry BLOB NOT NULL,
    UNIQUE (log, position)
) STRICT;
