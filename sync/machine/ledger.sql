-- Lanes by a small integer; a lane that is only named, by a record of it, has no description yet.
CREATE TABLE IF NOT EXISTS lanes (
    lane INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    town TEXT, author BLOB, ordinal INTEGER, random BLOB, class INTEGER, audience INTEGER,
    number INTEGER NOT NULL DEFAULT 0,
    head BLOB
);
CREATE INDEX IF NOT EXISTS lanes_by_author ON lanes (author);

CREATE TABLE IF NOT EXISTS entries (
    lane INTEGER NOT NULL REFERENCES lanes,
    number INTEGER NOT NULL,
    header BLOB NOT NULL,
    payload BLOB,
    head BLOB NOT NULL,
    record_lane INTEGER NOT NULL REFERENCES lanes,
    record_number INTEGER NOT NULL,
    UNIQUE (lane, number)
);
CREATE INDEX IF NOT EXISTS entries_by_record ON entries (record_lane, record_number);
CREATE INDEX IF NOT EXISTS holes ON entries (lane, number) WHERE payload IS NULL;

CREATE TABLE IF NOT EXISTS signatures (
    lane INTEGER NOT NULL REFERENCES lanes,
    number INTEGER NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (lane, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS statements (digest BLOB PRIMARY KEY, statement BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS waiting (
    key INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    author BLOB NOT NULL,
    first INTEGER NOT NULL,
    bundle BLOB NOT NULL
);

-- Other machines: the counters of offers both ways, and what we last agreed that they hold.
CREATE TABLE IF NOT EXISTS known (
    machine BLOB PRIMARY KEY,
    seen INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    digest BLOB NOT NULL,
    agreed BLOB
) WITHOUT ROWID;

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
