-- Schema 5: how far the store of each device has come. 0 and no token until it has said so.

ALTER TABLE mailbox ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN token BLOB CHECK (length(token) = 16);
