-- The audit: from where and on which node, and chains that show what was changed afterwards.

ALTER TABLE audit ADD COLUMN source text; -- the address that the request came from
ALTER TABLE audit ADD COLUMN node text;

-- Records that no chain has yet. Written with the record; who deletes a row here seals the record.
CREATE TABLE audit_unsealed (
  request uuid NOT NULL,
  audit   uuid NOT NULL,
  at      bigint NOT NULL,
  node    text,
  PRIMARY KEY (request, audit)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000); -- every row is deleted within a second

-- A record's place in a chain: what a node sealed on a UTC day of records of one kind. The key says that a record is
-- sealed once; it lies with its record.
CREATE TABLE audit_seal (
  request uuid NOT NULL,
  audit   uuid NOT NULL,
  node    text COLLATE "C" NOT NULL,
  kind    text COLLATE "C" NOT NULL,
  day     text COLLATE "C" NOT NULL,
  number  bigint NOT NULL, -- from 1 without a gap
  hash    bytea NOT NULL,  -- SHA-256 over the one before and the whole record
  PRIMARY KEY (request, audit)
);

CREATE INDEX audit_seal_by_chain ON audit_seal (node, kind, day, number);

-- The last link of each chain: number compared and set, so a number is given once.
CREATE TABLE audit_chain (
  node   text COLLATE "C" NOT NULL,
  kind   text COLLATE "C" NOT NULL,
  day    text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  hash   bytea NOT NULL,
  PRIMARY KEY (node, kind, day)
);
