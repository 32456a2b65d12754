-- Kept at this machine alone. Nothing here follows from the ledger, so nothing makes it again.
CREATE TABLE IF NOT EXISTS desk_posts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    board TEXT NOT NULL,
    fields BLOB,
    opened INTEGER NOT NULL,
    source TEXT NOT NULL,
    since INTEGER NOT NULL,
    since_quality INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    post TEXT NOT NULL DEFAULT '',
    mended INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS desk_posts_by_state ON desk_posts (state, id);

-- Since when the words of what was declined are kept, by a clock that was set.
CREATE TABLE IF NOT EXISTS desk_declined (
    post INTEGER PRIMARY KEY,
    since INTEGER NOT NULL
);

-- Since when a post is known to wait, by a clock that was set.
CREATE TABLE IF NOT EXISTS desk_waits (
    post INTEGER PRIMARY KEY,
    since INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS desk_pictures (
    post INTEGER NOT NULL,
    place INTEGER NOT NULL,
    jpeg BLOB NOT NULL,
    PRIMARY KEY (post, place)
);

CREATE TABLE IF NOT EXISTS desk_allowances (
    board TEXT PRIMARY KEY,
    day TEXT NOT NULL,
    said BLOB NOT NULL,
    phones INTEGER NOT NULL,
    kiosk INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS desk_reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    post TEXT NOT NULL,
    board TEXT NOT NULL,
    count INTEGER NOT NULL,
    since INTEGER NOT NULL,
    since_quality INTEGER NOT NULL,
    reasons BLOB NOT NULL,
    words BLOB,
    state TEXT NOT NULL,
    answer TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS desk_reports_open ON desk_reports (post) WHERE state = 'open';

CREATE TABLE IF NOT EXISTS desk_heard (
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (lane, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS desk_receipts (
    code TEXT PRIMARY KEY,
    report INTEGER NOT NULL,
    source TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS desk_receipts_by_report ON desk_receipts (report);

CREATE TABLE IF NOT EXISTS desk_sent (
    post INTEGER PRIMARY KEY,
    lane BLOB NOT NULL,
    number INTEGER NOT NULL
)
