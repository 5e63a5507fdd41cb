-- Messages on their way. `outbox` stays what it is: what is owed, written with the change that owes it. A program of
-- version 3 goes on adding to it.

-- The messages of an entry are sent one after another: whoever sends one holds this key until `until`, and then it is
-- taken over. After a failed attempt the same key says when the next one may be made.
CREATE TABLE claim_sending (
  facility BLOB NOT NULL,
  entry    BLOB NOT NULL,
  version  INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  lease    BLOB NOT NULL,
  until    INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reply    TEXT,
  PRIMARY KEY (facility, entry)
) STRICT, WITHOUT ROWID;

-- What became of messages. A message that stands here is settled, and is not sent should it be owed once more.
CREATE TABLE delivery (
  facility BLOB NOT NULL,
  entry    BLOB NOT NULL,
  version  INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  created  INTEGER NOT NULL,
  state    TEXT NOT NULL,
  settled  INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reply    TEXT,
  PRIMARY KEY (facility, entry, version, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_by_age ON delivery (settled);

-- Reminders of a facility's day are planned once.
CREATE TABLE reminded (
  facility BLOB NOT NULL,
  day      TEXT NOT NULL,
  kind     TEXT NOT NULL,
  PRIMARY KEY (facility, day, kind)
) STRICT, WITHOUT ROWID;
