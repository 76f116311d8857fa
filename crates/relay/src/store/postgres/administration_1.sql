-- What an operator decides about accounts, and what is held, in numbers.

-- Whether a device may do something for itself.
CREATE FUNCTION standing(_key bytea) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE since bigint;
BEGIN
    SELECT suspended_at INTO since FROM account WHERE key = _key AND released_at IS NULL;
    IF NOT FOUND THEN RETURN 'no device'; END IF;
    RETURN CASE WHEN since IS NOT NULL THEN 'suspended' END;
END $$;

-- Locks what an account does and what it is sent: all of it is over, or sees what follows.
CREATE FUNCTION hold(_home bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM mailbox JOIN store USING (mailbox) WHERE account = _home ORDER BY store.mailbox
        FOR NO KEY UPDATE OF store;
    PERFORM FROM mailbox WHERE account = _home ORDER BY mailbox FOR NO KEY UPDATE;
END $$;

-- The devices of an account, to be woken.
CREATE FUNCTION devices_of(_home bigint) RETURNS TABLE (key bytea, device integer, mailbox bigint) LANGUAGE sql STABLE AS $$
    SELECT key, device, mailbox FROM account JOIN mailbox USING (account) WHERE account = _home;
$$;

CREATE FUNCTION suspend(_handle text, _at bigint) RETURNS TABLE (key bytea, device integer, mailbox bigint)
LANGUAGE plpgsql AS $$
DECLARE home bigint;
BEGIN
    SELECT account INTO home FROM account WHERE handle = _handle;
    IF NOT FOUND THEN PERFORM refuse('no handle'); END IF;
    PERFORM hold(home);
    UPDATE account SET suspended_at = CASE WHEN _at IS NOT NULL THEN coalesce(suspended_at, _at) END WHERE account = home;
    IF _at IS NOT NULL THEN RETURN QUERY SELECT * FROM devices_of(home); END IF;
END $$;

-- Closes an account and keeps its handle from everybody for a time.
CREATE FUNCTION release(_handle text, _now bigint, _quarantine bigint)
RETURNS TABLE (free bigint, key bytea, device integer, mailbox bigint) LANGUAGE plpgsql AS $$
DECLARE home bigint;
BEGIN
    SELECT free_at INTO free FROM released_handle WHERE handle = _handle;
    IF FOUND THEN RETURN NEXT; RETURN; END IF;
    SELECT account INTO home FROM account WHERE handle = _handle;
    IF NOT FOUND THEN PERFORM refuse('no handle'); END IF;
    PERFORM hold(home);
    free := (SELECT passed FROM run) + _quarantine;
    INSERT INTO released_handle VALUES (_handle, home, free);
    -- No handle begins with a digit, so nobody can ask for this one.
    UPDATE account SET released_at = _now, handle = home::text WHERE account = home;
    RETURN QUERY SELECT free, held.* FROM devices_of(home) AS held;
END $$;

-- Gives a released handle back to its account.
CREATE FUNCTION reinstate(_handle text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE home bigint;
BEGIN
    DELETE FROM released_handle WHERE handle = _handle RETURNING account INTO home;
    IF home IS NULL THEN PERFORM refuse('no handle'); END IF;
    UPDATE account SET released_at = NULL, handle = _handle WHERE account = home;
END $$;

-- What the mailboxes of an account may hold; NULL for what all others may.
CREATE FUNCTION set_capacity(_handle text, _messages bigint, _bytes bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE home bigint;
BEGIN
    SELECT account INTO home FROM account WHERE handle = _handle;
    IF NOT FOUND THEN PERFORM refuse('no handle'); END IF;
    PERFORM hold(home);
    UPDATE mailbox SET room_messages = _messages, room_bytes = _bytes WHERE account = home;
END $$;

-- Devices of accounts that were suspended or released of late, perhaps by another process.
CREATE FUNCTION suspended_since(_since bigint) RETURNS TABLE (key bytea, device integer) LANGUAGE sql STABLE AS $$
    SELECT key, device FROM account JOIN mailbox USING (account) WHERE suspended_at > _since
    UNION ALL SELECT key, device FROM released_handle JOIN account USING (account) JOIN mailbox USING (account)
        WHERE released_at > _since;
$$;

-- One step of deleting what a released account left; then its handle is free. Whether more remains. Its keys stay, so
-- that nobody can use them again, and what it sent stays until it is fetched or over.
CREATE FUNCTION clear_released(_passed bigint, _rows integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE home bigint; owners bigint[]; over bigint;
BEGIN
    SELECT account INTO home FROM released_handle WHERE free_at <= _passed LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM hold(home);
    SELECT array_agg(mailbox) INTO owners FROM mailbox WHERE account = home;
    UPDATE message SET until = 0 WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM message WHERE mailbox = ANY (owners) AND until > 0 LIMIT _rows));
    GET DIAGNOSTICS over = ROW_COUNT;
    IF over = 0 THEN
        DELETE FROM signed_prekey WHERE mailbox = ANY (owners);
        DELETE FROM one_time_prekey WHERE mailbox = ANY (owners);
        DELETE FROM listed WHERE account = home;
        DELETE FROM settings WHERE account = home;
        DELETE FROM declaration WHERE declarer = home;
        DELETE FROM device_list WHERE account = home;
        DELETE FROM released_handle WHERE account = home;
    END IF;
    RETURN true;
END $$;

CREATE FUNCTION account_summary(_handle text)
RETURNS TABLE (
    key bytea, suspended bigint, free bigint, device integer, messages bigint, bytes bigint, room_messages bigint,
    room_bytes bigint, prekeys bigint
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT a.key, a.suspended_at, r.free_at, m.device, m.messages, m.bytes, m.room_messages, m.room_bytes,
            (SELECT count(*) FROM one_time_prekey AS p WHERE p.mailbox = m.mailbox)
        FROM account AS a LEFT JOIN released_handle AS r USING (account) JOIN mailbox AS m USING (account)
        WHERE a.account = coalesce((SELECT account FROM released_handle WHERE handle = _handle),
            (SELECT account FROM account WHERE handle = _handle))
        ORDER BY m.device;
    IF NOT FOUND THEN PERFORM refuse('no handle'); END IF;
END $$;

-- The mailboxes know what is in them, so that messages need not be counted one by one; only the oldest is looked for among
-- all of them.
CREATE FUNCTION statistics(
    OUT accounts bigint, OUT suspended bigint, OUT released bigint, OUT devices bigint, OUT messages bigint,
    OUT bytes bigint, OUT oldest bigint, OUT logs bigint, OUT entries bigint, OUT prekeys bigint, OUT disk bigint
) LANGUAGE plpgsql STABLE SET enable_seqscan = on SET enable_hashjoin = on AS $$
BEGIN
    SELECT count(*), count(suspended_at) INTO accounts, suspended FROM account WHERE released_at IS NULL;
    SELECT count(*) INTO released FROM released_handle;
    SELECT count(*) FILTER (WHERE released_at IS NULL), coalesce(sum(m.messages), 0), coalesce(sum(m.bytes), 0)
        INTO devices, messages, bytes FROM mailbox AS m JOIN account USING (account);
    SELECT min(accepted_at) INTO oldest FROM message;
    SELECT count(*), coalesce(sum(newest), 0) INTO logs, entries FROM log;
    SELECT count(*) INTO prekeys FROM one_time_prekey;
    disk := pg_database_size(current_database());
END $$;
