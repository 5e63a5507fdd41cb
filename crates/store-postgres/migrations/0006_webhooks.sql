-- Events on their way to integrators, the same three tables as messages have, with the receiver in each key. Rows are
-- written for the receivers in the settings alone: an installation without any pays nothing.

-- What is owed to a receiver, written with the change.
CREATE TABLE webhook_outbox (
  facility uuid NOT NULL,
  entry    uuid NOT NULL,
  hook     text NOT NULL,
  version  bigint NOT NULL,
  kind     text NOT NULL,
  happened bigint NOT NULL,
  owed     bigint NOT NULL,
  PRIMARY KEY (facility, entry, hook, version, kind)
);

-- The events of an entry are sent to a receiver one after another: whoever sends one holds this key until `until`.
CREATE TABLE claim_webhook (
  facility uuid NOT NULL,
  entry    uuid NOT NULL,
  hook     text NOT NULL,
  version  bigint NOT NULL,
  kind     text NOT NULL,
  lease    uuid NOT NULL,
  until    bigint NOT NULL,
  attempts bigint NOT NULL,
  reply    text,
  PRIMARY KEY (facility, entry, hook)
);

-- What became of events; from here they can be owed once more.
CREATE TABLE webhook_delivery (
  facility uuid NOT NULL,
  entry    uuid NOT NULL,
  hook     text NOT NULL,
  version  bigint NOT NULL,
  kind     text NOT NULL,
  happened bigint NOT NULL,
  state    text NOT NULL,
  settled  bigint NOT NULL,
  attempts bigint NOT NULL,
  reply    text,
  PRIMARY KEY (facility, entry, hook, version, kind)
);

CREATE INDEX webhook_delivery_by_age ON webhook_delivery (settled);
