-- The audit: from where and on which node, and chains that show what was changed afterwards.

ALTER TABLE audit ADD COLUMN source TEXT; -- the address that the request came from
ALTER TABLE audit ADD COLUMN node TEXT;

-- Records that no chain has yet, in the order in which they were committed (their rowid). Written with the record.
CREATE TABLE audit_unsealed (
  request BLOB NOT NULL,
  audit   BLOB NOT NULL,
  at      INTEGER NOT NULL,
  node    TEXT
) STRICT;

-- A record's place in a chain: what a node sealed on a UTC day of records of one kind.
CREATE TABLE audit_seal (
  node    TEXT NOT NULL,
  kind    TEXT NOT NULL,
  day     TEXT NOT NULL,
  number  INTEGER NOT NULL, -- from 1 without a gap
  request BLOB NOT NULL,
  audit   BLOB NOT NULL,
  hash    BLOB NOT NULL,    -- SHA-256 over the one before and the whole record
  PRIMARY KEY (node, kind, day, number)
) STRICT, WITHOUT ROWID;

-- A record is sealed once.
CREATE UNIQUE INDEX audit_seal_by_record ON audit_seal (audit);

-- The last link of each chain.
CREATE TABLE audit_chain (
  node   TEXT NOT NULL,
  kind   TEXT NOT NULL,
  day    TEXT NOT NULL,
  number INTEGER NOT NULL,
  hash   BLOB NOT NULL,
  PRIMARY KEY (node, kind, day)
) STRICT, WITHOUT ROWID;
