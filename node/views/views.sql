-- Everything here follows from the ledger and can be thrown away and made again.
CREATE TABLE IF NOT EXISTS posts (
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    board TEXT NOT NULL,
    state TEXT NOT NULL,
    sort TEXT NOT NULL,
    section TEXT NOT NULL,
    fields BLOB NOT NULL,
    versions BLOB NOT NULL,
    counter INTEGER NOT NULL,
    written INTEGER NOT NULL,
    written_quality INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    changed_quality INTEGER NOT NULL,
    author BLOB NOT NULL,
    town TEXT NOT NULL,
    opened INTEGER NOT NULL,
    outside_key TEXT,
    outside_serial INTEGER,
    outside_issued TEXT,
    outside_sent TEXT,
    outside_cancels INTEGER,
    outside_digest BLOB,
    PRIMARY KEY (lane, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS posts_by_board ON posts (board, state, sort);
CREATE INDEX IF NOT EXISTS posts_by_outside ON posts (outside_key, town) WHERE outside_key IS NOT NULL;

-- What was erased, and of which something came later that can still be read.
CREATE TABLE IF NOT EXISTS late (
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (lane, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS accounts (
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    address TEXT NOT NULL,
    town TEXT NOT NULL,
    name TEXT NOT NULL,
    duty TEXT NOT NULL,
    place BLOB NOT NULL,
    boards BLOB,
    stands INTEGER NOT NULL,
    versions BLOB NOT NULL,
    counter INTEGER NOT NULL,
    PRIMARY KEY (lane, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS accounts_by_place ON accounts (town, place);

CREATE TABLE IF NOT EXISTS words (
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    board TEXT NOT NULL,
    town TEXT NOT NULL,
    author BLOB NOT NULL,
    of_lane BLOB NOT NULL,
    of_number INTEGER NOT NULL,
    of_check BLOB NOT NULL,
    reason TEXT NOT NULL,
    stands INTEGER NOT NULL,
    second BLOB,
    opened INTEGER NOT NULL,
    PRIMARY KEY (lane, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS words_by_record ON words (of_lane, of_number);

CREATE TABLE IF NOT EXISTS admissions (
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    town TEXT NOT NULL,
    author BLOB NOT NULL,
    place BLOB NOT NULL,
    waits BLOB NOT NULL,
    allowance INTEGER NOT NULL,
    versions BLOB NOT NULL,
    counter INTEGER NOT NULL,
    PRIMARY KEY (lane, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS switches (
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    town TEXT NOT NULL,
    author BLOB NOT NULL,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    stands INTEGER NOT NULL,
    PRIMARY KEY (lane, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS reading_keys (
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    lane_id BLOB NOT NULL,
    town TEXT NOT NULL,
    author BLOB NOT NULL,
    key BLOB NOT NULL,
    stands INTEGER NOT NULL,
    post_lane BLOB,
    post_number INTEGER,
    post_check BLOB,
    account BLOB,
    escrow_tag BLOB,
    escrow BLOB,
    PRIMARY KEY (lane, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reading_keys_by_post ON reading_keys (post_lane, post_number);

CREATE TABLE IF NOT EXISTS sealed (
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    board TEXT NOT NULL,
    address TEXT NOT NULL,
    post_lane BLOB,
    post_number INTEGER,
    stands INTEGER NOT NULL,
    PRIMARY KEY (lane, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sealed_by_post ON sealed (board, post_lane, post_number);
CREATE INDEX IF NOT EXISTS sealed_by_address ON sealed (address);

CREATE TABLE IF NOT EXISTS sealed_to (
    tag BLOB NOT NULL,
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (tag, lane, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sealed_to_by_record ON sealed_to (lane, number);

CREATE TABLE IF NOT EXISTS found (
    place INTEGER PRIMARY KEY,
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    UNIQUE (lane, number)
);
CREATE VIRTUAL TABLE IF NOT EXISTS letters USING fts5(said, content='', columnsize=0, tokenize='ascii');
CREATE VIRTUAL TABLE IF NOT EXISTS titles USING fts5(said, content='', columnsize=0, tokenize='ascii');

CREATE TABLE IF NOT EXISTS views (one INTEGER PRIMARY KEY CHECK (one = 1), software TEXT NOT NULL)
