-- Who is connected where, and what relays on one database tell each other.

-- A relay is there, for a while; whether it was all the time, and how many are there. Those that are not there any more are forgotten.
CREATE FUNCTION renew(_node bigint, _seconds integer, OUT known boolean, OUT nodes integer) LANGUAGE plpgsql AS $$
DECLARE gone bigint[];
BEGIN
    WITH over AS (
        DELETE FROM node WHERE node = ANY (ARRAY(
            SELECT node FROM node WHERE lease < clock_timestamp() AND node <> _node FOR UPDATE SKIP LOCKED
        )) RETURNING node
    )
    SELECT array_agg(node) INTO gone FROM over;
    DELETE FROM watching WHERE node = ANY (gone);
    UPDATE node SET lease = clock_timestamp() + make_interval(secs => _seconds) WHERE node = _node;
    known := FOUND;
    IF NOT known THEN
        INSERT INTO node VALUES (_node, clock_timestamp() + make_interval(secs => _seconds));
    END IF;
    SELECT count(*) INTO nodes FROM node WHERE lease > clock_timestamp();
END $$;

-- Devices are connected to this relay; their rows, and the number that each gives next.
CREATE FUNCTION watch(_node bigint, _keys bytea[], _devices integer[])
RETURNS TABLE (place bigint, mailbox bigint, next_sequence bigint) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO watching SELECT found.mailbox, _node FROM unnest(_keys, _devices) AS named (key, device)
        JOIN account USING (key)
        JOIN mailbox AS found ON found.account = account.account AND found.device = named.device ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT named.place, found.mailbox, found.next_sequence
        FROM unnest(_keys, _devices) WITH ORDINALITY AS named (key, device, place) JOIN account USING (key)
        JOIN mailbox AS found ON found.account = account.account AND found.device = named.device;
END $$;

CREATE FUNCTION unwatch(_node bigint, _mailboxes bigint[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM watching WHERE node = _node AND mailbox = ANY (_mailboxes);
$$;

CREATE FUNCTION leave(_node bigint) RETURNS void LANGUAGE sql AS $$
    DELETE FROM watching WHERE node = _node;
    DELETE FROM node WHERE node = _node;
$$;

-- Which of these mailboxes got something since.
CREATE FUNCTION changed(_mailboxes bigint[], _known bigint[]) RETURNS TABLE (mailbox bigint, next_sequence bigint)
LANGUAGE sql STABLE AS $$
    SELECT found.mailbox, found.next_sequence FROM unnest(_mailboxes, _known) AS named (mailbox, known)
        JOIN mailbox AS found ON found.mailbox = named.mailbox AND found.next_sequence <> named.known;
$$;

-- Tells the other relays that hold a connection of these mailboxes; a notification has less than 8,000 bytes.
CREATE FUNCTION wake(_node bigint, _mailboxes bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF is_alone(_node) THEN RETURN; END IF;
    PERFORM pg_notify('aside_' || to_hex(node), 'w' || string_agg(to_hex(mailbox), ' ')) FROM (
        SELECT node, mailbox, (row_number() OVER (PARTITION BY node) - 1) / 400 AS part
        FROM unnest(_mailboxes) AS mailbox JOIN watching USING (mailbox) JOIN node USING (node)
        WHERE node <> _node AND lease > clock_timestamp()
    ) AS told GROUP BY node, part;
END $$;

-- Whether no other relay is there.
CREATE FUNCTION is_alone(_node bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM node WHERE node <> _node AND lease > clock_timestamp());
END $$;

-- Hands what is not stored to the other relays that hold a connection of a device.
CREATE FUNCTION hand_on(_node bigint, _keys bytea[], _devices integer[], _words text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF is_alone(_node) THEN RETURN; END IF;
    PERFORM pg_notify('aside_' || to_hex(node), 't' || word)
        FROM unnest(_keys, _devices, _words) AS named (key, device, word) JOIN account USING (key)
        JOIN mailbox ON mailbox.account = account.account AND mailbox.device = named.device
        JOIN watching USING (mailbox) JOIN node USING (node) WHERE node <> _node AND lease > clock_timestamp();
END $$;
