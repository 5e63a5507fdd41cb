-- The whole journey: holds, moves, reasons of cancellations, waiting lists, timed release.
-- Everything is added, so that a program of version 1 goes on working: to it a held place is a taken one.

-- A place that is held and not booked has an end here and whose it is, and `entry` is the hold's guid. From that
-- end on the next claimant takes it over. Microseconds; both NULL for an entry's place.
ALTER TABLE claim_place ADD COLUMN expires INTEGER;
ALTER TABLE claim_place ADD COLUMN holder BLOB;

CREATE TABLE hold (
  facility          BLOB NOT NULL,
  hold              BLOB NOT NULL,
  person            BLOB NOT NULL,
  referral_facility BLOB,
  referral          BLOB,
  resource          BLOB NOT NULL,
  slot              BLOB NOT NULL,
  place             INTEGER NOT NULL,
  start             INTEGER NOT NULL,
  minutes           INTEGER NOT NULL,
  waiting           BLOB,             -- the place on the waiting list to which it is an offer
  created           INTEGER NOT NULL,
  expires           INTEGER NOT NULL,
  extended          INTEGER NOT NULL, -- how often
  state             TEXT NOT NULL,
  PRIMARY KEY (facility, hold)
) STRICT, WITHOUT ROWID;

CREATE INDEX hold_by_person ON hold (person);
CREATE INDEX hold_by_expiry ON hold (state, expires);

-- How many times a person may hold at once: one row for each, numbered from 1. Void from `expires` on.
CREATE TABLE claim_hold (
  person   BLOB NOT NULL,
  number   INTEGER NOT NULL,
  facility BLOB NOT NULL,
  hold     BLOB NOT NULL,
  expires  INTEGER NOT NULL,
  PRIMARY KEY (person, number)
) STRICT, WITHOUT ROWID;

-- What an entry was before it was moved.
CREATE TABLE entry_version (
  facility BLOB NOT NULL,
  entry    BLOB NOT NULL,
  version  INTEGER NOT NULL,
  resource BLOB NOT NULL,
  slot     BLOB NOT NULL,
  place    INTEGER NOT NULL,
  start    INTEGER NOT NULL,
  minutes  INTEGER NOT NULL,
  ticket   TEXT NOT NULL,
  until    INTEGER NOT NULL, -- when it was moved
  PRIMARY KEY (facility, entry, version)
) STRICT, WITHOUT ROWID;

-- When an entry was cancelled, and why, where a reason was given.
CREATE TABLE cancellation (
  facility BLOB NOT NULL,
  entry    BLOB NOT NULL,
  code     INTEGER,
  reason   TEXT,
  at       INTEGER NOT NULL,
  PRIMARY KEY (facility, entry)
) STRICT, WITHOUT ROWID;

-- How often a person gave up visits of a specialty that they had booked by themselves: `times` until `until`, in
-- seconds, when counting begins anew. With `most` of them they do not book another by themselves before.
CREATE TABLE given_up (
  person    BLOB NOT NULL,
  specialty TEXT NOT NULL,
  times     INTEGER NOT NULL,
  most      INTEGER NOT NULL,
  until     INTEGER NOT NULL,
  PRIMARY KEY (person, specialty)
) STRICT, WITHOUT ROWID;

CREATE INDEX given_up_by_end ON given_up (until);

CREATE TABLE waiting (
  facility          BLOB NOT NULL,
  waiting           BLOB NOT NULL,
  person            BLOB NOT NULL,
  specialty         TEXT NOT NULL,
  resource          BLOB,
  referral_facility BLOB,
  referral          BLOB,
  phone             TEXT,
  date_from         TEXT NOT NULL,
  date_to           TEXT NOT NULL,
  time_from         TEXT NOT NULL, -- HH:MM, local to the facility
  time_to           TEXT NOT NULL,
  priority          INTEGER NOT NULL,
  due               TEXT,             -- the day by which an offer is promised
  since             INTEGER NOT NULL,
  state             TEXT NOT NULL,
  version           INTEGER NOT NULL,
  client            BLOB,
  channel           TEXT NOT NULL,
  PRIMARY KEY (facility, waiting)
) STRICT, WITHOUT ROWID;

CREATE INDEX waiting_by_person ON waiting (person);
CREATE INDEX waiting_queue ON waiting (facility, specialty, state);
CREATE INDEX waiting_by_end ON waiting (state, date_to);

-- Which cells were offered to a place on a waiting list: none is offered to it twice.
CREATE TABLE offered (
  facility BLOB NOT NULL,
  slot     BLOB NOT NULL,
  waiting  BLOB NOT NULL,
  PRIMARY KEY (facility, slot, waiting)
) STRICT, WITHOUT ROWID;

-- A person waits once for a specialty in a facility.
CREATE TABLE claim_waiting (
  person    BLOB NOT NULL,
  facility  BLOB NOT NULL,
  specialty TEXT NOT NULL,
  waiting   BLOB NOT NULL,
  PRIMARY KEY (person, facility, specialty)
) STRICT, WITHOUT ROWID;

-- From this instant on the cell is open to these rights too.
ALTER TABLE slot ADD COLUMN release_at INTEGER;
ALTER TABLE slot ADD COLUMN release_rights INTEGER;

-- What a person may read of their own.
CREATE INDEX entry_by_person ON entry (person, start);
CREATE INDEX referral_by_person ON referral (person);
