-- Guids are 16 bytes. Instants of visits are seconds since 1970 UTC, other instants microseconds.
-- Days are texts 'YYYY-MM-DD', local to the facility. Words are those of the region file.
--
-- What belongs to a facility leads its key with it; a claim leads with its own key. There are no
-- foreign keys: what a row refers to is checked when it is written. Nothing is deleted that something
-- live refers to; a cell may go that only a cancelled or missed entry names, which says itself what
-- it was.

CREATE TABLE installation (
  key   TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Grows whenever facility, specialty, resource or client changes: how a running server notices.
INSERT INTO installation (key, value) VALUES ('generation', 1);

CREATE TABLE specialty (
  code   TEXT NOT NULL PRIMARY KEY,
  name   TEXT NOT NULL,
  letter TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE facility (
  facility      BLOB NOT NULL PRIMARY KEY,
  mkod          TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  serves        TEXT NOT NULL,
  zone          TEXT NOT NULL,
  schedule_days INTEGER NOT NULL,
  address       TEXT,
  phone         TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE resource (
  facility  BLOB NOT NULL,
  resource  BLOB NOT NULL,
  kind      TEXT NOT NULL,
  name      TEXT NOT NULL,
  specialty TEXT NOT NULL,
  room      TEXT,
  min_age   INTEGER,
  max_age   INTEGER,
  PRIMARY KEY (facility, resource)
) STRICT, WITHOUT ROWID;

CREATE TABLE client (
  client        BLOB NOT NULL PRIMARY KEY,
  name          TEXT NOT NULL,
  channel       TEXT NOT NULL,
  schedule_days INTEGER NOT NULL,
  secret_hash   TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE client_function (
  client   BLOB NOT NULL,
  function TEXT NOT NULL,
  rights   INTEGER NOT NULL,
  PRIMARY KEY (client, function)
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
  person        BLOB NOT NULL PRIMARY KEY,
  family        TEXT NOT NULL,
  given         TEXT NOT NULL,
  patronymic    TEXT,
  birth_date    TEXT NOT NULL,
  sex           TEXT NOT NULL,
  snils         TEXT,
  policy_series TEXT,
  policy_number TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX person_by_policy ON person (policy_number, birth_date);

CREATE TABLE card (
  person              BLOB NOT NULL,
  facility            BLOB NOT NULL,
  card                BLOB NOT NULL,
  number              TEXT NOT NULL,
  self_booking_barred INTEGER NOT NULL,
  dispensary          TEXT NOT NULL, -- JSON array of specialty codes
  email               TEXT,
  phone               TEXT,
  PRIMARY KEY (person, facility)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX card_by_guid ON card (facility, card);

CREATE TABLE referral (
  facility          BLOB NOT NULL,
  referral          BLOB NOT NULL,
  number            TEXT NOT NULL,
  person            BLOB NOT NULL,
  kind              TEXT,
  specialty         TEXT NOT NULL,
  to_facility       BLOB,
  resource_facility BLOB,
  resource          BLOB,
  issued            TEXT NOT NULL,
  valid_until       TEXT NOT NULL,
  state             TEXT NOT NULL,
  PRIMARY KEY (facility, referral)
) STRICT, WITHOUT ROWID;

CREATE TABLE template (
  facility BLOB NOT NULL,
  template BLOB NOT NULL,
  resource BLOB NOT NULL,
  body     TEXT NOT NULL, -- JSON, see src/template.rs
  PRIMARY KEY (facility, template)
) STRICT, WITHOUT ROWID;

-- Resources that a template has left: its free cells there go when it is published.
CREATE TABLE template_moved (
  facility BLOB NOT NULL,
  template BLOB NOT NULL,
  resource BLOB NOT NULL,
  PRIMARY KEY (facility, template, resource)
) STRICT, WITHOUT ROWID;

-- A resource has one cell at a time, so facility, resource and start lead: a day's cells lie
-- together.
CREATE TABLE slot (
  facility BLOB NOT NULL,
  resource BLOB NOT NULL,
  start    INTEGER NOT NULL,
  slot     BLOB NOT NULL,
  minutes  INTEGER NOT NULL,
  places   INTEGER NOT NULL,
  rights   INTEGER NOT NULL,
  min_age  INTEGER,
  max_age  INTEGER,
  template BLOB,
  PRIMARY KEY (facility, resource, start)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX slot_by_guid ON slot (facility, slot);

CREATE TABLE entry (
  facility          BLOB NOT NULL,
  entry             BLOB NOT NULL,
  person            BLOB NOT NULL,
  referral_facility BLOB,
  referral          BLOB,
  resource          BLOB NOT NULL,
  slot              BLOB NOT NULL,
  place             INTEGER NOT NULL,
  specialty         TEXT NOT NULL,
  start             INTEGER NOT NULL,
  minutes           INTEGER NOT NULL,
  ticket            TEXT NOT NULL,
  state             TEXT NOT NULL,
  version           INTEGER NOT NULL,
  booked_at         INTEGER NOT NULL,
  client            BLOB,
  channel           TEXT,
  checksum          BLOB NOT NULL, -- SQLite has no page checksums: a damaged entry is never served
  PRIMARY KEY (facility, entry)
) STRICT, WITHOUT ROWID;

-- The promises. Each is a key that only one entry can hold.

CREATE TABLE claim_referral (
  facility       BLOB NOT NULL,
  referral       BLOB NOT NULL,
  entry_facility BLOB NOT NULL,
  entry          BLOB NOT NULL,
  PRIMARY KEY (facility, referral)
) STRICT, WITHOUT ROWID;

-- Void once `start` has passed: the next claimant takes it over.
CREATE TABLE claim_specialty (
  person    BLOB NOT NULL,
  specialty TEXT NOT NULL,
  facility  BLOB NOT NULL,
  entry     BLOB NOT NULL,
  start     INTEGER NOT NULL,
  PRIMARY KEY (person, specialty)
) STRICT, WITHOUT ROWID;

CREATE TABLE claim_place (
  facility BLOB NOT NULL,
  slot     BLOB NOT NULL,
  place    INTEGER NOT NULL,
  entry    BLOB NOT NULL,
  PRIMARY KEY (facility, slot, place)
) STRICT, WITHOUT ROWID;

-- A person's live visits, and for each UTC day that one touches a version that is compared and
-- set: two visits that would overlap cannot both find the version they read.
CREATE TABLE claim_time (
  person   BLOB NOT NULL,
  start    INTEGER NOT NULL,
  facility BLOB NOT NULL,
  entry    BLOB NOT NULL,
  PRIMARY KEY (person, start, facility, entry)
) STRICT, WITHOUT ROWID;

CREATE TABLE claim_day (
  person  BLOB NOT NULL,
  day     TEXT NOT NULL, -- UTC
  version INTEGER NOT NULL,
  PRIMARY KEY (person, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket_counter (
  facility BLOB NOT NULL,
  day      TEXT NOT NULL,
  last     INTEGER NOT NULL,
  PRIMARY KEY (facility, day)
) STRICT, WITHOUT ROWID;

-- Messages not yet sent. The key is the dedupe key.
CREATE TABLE outbox (
  facility BLOB NOT NULL,
  entry    BLOB NOT NULL,
  version  INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  created  INTEGER NOT NULL,
  PRIMARY KEY (facility, entry, version, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  person   BLOB NOT NULL,
  key      TEXT NOT NULL,
  body     BLOB NOT NULL, -- SHA-256
  facility BLOB NOT NULL,
  entry    BLOB NOT NULL,
  ticket   TEXT NOT NULL,
  created  INTEGER NOT NULL,
  PRIMARY KEY (person, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_age ON idempotency (created);

CREATE TABLE audit (
  audit    BLOB NOT NULL PRIMARY KEY, -- time-ordered
  at       INTEGER NOT NULL,
  request  BLOB NOT NULL,
  person   BLOB,
  client   BLOB,
  channel  TEXT,
  action   TEXT NOT NULL,
  facility BLOB,
  object   TEXT,
  outcome  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
