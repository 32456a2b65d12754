-- Stretches of lanes by a small integer. The root's id is the lane's; a branch has a parent. One that
-- is only named, by a record of it, has no description yet.
CREATE TABLE IF NOT EXISTS stretches (
    stretch INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    lane BLOB NOT NULL,
    parent INTEGER REFERENCES stretches,
    town TEXT, author BLOB, ordinal INTEGER, random BLOB, class INTEGER, audience INTEGER,
    first INTEGER NOT NULL DEFAULT 1,
    number INTEGER NOT NULL DEFAULT 0,
    head BLOB
);
CREATE INDEX IF NOT EXISTS stretches_by_lane ON stretches (lane);
CREATE INDEX IF NOT EXISTS stretches_by_author ON stretches (author);
CREATE INDEX IF NOT EXISTS stretches_by_parent ON stretches (parent);

CREATE TABLE IF NOT EXISTS entries (
    stretch INTEGER NOT NULL REFERENCES stretches,
    number INTEGER NOT NULL,
    header BLOB NOT NULL,
    payload BLOB,
    head BLOB NOT NULL,
    record_stretch INTEGER NOT NULL REFERENCES stretches,
    record_number INTEGER NOT NULL,
    ordered_away INTEGER NOT NULL DEFAULT 0,
    UNIQUE (stretch, number)
);
CREATE INDEX IF NOT EXISTS entries_by_record ON entries (record_stretch, record_number);
CREATE INDEX IF NOT EXISTS holes ON entries (stretch, number)
    WHERE payload IS NULL AND NOT ordered_away;

CREATE TABLE IF NOT EXISTS signatures (
    stretch INTEGER NOT NULL REFERENCES stretches,
    number INTEGER NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (stretch, number)
) WITHOUT ROWID;

-- What entries of offices order of a lane's payloads, for those that may yet come.
CREATE TABLE IF NOT EXISTS ordered (
    lane BLOB NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    head_check BLOB NOT NULL,
    stretch INTEGER NOT NULL REFERENCES stretches,
    number INTEGER NOT NULL,
    PRIMARY KEY (lane, last, first, head_check, stretch, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ordered_by ON ordered (stretch, number);

CREATE TABLE IF NOT EXISTS statements (digest BLOB PRIMARY KEY, statement BLOB NOT NULL) WITHOUT ROWID;

-- To what towns subscribe: what follows from entries and statements, so that it isn't worked out again.
CREATE TABLE IF NOT EXISTS subscriptions (
    taker TEXT NOT NULL, town TEXT NOT NULL, keys BLOB NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (taker, town, keys, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS registers (
    town TEXT NOT NULL,
    author BLOB NOT NULL,
    name TEXT NOT NULL,
    register BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (town, author, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS registers_by_sequence ON registers (sequence);

CREATE TABLE IF NOT EXISTS waiting (
    key INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    author BLOB NOT NULL,
    first INTEGER NOT NULL,
    bundle BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS waiting_by_author ON waiting (author, first);
CREATE INDEX IF NOT EXISTS waiting_by_source ON waiting (source);

-- Runs that were wrapped once, to be handed on as they are; `size` is of their headers and payloads.
-- What a payload is withdrawn from, or comes to, what moves to a branch, and what is let go of is
-- packed no more. No number is given twice: who has one in hand must not get what is for others.
CREATE TABLE IF NOT EXISTS packs (
    pack INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL, wrapped BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS packed (
    stretch INTEGER NOT NULL REFERENCES stretches,
    last INTEGER NOT NULL,
    first INTEGER NOT NULL,
    pack INTEGER NOT NULL REFERENCES packs ON DELETE CASCADE,
    PRIMARY KEY (stretch, last)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS packed_by_pack ON packed (pack);
CREATE TRIGGER IF NOT EXISTS unpack AFTER UPDATE OF payload, stretch ON entries
    WHEN old.payload IS NOT new.payload OR old.stretch IS NOT new.stretch
BEGIN
    DELETE FROM packs WHERE pack IN (
        SELECT pack FROM packed
        WHERE stretch = old.stretch AND last >= old.number AND first <= old.number); END;
CREATE TRIGGER IF NOT EXISTS unpack_gone AFTER DELETE ON entries BEGIN
    DELETE FROM packs WHERE pack IN (
        SELECT pack FROM packed
        WHERE stretch = old.stretch AND last >= old.number AND first <= old.number); END;

-- Other machines: the counters of offers both ways, and what we last agreed that they hold.
CREATE TABLE IF NOT EXISTS known (
    machine BLOB PRIMARY KEY,
    seen INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    digest BLOB NOT NULL,
    registers INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bases (digest BLOB PRIMARY KEY, summary BLOB NOT NULL);

-- Which life of its ledger each key of this machine writes in.
CREATE TABLE IF NOT EXISTS own (
    author BLOB PRIMARY KEY, ordinal INTEGER NOT NULL, random BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS counts (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    trust INTEGER NOT NULL
);
INSERT OR IGNORE INTO counts VALUES (1, 0, 0)
