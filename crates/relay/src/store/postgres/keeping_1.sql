-- What has a transaction of its own, and may wait in it. A refusal in the middle is raised, and undoes the rest; its
-- message is the same word that is answered elsewhere.

CREATE FUNCTION refuse(word text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'ASIDE', MESSAGE = word;
END $$;

-- Claims a handle for an account.
CREATE FUNCTION register(
    _handle text, _key bytea, _devices integer[], _list bytea, _key_devices integer[], _uses integer[], _keys bytea[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE home bigint; known record;
BEGIN
    INSERT INTO account (key, handle, list_version) VALUES (_key, _handle, 1) ON CONFLICT DO NOTHING
        RETURNING account INTO home;
    IF home IS NULL THEN
        -- With a lock, which is written like a change: the repetition of what was in doubt is answered when it is durable.
        SELECT handle, list INTO known FROM account LEFT JOIN device_list USING (account)
            WHERE key = _key AND coalesce(version, 1) = 1 FOR NO KEY UPDATE OF account;
        IF NOT FOUND THEN PERFORM refuse('handle taken');
        ELSIF known.handle <> _handle THEN PERFORM refuse('other handle');
        ELSIF known.list <> _list THEN PERFORM refuse('other list');
        END IF;
        RETURN;
    END IF;
    -- Also one that was released, for its time; looked for after the insertion, which waits for whoever releases it.
    IF EXISTS (SELECT FROM released_handle WHERE handle = _handle) THEN PERFORM refuse('handle taken'); END IF;
    INSERT INTO device_list VALUES (home, 1, _list);
    INSERT INTO mailbox (account, device, renumbered)
        SELECT home, device, (SELECT opened FROM run) FROM unnest(_devices) AS device;
    INSERT INTO store (mailbox) SELECT mailbox FROM mailbox WHERE account = home;
    PERFORM remember_keys(
        (SELECT array_agg(mailbox ORDER BY place) FROM unnest(_key_devices) WITH ORDINALITY AS named (device, place)
            JOIN mailbox ON account = home AND mailbox.device = named.device),
        _uses, array_fill(0::bigint, ARRAY[cardinality(_uses)]), _keys, true);
END $$;

-- Remembers public keys for ever; refuses those that have another owner, use or id. Answers which of them are new.
CREATE FUNCTION remember_keys(
    _mailboxes bigint[], _uses integer[], _ids bigint[], _keys bytea[], _all_new boolean
) RETURNS bytea[] LANGUAGE plpgsql AS $$
DECLARE fresh bytea[];
BEGIN
    WITH added AS (
        -- In one order for everybody, so that two who wait for each other's keys do not wait for ever.
        INSERT INTO seen_key (mailbox, key_use, id, key)
            SELECT * FROM unnest(_mailboxes, _uses, _ids, _keys) AS given (mailbox, key_use, id, key) ORDER BY key
            ON CONFLICT DO NOTHING RETURNING key
    )
    SELECT coalesce(array_agg(key), '{}') INTO fresh FROM added;
    IF cardinality(fresh) < cardinality(_keys) AND (_all_new OR EXISTS (
        SELECT FROM unnest(_mailboxes, _uses, _ids, _keys) AS given (mailbox, key_use, id, key)
        WHERE NOT EXISTS (
            SELECT FROM seen_key WHERE seen_key.key = given.key
            AND (seen_key.mailbox, seen_key.key_use, seen_key.id) = (given.mailbox, given.key_use, given.id)
        )
    )) THEN PERFORM refuse('duplicate'); END IF;
    RETURN fresh;
END $$;

-- The mailbox of a device, whose store is locked from here on.
CREATE FUNCTION owner_of(_key bytea, _device integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE owner bigint;
BEGIN
    SELECT store.mailbox INTO owner FROM account JOIN mailbox USING (account) JOIN store USING (mailbox)
        WHERE key = _key AND device = _device AND released_at IS NULL FOR NO KEY UPDATE OF store;
    IF NOT FOUND THEN PERFORM refuse('no device'); END IF;
    RETURN owner;
END $$;

-- Stores prekeys, and answers how many one-time prekeys there are. A repeated upload changes nothing; in particular a
-- one-time prekey that was handed out does not come back. The signed prekey has one place or none in its arrays.
CREATE FUNCTION publish_prekeys(
    _key bytea, _device integer, _now bigint, _most integer,
    _signed_ids bigint[], _signed_ends bigint[], _signed_keys bytea[], _signed bytea[],
    _ids bigint[], _ends bigint[], _keys bytea[], _prekeys bytea[], _signed_use integer, _one_time_use integer
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE owner bigint := owner_of(_key, _device); fresh bytea[]; held integer;
BEGIN
    fresh := remember_keys(array_fill(owner, ARRAY[cardinality(_signed_ids) + cardinality(_ids)]),
        array_fill(_signed_use, ARRAY[cardinality(_signed_ids)]) || array_fill(_one_time_use, ARRAY[cardinality(_ids)]),
        _signed_ids || _ids, _signed_keys || _keys, false);
    IF cardinality(_signed) > 0 THEN
        IF _signed_keys[1] = ANY (fresh) THEN
            INSERT INTO signed_prekey VALUES (owner, _signed_ends[1], _signed[1])
                ON CONFLICT (mailbox) DO UPDATE SET not_after = excluded.not_after, prekey = excluded.prekey;
        -- Either nothing changes, or an older or altered prekey would come back.
        ELSIF NOT EXISTS (SELECT FROM signed_prekey WHERE mailbox = owner AND prekey = _signed[1]) THEN
            PERFORM refuse('duplicate');
        END IF;
    END IF;
    INSERT INTO one_time_prekey (mailbox, id, not_after, prekey)
        SELECT owner, id, not_after, prekey FROM unnest(_ids, _ends, _keys, _prekeys) WITH ORDINALITY
        AS given (id, not_after, key, prekey, place) WHERE key = ANY (fresh) ORDER BY place ON CONFLICT DO NOTHING;
    IF EXISTS (SELECT FROM unnest(_ids, _prekeys) AS given (id, prekey) JOIN one_time_prekey AS known
        ON known.mailbox = owner AND known.id = given.id AND known.prekey <> given.prekey
    ) THEN PERFORM refuse('duplicate'); END IF;
    SELECT count(*) INTO held FROM one_time_prekey WHERE mailbox = owner AND not_after >= _now;
    IF held > _most THEN PERFORM refuse('too many prekeys'); END IF;
    RETURN held;
END $$;

-- Keeps what a login says of its store if what was known is still so. A restored store has no private prekeys any more,
-- so the public ones go too.
CREATE FUNCTION keep_store(
    _key bytea, _device integer, _known bigint, _known_token bytea, _generation bigint, _token bytea, _restored boolean
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE owner bigint := owner_of(_key, _device);
BEGIN
    IF standing(_key) IS NOT NULL THEN PERFORM refuse(standing(_key)); END IF;
    UPDATE store SET generation = _generation, token = _token
        WHERE mailbox = owner AND generation = _known AND token IS NOT DISTINCT FROM _known_token;
    IF NOT FOUND THEN RETURN false; END IF;
    IF _restored THEN
        DELETE FROM signed_prekey WHERE mailbox = owner;
        DELETE FROM one_time_prekey WHERE mailbox = owner;
    END IF;
    RETURN true;
END $$;

-- The rows of two accounts, whose mailboxes are locked from here on: what is on its way to them is stored before this, or
-- judged by what follows.
CREATE FUNCTION lock_accounts(_one bytea, _other bytea, OUT one bigint, OUT other bigint) LANGUAGE plpgsql AS $$
BEGIN
    SELECT account INTO one FROM account WHERE key = _one AND released_at IS NULL;
    SELECT account INTO other FROM account WHERE key = _other AND released_at IS NULL;
    IF one IS NULL OR other IS NULL THEN PERFORM refuse('no account'); END IF;
    PERFORM FROM mailbox WHERE account IN (one, other) ORDER BY mailbox FOR NO KEY UPDATE;
END $$;

-- Replaces the settings of an account by newer ones. Whoever stands in both lists is blocked.
CREATE FUNCTION publish_settings(
    _key bytea, _version bigint, _threads integer, _sessions integer, _settings bytea, _contacts bytea[], _blocked bytea[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE home bigint; known record;
BEGIN
    SELECT one INTO home FROM lock_accounts(_key, _key);
    SELECT version, settings INTO known FROM settings WHERE account = home;
    IF FOUND THEN
        -- The answer was lost.
        IF known.settings = _settings THEN RETURN; END IF;
        IF known.version >= _version THEN PERFORM refuse('stale statement'); END IF;
    END IF;
    DELETE FROM settings WHERE account = home;
    DELETE FROM listed WHERE account = home;
    INSERT INTO settings VALUES (home, _version, _threads, _sessions, _settings);
    INSERT INTO listed SELECT home, other, true FROM (SELECT DISTINCT unnest(_blocked) AS other) AS blocked;
    INSERT INTO listed SELECT home, other, false FROM (SELECT DISTINCT unnest(_contacts) AS other) AS contacts
        ON CONFLICT DO NOTHING;
END $$;

-- Stores a declaration for good.
CREATE FUNCTION declare(_declarer bytea, _peer bytea, _version bigint, _declaration bytea, _most bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE who bigint; whom bigint; known record;
BEGIN
    SELECT * INTO who, whom FROM lock_accounts(_declarer, _peer);
    SELECT version, declaration INTO known FROM declaration WHERE (declarer, peer) = (who, whom);
    IF FOUND THEN
        -- The answer was lost.
        IF known.declaration = _declaration THEN RETURN; END IF;
        IF known.version >= _version THEN PERFORM refuse('stale statement'); END IF;
    ELSIF (SELECT count(*) FROM declaration WHERE declarer = who) >= _most THEN
        PERFORM refuse('too many declarations');
    END IF;
    INSERT INTO declaration VALUES (who, whom, _version, _declaration)
        ON CONFLICT (declarer, peer) DO UPDATE SET version = excluded.version, declaration = excluded.declaration;
END $$;

-- Notes how far the count of time has come. The count itself never goes back; what the clocks say is what they say.
CREATE FUNCTION note(_now bigint, _passed bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE run SET passed = greatest(passed, _passed), noted = _now, noted_here = clock_ms();
$$;

-- What the clock of the database says.
CREATE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE
    RETURN (extract(epoch FROM clock_timestamp()) * 1000)::bigint;

-- One step of what is deleted by time or behind a cursor; whether more remains. One relay does it at a time.
CREATE FUNCTION sweep_mail(_passed bigint, _rows integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE behind bigint; over bigint[]; owners bigint[]; deleted bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1098081362, 3) THEN RETURN false; END IF;
    SELECT mailbox INTO behind FROM to_sweep LIMIT 1;
    SELECT array_agg(DISTINCT mailbox) INTO owners
        FROM (SELECT mailbox FROM message WHERE until <= _passed ORDER BY until LIMIT _rows) AS due;
    -- Before anything is deleted, and in the order of everybody.
    PERFORM FROM mailbox WHERE mailbox = ANY (owners || behind) ORDER BY mailbox FOR NO KEY UPDATE;
    IF behind IS NOT NULL THEN PERFORM delete_acknowledged(behind, _rows); END IF;
    IF owners IS NOT NULL THEN PERFORM delete_over(owners, _passed, _rows); END IF;
    PERFORM sweep_bodies(_rows);
    RETURN behind IS NOT NULL OR owners IS NOT NULL;
END $$;

-- Deletes some messages whose time is over from mailboxes that are locked.
CREATE FUNCTION delete_over(_owners bigint[], _passed bigint, _rows integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE bodies bigint[];
BEGIN
    WITH due AS (
        SELECT mailbox, sequence FROM message WHERE until <= _passed AND mailbox = ANY (_owners)
        ORDER BY until LIMIT _rows
    ), gone AS (
        DELETE FROM message USING due WHERE (message.mailbox, message.sequence) = (due.mailbox, due.sequence)
            RETURNING message.mailbox, message.body, length(message.envelope) AS size
    ), room AS (
        SELECT mailbox, count(*) AS messages, sum(coalesce(length(body.envelope), size)) AS bytes
            FROM gone LEFT JOIN body USING (body) GROUP BY mailbox
    ), given AS (
        UPDATE mailbox SET messages = mailbox.messages - room.messages, bytes = mailbox.bytes - room.bytes
            FROM room WHERE mailbox.mailbox = room.mailbox
    )
    SELECT array_agg(DISTINCT body) FILTER (WHERE body IS NOT NULL) INTO bodies FROM gone;
    IF bodies IS NOT NULL THEN PERFORM release_bodies(bodies); END IF;
END $$;

-- Looks again at bodies that two let go at once.
CREATE FUNCTION sweep_bodies(_rows integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE bodies bigint[];
BEGIN
    WITH taken AS (
        DELETE FROM released WHERE ctid = ANY (ARRAY(SELECT ctid FROM released LIMIT _rows FOR UPDATE SKIP LOCKED))
            RETURNING body
    )
    SELECT array_agg(DISTINCT body) INTO bodies FROM taken;
    IF bodies IS NOT NULL THEN PERFORM release_bodies(bodies); END IF;
END $$;

-- Waits for nothing: what somebody else is about to delete is left to them.
CREATE FUNCTION sweep_ids(_before bigint, _ended bigint, _rows integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE forgotten bigint; expired bigint;
BEGIN
    DELETE FROM accepted WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM accepted WHERE passed < _before LIMIT _rows FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    DELETE FROM one_time_prekey WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM one_time_prekey WHERE not_after < _ended LIMIT _rows FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS expired = ROW_COUNT;
    RETURN forgotten > 0 OR expired > 0;
END $$;

-- A connection that writes begins. The clocks of the relay and of the database may differ; the later one counts.
CREATE FUNCTION begin_run(_now bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE run SET opened = greatest(opened + 1, _now, clock_ms());
$$;

-- Nobody counted since it was noted last: time went by as the clocks say, as little as one of them says, and never
-- backwards.
CREATE FUNCTION resume(_now bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE run SET passed = passed + greatest(0, least(_now - noted, clock_ms() - noted_here)),
        noted = _now, noted_here = clock_ms();
$$;
