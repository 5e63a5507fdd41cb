-- Events on their way to integrators, the same three tables as messages have, with the receiver in each key. Rows are
-- written for the receivers in the settings alone: an installation without any pays nothing.

-- What is owed to a receiver, written with the change.
CREATE TABLE webhook_outbox (
  facility BLOB NOT NULL,
  entry    BLOB NOT NULL,
  hook     TEXT NOT NULL,
  version  INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  happened INTEGER NOT NULL,
  owed     INTEGER NOT NULL,
  PRIMARY KEY (facility, entry, hook, version, kind)
) STRICT, WITHOUT ROWID;

-- The events of an entry are sent to a receiver one after another: whoever sends one holds this key until `until`.
CREATE TABLE claim_webhook (
  facility BLOB NOT NULL,
  entry    BLOB NOT NULL,
  hook     TEXT NOT NULL,
  version  INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  lease    BLOB NOT NULL,
  until    INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reply    TEXT,
  PRIMARY KEY (facility, entry, hook)
) STRICT, WITHOUT ROWID;

-- What became of events; from here they can be owed once more.
CREATE TABLE webhook_delivery (
  facility BLOB NOT NULL,
  entry    BLOB NOT NULL,
  hook     TEXT NOT NULL,
  version  INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  happened INTEGER NOT NULL,
  state    TEXT NOT NULL,
  settled  INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reply    TEXT,
  PRIMARY KEY (facility, entry, hook, version, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_delivery_by_age ON webhook_delivery (settled);
