-- Schema 3: who may write to whom.

-- Settings as they were signed. `threads` and `sessions` are what counts here: 1 everyone, 2 contacts, 3 nobody.
CREATE TABLE settings (
    account INTEGER PRIMARY KEY REFERENCES account,
    version INTEGER NOT NULL,
    threads INTEGER NOT NULL CHECK (threads BETWEEN 1 AND 3),
    sessions INTEGER NOT NULL CHECK (sessions BETWEEN 1 AND 3),
    settings BLOB NOT NULL
) STRICT;

-- The lists of those settings, one row for each account named; a key may be that of nobody here.
CREATE TABLE listed (
    account INTEGER NOT NULL REFERENCES account,
    other BLOB NOT NULL CHECK (length(other) = 32),
    blocked INTEGER NOT NULL CHECK (blocked BETWEEN 0 AND 1),
    PRIMARY KEY (account, other)
) STRICT, WITHOUT ROWID;

CREATE TABLE declaration (
    declarer INTEGER NOT NULL REFERENCES account,
    peer INTEGER NOT NULL REFERENCES account,
    version INTEGER NOT NULL,
    declaration BLOB NOT NULL,
    PRIMARY KEY (declarer, peer)
) STRICT, WITHOUT ROWID;
