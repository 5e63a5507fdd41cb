-- The whole journey: holds, moves, reasons of cancellations, waiting lists, timed release.
-- Everything is added, so that a program of version 1 goes on working: to it a held place is a taken one.

-- A place that is held and not booked has an end here and whose it is, and `entry` is the hold's guid. From that
-- end on the next claimant takes it over. Microseconds; both NULL for an entry's place.
ALTER TABLE claim_place ADD COLUMN expires bigint;
ALTER TABLE claim_place ADD COLUMN holder uuid;

CREATE TABLE hold (
  facility          uuid NOT NULL,
  hold              uuid NOT NULL,
  person            uuid NOT NULL,
  referral_facility uuid,
  referral          uuid,
  resource          uuid NOT NULL,
  slot              uuid NOT NULL,
  place             integer NOT NULL,
  start             bigint NOT NULL,
  minutes           integer NOT NULL,
  waiting           uuid,             -- the place on the waiting list to which it is an offer
  created           bigint NOT NULL,
  expires           bigint NOT NULL,
  extended          integer NOT NULL, -- how often
  state             text NOT NULL,
  PRIMARY KEY (facility, hold)
);

CREATE INDEX hold_by_person ON hold (person);
CREATE INDEX hold_by_expiry ON hold (state, expires);

-- How many times a person may hold at once: one row for each, numbered from 1. Void from `expires` on.
CREATE TABLE claim_hold (
  person   uuid NOT NULL,
  number   integer NOT NULL,
  facility uuid NOT NULL,
  hold     uuid NOT NULL,
  expires  bigint NOT NULL,
  PRIMARY KEY (person, number)
);

-- What an entry was before it was moved.
CREATE TABLE entry_version (
  facility uuid NOT NULL,
  entry    uuid NOT NULL,
  version  bigint NOT NULL,
  resource uuid NOT NULL,
  slot     uuid NOT NULL,
  place    integer NOT NULL,
  start    bigint NOT NULL,
  minutes  integer NOT NULL,
  ticket   text NOT NULL,
  until    bigint NOT NULL, -- when it was moved
  PRIMARY KEY (facility, entry, version)
);

-- When an entry was cancelled, and why, where a reason was given.
CREATE TABLE cancellation (
  facility uuid NOT NULL,
  entry    uuid NOT NULL,
  code     integer,
  reason   text,
  at       bigint NOT NULL,
  PRIMARY KEY (facility, entry)
);

-- How often a person gave up visits of a specialty that they had booked by themselves: `times` until `until`, in
-- seconds, when counting begins anew. With `most` of them they do not book another by themselves before.
CREATE TABLE given_up (
  person    uuid NOT NULL,
  specialty text COLLATE "C" NOT NULL,
  times     integer NOT NULL,
  most      integer NOT NULL,
  until     bigint NOT NULL,
  PRIMARY KEY (person, specialty)
);

CREATE INDEX given_up_by_end ON given_up (until);

CREATE TABLE waiting (
  facility          uuid NOT NULL,
  waiting           uuid NOT NULL,
  person            uuid NOT NULL,
  specialty         text NOT NULL,
  resource          uuid,
  referral_facility uuid,
  referral          uuid,
  phone             text,
  date_from         text NOT NULL,
  date_to           text NOT NULL,
  time_from         text NOT NULL, -- HH:MM, local to the facility
  time_to           text NOT NULL,
  priority          integer NOT NULL,
  due               text,             -- the day by which an offer is promised
  since             bigint NOT NULL,
  state             text NOT NULL,
  version           bigint NOT NULL,
  client            uuid,
  channel           text NOT NULL,
  PRIMARY KEY (facility, waiting)
);

CREATE INDEX waiting_by_person ON waiting (person);
CREATE INDEX waiting_queue ON waiting (facility, specialty, state);
CREATE INDEX waiting_by_end ON waiting (state, date_to);

-- Which cells were offered to a place on a waiting list: none is offered to it twice.
CREATE TABLE offered (
  facility uuid NOT NULL,
  slot     uuid NOT NULL,
  waiting  uuid NOT NULL,
  PRIMARY KEY (facility, slot, waiting)
);

-- A person waits once for a specialty in a facility.
CREATE TABLE claim_waiting (
  person    uuid NOT NULL,
  facility  uuid NOT NULL,
  specialty text COLLATE "C" NOT NULL,
  waiting   uuid NOT NULL,
  PRIMARY KEY (person, facility, specialty)
);

-- From this instant on the cell is open to these rights too.
ALTER TABLE slot ADD COLUMN release_at bigint;
ALTER TABLE slot ADD COLUMN release_rights integer;

-- What a person may read of their own.
CREATE INDEX entry_by_person ON entry (person, start);
CREATE INDEX referral_by_person ON referral (person);
