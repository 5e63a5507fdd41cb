-- Guids are uuid. Instants of visits are seconds since 1970 UTC, other instants microseconds. Days are
-- texts 'YYYY-MM-DD', local to the facility. Words are those of the region file. The tables are those
-- of the embedded store, so that one set of tests and one file format serve both.
--
-- What belongs to a facility leads its key with it, what belongs to a person with the person; a claim
-- leads with its own key. So every key lies on one shard of a distributed engine. There are no foreign
-- keys, sequences or triggers: what a row refers to is checked when it is written.
--
-- Each booking updates its referral and its cell without changing them (see `hold` in the sources). Their pages
-- keep some room, so that the new version of a row lies beside the old one and no index is written.
--
-- Texts in keys compare by their bytes, so that pages of an export come in the same order everywhere.

CREATE TABLE installation (
  key   text COLLATE "C" NOT NULL PRIMARY KEY,
  value bigint NOT NULL
);

-- Grows whenever facility, specialty, resource or client changes: how a running server notices.
INSERT INTO installation (key, value) VALUES ('generation', 1);

-- Grows whenever a node found out what became of a commit whose answer it had lost: its own commit
-- waits for the standby, and so for that one.
INSERT INTO installation (key, value) VALUES ('settled', 0);

CREATE TABLE specialty (
  code   text COLLATE "C" NOT NULL PRIMARY KEY,
  name   text NOT NULL,
  letter text NOT NULL
);

CREATE TABLE facility (
  facility      uuid NOT NULL PRIMARY KEY,
  mkod          text COLLATE "C" NOT NULL UNIQUE,
  name          text NOT NULL,
  serves        text NOT NULL,
  zone          text NOT NULL,
  schedule_days integer NOT NULL,
  address       text,
  phone         text
);

CREATE TABLE resource (
  facility  uuid NOT NULL,
  resource  uuid NOT NULL,
  kind      text NOT NULL,
  name      text NOT NULL,
  specialty text NOT NULL,
  room      text,
  min_age   integer,
  max_age   integer,
  PRIMARY KEY (facility, resource)
);

CREATE TABLE client (
  client        uuid NOT NULL PRIMARY KEY,
  name          text NOT NULL,
  channel       text NOT NULL,
  schedule_days integer NOT NULL,
  secret_hash   text
);

CREATE TABLE client_function (
  client   uuid NOT NULL,
  function text COLLATE "C" NOT NULL,
  rights   integer NOT NULL,
  PRIMARY KEY (client, function)
);

CREATE TABLE person (
  person        uuid NOT NULL PRIMARY KEY,
  family        text NOT NULL,
  given         text NOT NULL,
  patronymic    text,
  birth_date    text NOT NULL,
  sex           text NOT NULL,
  snils         text,
  policy_series text,
  policy_number text NOT NULL
);

CREATE INDEX person_by_policy ON person (policy_number, birth_date);

CREATE TABLE card (
  facility            uuid NOT NULL,
  person              uuid NOT NULL,
  card                uuid NOT NULL,
  number              text NOT NULL,
  self_booking_barred boolean NOT NULL,
  dispensary          text NOT NULL, -- JSON array of specialty codes
  email               text,
  phone               text,
  PRIMARY KEY (facility, person)
);

CREATE UNIQUE INDEX card_by_guid ON card (facility, card);
CREATE INDEX card_by_person ON card (person);

CREATE TABLE referral (
  facility          uuid NOT NULL,
  referral          uuid NOT NULL,
  number            text NOT NULL,
  person            uuid NOT NULL,
  kind              text,
  specialty         text NOT NULL,
  to_facility       uuid,
  resource_facility uuid,
  resource          uuid,
  issued            text NOT NULL,
  valid_until       text NOT NULL,
  state             text NOT NULL,
  PRIMARY KEY (facility, referral)
) WITH (fillfactor = 90);

CREATE TABLE template (
  facility uuid NOT NULL,
  template uuid NOT NULL,
  resource uuid NOT NULL,
  body     text NOT NULL, -- JSON, see talon_store::template_body
  PRIMARY KEY (facility, template)
);

-- Resources that a template has left: its free cells there go when it is published.
CREATE TABLE template_moved (
  facility uuid NOT NULL,
  template uuid NOT NULL,
  resource uuid NOT NULL,
  PRIMARY KEY (facility, template, resource)
);

CREATE TABLE slot (
  facility uuid NOT NULL,
  resource uuid NOT NULL,
  start    bigint NOT NULL,
  slot     uuid NOT NULL,
  minutes  integer NOT NULL,
  places   integer NOT NULL,
  rights   integer NOT NULL,
  min_age  integer,
  max_age  integer,
  template uuid,
  PRIMARY KEY (facility, resource, start)
) WITH (fillfactor = 90);

CREATE UNIQUE INDEX slot_by_guid ON slot (facility, slot);

CREATE TABLE entry (
  facility          uuid NOT NULL,
  entry             uuid NOT NULL,
  person            uuid NOT NULL,
  referral_facility uuid,
  referral          uuid,
  resource          uuid NOT NULL,
  slot              uuid NOT NULL,
  place             integer NOT NULL,
  specialty         text NOT NULL,
  start             bigint NOT NULL,
  minutes           integer NOT NULL,
  ticket            text NOT NULL,
  state             text NOT NULL,
  version           bigint NOT NULL,
  booked_at         bigint NOT NULL,
  client            uuid,
  channel           text,
  checksum          bytea NOT NULL, -- a damaged entry is never served, with data checksums or without
  PRIMARY KEY (facility, entry)
);

-- The promises. Each is a key that only one entry can hold.

CREATE TABLE claim_referral (
  facility       uuid NOT NULL,
  referral       uuid NOT NULL,
  entry_facility uuid NOT NULL,
  entry          uuid NOT NULL,
  PRIMARY KEY (facility, referral)
);

-- Void once `start` has passed: the next claimant takes it over.
CREATE TABLE claim_specialty (
  person    uuid NOT NULL,
  specialty text COLLATE "C" NOT NULL,
  facility  uuid NOT NULL,
  entry     uuid NOT NULL,
  start     bigint NOT NULL,
  PRIMARY KEY (person, specialty)
);

CREATE TABLE claim_place (
  facility uuid NOT NULL,
  slot     uuid NOT NULL,
  place    integer NOT NULL,
  entry    uuid NOT NULL,
  PRIMARY KEY (facility, slot, place)
);

-- A person's live visits, and for each UTC day that one touches a version that is compared and
-- set: two visits that would overlap cannot both find the version they read.
CREATE TABLE claim_time (
  person   uuid NOT NULL,
  start    bigint NOT NULL,
  facility uuid NOT NULL,
  entry    uuid NOT NULL,
  PRIMARY KEY (person, start, facility, entry)
);

CREATE TABLE claim_day (
  person  uuid NOT NULL,
  day     text COLLATE "C" NOT NULL, -- UTC
  version bigint NOT NULL,
  PRIMARY KEY (person, day)
);

CREATE TABLE ticket_counter (
  facility uuid NOT NULL,
  day      text COLLATE "C" NOT NULL,
  last     bigint NOT NULL,
  PRIMARY KEY (facility, day)
);

-- Messages not yet sent. The key is the dedupe key.
CREATE TABLE outbox (
  facility uuid NOT NULL,
  entry    uuid NOT NULL,
  version  bigint NOT NULL,
  kind     text COLLATE "C" NOT NULL,
  created  bigint NOT NULL,
  PRIMARY KEY (facility, entry, version, kind)
);

CREATE TABLE idempotency (
  person   uuid NOT NULL,
  key      text COLLATE "C" NOT NULL,
  body     bytea NOT NULL, -- SHA-256
  facility uuid NOT NULL,
  entry    uuid NOT NULL,
  ticket   text NOT NULL,
  created  bigint NOT NULL,
  PRIMARY KEY (person, key)
);

CREATE INDEX idempotency_by_age ON idempotency (created);

-- The request's random id leads: an id that is ordered by time would send every node's records to one
-- end of the index, and in a distributed engine to one shard.
CREATE TABLE audit (
  request  uuid NOT NULL,
  audit    uuid NOT NULL,
  at       bigint NOT NULL,
  person   uuid,
  client   uuid,
  channel  text,
  action   text NOT NULL,
  facility uuid,
  object   text,
  outcome  text NOT NULL,
  PRIMARY KEY (request, audit)
);
