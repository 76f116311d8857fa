-- What one connection commits together with others. Each function looks before it writes and answers why not, so that
-- one that is refused leaves the others in its transaction alone. None of them waits: whatever another transaction could
-- hold was locked by `lock_rows` before.

-- Locks, each kind in one order for everybody: the stores of devices that do something, the mailboxes that change, logs.
CREATE FUNCTION lock_rows(
    _stores bytea[], _store_devices integer[], _mailboxes bytea[], _mailbox_devices integer[], _logs bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM unnest(_stores, _store_devices) AS named (key, device)
        JOIN account USING (key) JOIN mailbox ON mailbox.account = account.account AND mailbox.device = named.device
        JOIN store ON store.mailbox = mailbox.mailbox ORDER BY store.mailbox FOR NO KEY UPDATE OF store;
    PERFORM FROM unnest(_mailboxes, _mailbox_devices) AS named (key, device)
        JOIN account USING (key) JOIN mailbox ON mailbox.account = account.account AND mailbox.device = named.device
        ORDER BY mailbox.mailbox FOR NO KEY UPDATE OF mailbox;
    PERFORM pg_advisory_xact_lock(id) FROM unnest(_logs) AS id;
END $$;

-- The row of a sender whose store has not been overtaken, and when it was given the same client id before.
CREATE FUNCTION author(
    _key bytea, _device integer, _generation bigint, _client_id bytea,
    OUT refused text, OUT author bigint, OUT home bigint, OUT accepted bigint
) LANGUAGE plpgsql AS $$
DECLARE newest bigint; since bigint;
BEGIN
    SELECT mailbox.mailbox, mailbox.account, generation, accepted_at, suspended_at
        INTO author, home, newest, accepted, since
        FROM account JOIN mailbox USING (account) JOIN store USING (mailbox)
        LEFT JOIN accepted ON accepted.sender = mailbox.mailbox AND accepted.client_id = _client_id
        WHERE key = _key AND device = _device AND released_at IS NULL;
    IF NOT FOUND THEN refused := 'no device';
    ELSIF since IS NOT NULL THEN refused := 'suspended';
    ELSIF newest > _generation THEN refused := 'stale store';
    END IF;
END $$;

CREATE FUNCTION enqueue(
    _sender bytea, _device integer, _generation bigint, _client_id bytea, _recipient bytea, _in_session boolean,
    _list_version bigint, _devices integer[], _envelopes bytea[], _now bigint, _passed bigint, _until bigint,
    _messages bigint, _bytes bigint,
    OUT refused text, OUT accepted bigint, OUT mailboxes bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    author bigint; sender_home bigint; recipient_home bigint; current bigint; level integer; known boolean;
    devices integer[]; has_room boolean; number bigint; run bigint := (SELECT opened FROM run);
BEGIN
    SELECT * INTO refused, author, sender_home, accepted FROM author(_sender, _device, _generation, _client_id);
    IF refused IS NOT NULL OR accepted IS NOT NULL THEN RETURN; END IF;

    -- Both levels and both lists are looked at in one statement, so that each "no" takes what the others take.
    SELECT account.account, list_version, CASE WHEN _in_session THEN sessions ELSE threads END, blocked
        INTO recipient_home, current, level, known
        FROM account LEFT JOIN settings USING (account)
        LEFT JOIN listed ON listed.account = account.account AND other = _sender
        WHERE key = _recipient AND released_at IS NULL;
    IF NOT FOUND THEN refused := 'no account'; RETURN; END IF;
    IF is_shut_out(level, known) AND sender_home <> recipient_home THEN refused := 'unreachable'; RETURN; END IF;
    IF NOT _in_session AND EXISTS (
        SELECT FROM declaration WHERE (declarer, peer) = (sender_home, recipient_home)
            OR (declarer, peer) = (recipient_home, sender_home)
    ) THEN refused := 'encrypted only'; RETURN; END IF;
    IF current <> _list_version THEN refused := 'stale devices'; RETURN; END IF;

    SELECT array_agg(mailbox ORDER BY device), array_agg(device ORDER BY device),
        bool_and(messages < coalesce(room_messages, _messages)
            AND bytes + length(_envelopes[array_position(_devices, device)]) <= coalesce(room_bytes, _bytes))
        INTO mailboxes, devices, has_room FROM mailbox WHERE account = recipient_home;
    IF devices IS DISTINCT FROM _devices THEN refused := 'parcels'; RETURN; END IF;
    IF NOT has_room THEN refused := 'full'; RETURN; END IF;

    FOR i IN 1 .. cardinality(mailboxes) LOOP
        UPDATE mailbox SET next_sequence = next_number(next_sequence, renumbered, run) + 1, renumbered = run,
            messages = messages + 1, bytes = bytes + length(_envelopes[i])
            WHERE mailbox = mailboxes[i] RETURNING next_sequence - 1 INTO number;
        INSERT INTO message (mailbox, sequence, sender, accepted_at, until, envelope)
            VALUES (mailboxes[i], number, author, _now, _until, _envelopes[i]);
    END LOOP;
    INSERT INTO accepted VALUES (author, _client_id, _now, _passed);
    accepted := _now;
END $$;

-- Whom settings exclude: of no settings nobody, otherwise whoever is blocked, no contact, or like everybody not wanted.
CREATE FUNCTION is_shut_out(level integer, blocked boolean) RETURNS boolean LANGUAGE sql IMMUTABLE
    RETURN level IS NOT NULL AND CASE blocked WHEN true THEN true WHEN false THEN level >= 3 ELSE level >= 2 END;

-- The first number of a run is not below the time of its start.
CREATE FUNCTION next_number(next_sequence bigint, renumbered bigint, opened bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN renumbered = opened THEN next_sequence ELSE greatest(next_sequence, opened) END;

-- What messages that pass no settings may take of so much room.
CREATE FUNCTION open_part(_room bigint, _free bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN _room - _room / _free;

-- Puts a message into the mailboxes that exist and have room; `unknown` and `crowded` are places among the recipients.
CREATE FUNCTION deliver(
    _author bigint, _client_id bytea, _keys bytea[], _devices integer[], _envelope bytea, _now bigint, _passed bigint, _until bigint,
    _messages bigint, _bytes bigint, _free bigint,
    OUT mailboxes bigint[], OUT unknown integer[], OUT crowded integer[]
) LANGUAGE plpgsql AS $$
DECLARE the_body bigint := nextval('bodies'); run bigint := (SELECT opened FROM run);
BEGIN
    WITH named AS (
        SELECT place::integer, mailbox.mailbox
            FROM unnest(_keys, _devices) WITH ORDINALITY AS named (key, device, place)
            LEFT JOIN account ON account.key = named.key AND released_at IS NULL
            LEFT JOIN mailbox ON mailbox.account = account.account AND mailbox.device = named.device
    ), placed AS (
        UPDATE mailbox SET next_sequence = next_number(next_sequence, renumbered, run) + 1, renumbered = run,
            messages = messages + 1, bytes = bytes + length(_envelope)
            FROM named WHERE mailbox.mailbox = named.mailbox
            AND messages < open_part(coalesce(room_messages, _messages), _free)
            AND bytes + length(_envelope) <= open_part(coalesce(room_bytes, _bytes), _free)
            RETURNING mailbox.mailbox, next_sequence - 1 AS number
    ), stored AS (
        INSERT INTO message (mailbox, sequence, sender, accepted_at, until, body, envelope)
            SELECT mailbox, number, _author, _now, _until, the_body, '' FROM placed
    )
    SELECT array_agg(placed.mailbox) FILTER (WHERE placed.mailbox IS NOT NULL),
        array_agg(place) FILTER (WHERE named.mailbox IS NULL),
        array_agg(place) FILTER (WHERE named.mailbox IS NOT NULL AND placed.mailbox IS NULL)
        INTO mailboxes, unknown, crowded FROM named LEFT JOIN placed ON placed.mailbox = named.mailbox;
    IF mailboxes IS NOT NULL THEN
        INSERT INTO body VALUES (the_body, _envelope);
    END IF;
    INSERT INTO accepted VALUES (_author, _client_id, _now, _passed);
END $$;

CREATE FUNCTION fan_out(
    _sender bytea, _device integer, _generation bigint, _client_id bytea, _keys bytea[], _devices integer[],
    _envelope bytea, _now bigint, _passed bigint, _until bigint, _messages bigint, _bytes bigint, _free bigint,
    OUT refused text, OUT accepted bigint, OUT mailboxes bigint[], OUT unknown integer[], OUT crowded integer[]
) LANGUAGE plpgsql AS $$
DECLARE author bigint; home bigint;
BEGIN
    SELECT * INTO refused, author, home, accepted FROM author(_sender, _device, _generation, _client_id);
    -- Who missed it is not kept, because to whom it went is not.
    IF refused IS NOT NULL OR accepted IS NOT NULL THEN RETURN; END IF;
    SELECT * INTO mailboxes, unknown, crowded
        FROM deliver(author, _client_id, _keys, _devices, _envelope, _now, _passed, _until, _messages, _bytes, _free);
    accepted := _now;
END $$;

CREATE FUNCTION append(
    _sender bytea, _device integer, _generation bigint, _client_id bytea, _log bytea, _position bigint, _entry bytea,
    _keys bytea[], _devices integer[], _envelope bytea, _now bigint, _passed bigint, _until bigint, _messages bigint, _bytes bigint, _free bigint,
    OUT refused text, OUT accepted bigint, OUT mailboxes bigint[], OUT unknown integer[], OUT crowded integer[]
) LANGUAGE plpgsql AS $$
DECLARE author bigint; home bigint; the_log bigint;
BEGIN
    SELECT * INTO refused, author, home, accepted FROM author(_sender, _device, _generation, _client_id);
    -- Before the position, which the first of them has moved.
    IF refused IS NOT NULL OR accepted IS NOT NULL THEN RETURN; END IF;
    IF _position = 1 THEN
        INSERT INTO log (id, newest) VALUES (_log, 1) ON CONFLICT DO NOTHING RETURNING log INTO the_log;
    ELSE
        UPDATE log SET newest = _position WHERE id = _log AND newest = _position - 1 RETURNING log INTO the_log;
    END IF;
    IF the_log IS NULL THEN refused := 'moved'; RETURN; END IF;
    INSERT INTO log_entry VALUES (the_log, _position, _entry);
    SELECT * INTO mailboxes, unknown, crowded
        FROM deliver(author, _client_id, _keys, _devices, _envelope, _now, _passed, _until, _messages, _bytes, _free);
    accepted := _now;
END $$;

-- Moves the cursor and deletes a first step behind it; the sweep does the rest.
CREATE FUNCTION acknowledge(_key bytea, _device integer, _up_to bigint, _rows integer, OUT refused text)
LANGUAGE plpgsql AS $$
DECLARE owner bigint; since bigint;
BEGIN
    SELECT mailbox, suspended_at INTO owner, since
        FROM account JOIN mailbox USING (account) WHERE key = _key AND device = _device AND released_at IS NULL;
    IF NOT FOUND THEN refused := 'no device'; RETURN; END IF;
    IF since IS NOT NULL THEN refused := 'suspended'; RETURN; END IF;
    -- A number that was never given would acknowledge mail that is still to come.
    UPDATE mailbox SET acknowledged = greatest(acknowledged, _up_to) WHERE mailbox = owner AND _up_to < next_sequence;
    IF NOT FOUND THEN refused := 'no number'; RETURN; END IF;
    PERFORM delete_acknowledged(owner, _rows);
END $$;

-- Deletes some messages behind the cursor, oldest first. The mailbox is locked.
CREATE FUNCTION delete_acknowledged(_owner bigint, _rows integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE deleted bigint; last bigint; freed bigint; bodies bigint[];
BEGIN
    WITH gone AS (
        DELETE FROM message WHERE mailbox = _owner AND sequence = ANY (ARRAY(
            SELECT sequence FROM message JOIN mailbox USING (mailbox) WHERE message.mailbox = _owner
            AND sequence > swept AND sequence <= acknowledged ORDER BY sequence LIMIT _rows
        )) RETURNING sequence, length(envelope) AS size, body
    )
    SELECT count(*), max(sequence), coalesce(sum(size), 0), array_agg(body) FILTER (WHERE body IS NOT NULL)
        INTO deleted, last, freed, bodies FROM gone;
    IF bodies IS NOT NULL THEN
        freed := freed + (SELECT sum(length(envelope)) FROM body WHERE body = ANY (bodies));
        PERFORM release_bodies(bodies);
    END IF;
    -- Fewer than a full step: nothing is left behind the cursor.
    UPDATE mailbox SET messages = messages - deleted, bytes = bytes - freed,
        swept = CASE WHEN deleted < _rows THEN acknowledged ELSE last END WHERE mailbox = _owner;
    IF deleted < _rows THEN
        DELETE FROM to_sweep WHERE mailbox = _owner;
    ELSE
        INSERT INTO to_sweep VALUES (_owner) ON CONFLICT DO NOTHING;
    END IF;
END $$;

-- Deletes those that no message names any more. Two mailboxes that let the last two go at once do not see each other; the
-- one that finds the body locked leaves it to the sweep.
CREATE FUNCTION release_bodies(_bodies bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE held bigint[];
BEGIN
    SELECT coalesce(array_agg(body), '{}') INTO held
        FROM (SELECT body FROM body WHERE body = ANY (_bodies) FOR UPDATE SKIP LOCKED) AS locked;
    INSERT INTO released SELECT body FROM body WHERE body = ANY (_bodies) AND body <> ALL (held);
    DELETE FROM body WHERE body = ANY (held) AND NOT EXISTS (SELECT FROM message WHERE message.body = body.body);
END $$;

-- The signed prekey and the oldest one-time prekey, which is removed in the same statement.
CREATE FUNCTION take_prekeys(
    _key bytea, _device integer, _now bigint, OUT refused text, OUT signed bytea, OUT one_time bytea
) LANGUAGE plpgsql AS $$
DECLARE owner bigint;
BEGIN
    SELECT mailbox INTO owner
        FROM account JOIN mailbox USING (account) WHERE key = _key AND device = _device AND released_at IS NULL;
    IF NOT FOUND THEN refused := 'no device'; RETURN; END IF;
    -- A restored store forgets its prekeys before this or after it.
    SELECT prekey INTO signed FROM signed_prekey WHERE mailbox = owner AND not_after >= _now FOR SHARE;
    IF NOT FOUND THEN refused := 'no prekeys'; RETURN; END IF;
    DELETE FROM one_time_prekey WHERE one_time_prekey = (
        SELECT one_time_prekey FROM one_time_prekey WHERE mailbox = owner AND not_after >= _now
        ORDER BY one_time_prekey LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING prekey INTO one_time;
END $$;
