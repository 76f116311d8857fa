-- What is read in one look.

-- Messages after a number and after the acknowledged ones, without those that are over. The last does not go over the
-- bytes, unless it is the first.
CREATE FUNCTION fetch_after(_key bytea, _device integer, _after bigint, _messages bigint, _bytes bigint, _passed bigint)
RETURNS TABLE (
    sequence bigint, sender_key bytea, sender_device integer, accepted_at bigint, until bigint, envelope bytea
) LANGUAGE plpgsql STABLE AS $$
DECLARE owner bigint; cursor bigint; total bigint := 0; is_first boolean := true; since bigint;
BEGIN
    SELECT mailbox.mailbox, acknowledged, suspended_at INTO owner, cursor, since
        FROM account JOIN mailbox USING (account) WHERE key = _key AND device = _device AND released_at IS NULL;
    IF NOT FOUND THEN PERFORM refuse('no device'); END IF;
    IF since IS NOT NULL THEN PERFORM refuse('suspended'); END IF;
    FOR sequence, sender_key, sender_device, accepted_at, until, envelope IN
        SELECT m.sequence, account.key, author.device, m.accepted_at, m.until, coalesce(body.envelope, m.envelope)
        FROM message AS m JOIN mailbox AS author ON author.mailbox = m.sender JOIN account USING (account)
        LEFT JOIN body ON body.body = m.body
        WHERE m.mailbox = owner AND m.sequence > greatest(_after, cursor) AND m.until > _passed
        ORDER BY m.sequence LIMIT _messages
    LOOP
        total := total + length(envelope);
        EXIT WHEN total > _bytes AND NOT is_first;
        is_first := false;
        RETURN NEXT;
    END LOOP;
END $$;

-- The highest number given.
CREATE FUNCTION newest(_key bytea, _device integer) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE newest bigint;
BEGIN
    SELECT next_sequence - 1 INTO newest FROM account JOIN mailbox USING (account)
        WHERE key = _key AND device = _device AND released_at IS NULL;
    IF NOT FOUND THEN PERFORM refuse('no device'); END IF;
    RETURN newest;
END $$;

-- The highest number of what waits and is not over; 0 for none. Walks the index from its end.
CREATE FUNCTION waiting(_key bytea, _device integer, _passed bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE owner bigint; cursor bigint;
BEGIN
    SELECT mailbox, acknowledged INTO owner, cursor
        FROM account JOIN mailbox USING (account)
        WHERE key = _key AND device = _device AND released_at IS NULL;
    IF NOT FOUND THEN PERFORM refuse('no device'); END IF;
    RETURN coalesce((SELECT sequence FROM message WHERE mailbox = owner AND sequence > cursor AND until > _passed
        ORDER BY sequence DESC LIMIT 1), 0);
END $$;

-- Entries of a log from a position on, none beyond the newest that is reported with them.
CREATE FUNCTION entries_from(
    _log bytea, _position bigint, _entries bigint, _bytes bigint, OUT newest bigint, OUT entries bytea[]
) LANGUAGE plpgsql STABLE AS $$
DECLARE the_log bigint; next_entry bytea; total bigint := 0;
BEGIN
    entries := '{}';
    SELECT log, log.newest INTO the_log, newest FROM log WHERE id = _log;
    IF NOT FOUND THEN newest := 0; RETURN; END IF;
    FOR next_entry IN
        SELECT entry FROM log_entry WHERE log = the_log AND position BETWEEN _position AND newest
        ORDER BY position LIMIT _entries
    LOOP
        total := total + length(next_entry);
        EXIT WHEN total > _bytes AND cardinality(entries) > 0;
        entries := entries || next_entry;
    END LOOP;
END $$;

-- Device lists with a version above the one given; of a handle or of an account.
CREATE FUNCTION directory(
    _handle text, _key bytea, _version bigint, _most integer, OUT refused text, OUT handle text, OUT key bytea, OUT lists bytea[]
) LANGUAGE plpgsql STABLE AS $$
DECLARE home bigint;
BEGIN
    SELECT account.account, account.handle, account.key INTO home, handle, key
        FROM account WHERE (account.handle = _handle OR account.key = _key) AND released_at IS NULL;
    IF NOT FOUND THEN refused := CASE WHEN _handle IS NULL THEN 'no account' ELSE 'no handle' END; RETURN; END IF;
    SELECT coalesce(array_agg(list ORDER BY version), '{}') INTO lists FROM (
        SELECT list, version FROM device_list WHERE account = home AND version > _version ORDER BY version LIMIT _most
    ) AS page;
END $$;

-- The version of the recipient's current device list, and whether it is suspended, if its settings let the sender hand it
-- something in a session.
CREATE FUNCTION session_reach(
    _sender bytea, _recipient bytea, OUT refused text, OUT version bigint, OUT is_suspended boolean
) LANGUAGE plpgsql STABLE AS $$
DECLARE level integer; known boolean;
BEGIN
    -- As in `enqueue`.
    SELECT list_version, suspended_at IS NOT NULL, sessions, blocked INTO version, is_suspended, level, known
        FROM account LEFT JOIN settings USING (account)
        LEFT JOIN listed ON listed.account = account.account AND other = _sender
        WHERE key = _recipient AND released_at IS NULL;
    IF NOT FOUND THEN refused := 'no account';
    ELSIF is_shut_out(level, known) AND _sender <> _recipient THEN refused := 'unreachable';
    END IF;
END $$;
