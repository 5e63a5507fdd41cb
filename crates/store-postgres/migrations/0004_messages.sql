-- Messages on their way. `outbox` stays what it is: what is owed, written with the change that owes it. A program of
-- version 3 goes on adding to it.

-- The messages of an entry are sent one after another: whoever sends one holds this key until `until`, and then it is
-- taken over. After a failed attempt the same key says when the next one may be made.
CREATE TABLE claim_sending (
  facility uuid NOT NULL,
  entry    uuid NOT NULL,
  version  bigint NOT NULL,
  kind     text NOT NULL,
  lease    uuid NOT NULL,
  until    bigint NOT NULL,
  attempts bigint NOT NULL,
  reply    text,
  PRIMARY KEY (facility, entry)
);

-- What became of messages. A message that stands here is settled, and is not sent should it be owed once more.
CREATE TABLE delivery (
  facility uuid NOT NULL,
  entry    uuid NOT NULL,
  version  bigint NOT NULL,
  kind     text NOT NULL,
  created  bigint NOT NULL,
  state    text NOT NULL,
  settled  bigint NOT NULL,
  attempts bigint NOT NULL,
  reply    text,
  PRIMARY KEY (facility, entry, version, kind)
);

CREATE INDEX delivery_by_age ON delivery (settled);

-- Reminders of a facility's day are planned once.
CREATE TABLE reminded (
  facility uuid NOT NULL,
  day      text NOT NULL,
  kind     text NOT NULL,
  PRIMARY KEY (facility, day, kind)
);
