-- A booking as one writes it for PostgreSQL by hand: keys of eight bytes, a free slot is a flag in its
-- row, the promises are unique indexes of the appointment. :size is set by the caller.

CREATE TABLE patient (
  id    bigint NOT NULL PRIMARY KEY,
  birth date NOT NULL
);

CREATE TABLE referral (
  id          bigint NOT NULL PRIMARY KEY,
  patient     bigint NOT NULL,
  specialty   smallint NOT NULL,
  valid_until date NOT NULL,
  used        boolean NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE slot (
  id        bigint NOT NULL PRIMARY KEY,
  resource  integer NOT NULL,
  specialty smallint NOT NULL,
  start     bigint NOT NULL,
  min_age   smallint NOT NULL,
  max_age   smallint NOT NULL,
  taken     boolean NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE appointment (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slot      bigint NOT NULL UNIQUE,
  patient   bigint NOT NULL,
  referral  bigint NOT NULL UNIQUE,
  specialty smallint NOT NULL,
  start     bigint NOT NULL,
  ticket    integer NOT NULL,
  live      boolean NOT NULL,
  booked_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX one_ahead ON appointment (patient, specialty) WHERE live;

CREATE TABLE ticket_counter (
  resource integer NOT NULL,
  day      integer NOT NULL,
  last     integer NOT NULL,
  PRIMARY KEY (resource, day)
) WITH (fillfactor = 60);

CREATE TABLE audit (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz NOT NULL DEFAULT now(),
  actor       text NOT NULL,
  action      text NOT NULL,
  appointment bigint NOT NULL
);

-- A booking is refused by raising, which ends the run: nothing but bookings may be counted.
CREATE FUNCTION book(p_slot bigint, p_patient bigint, p_referral bigint, p_actor text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  born date;
  r referral;
  s slot;
  number integer;
  appointment bigint;
BEGIN
  SELECT birth INTO born FROM patient WHERE id = p_patient;
  IF NOT FOUND THEN RAISE 'no such patient'; END IF;
  SELECT * INTO r FROM referral WHERE id = p_referral FOR UPDATE;
  IF NOT FOUND OR r.patient <> p_patient THEN RAISE 'no such referral'; END IF;
  IF r.used OR r.valid_until < current_date THEN RAISE 'the referral cannot be used'; END IF;
  UPDATE slot SET taken = true WHERE id = p_slot AND NOT taken RETURNING * INTO s;
  IF NOT FOUND THEN RAISE 'the slot is taken'; END IF;
  IF s.specialty <> r.specialty THEN RAISE 'another specialty'; END IF;
  IF extract(year FROM age(born)) NOT BETWEEN s.min_age AND s.max_age THEN RAISE 'not of this age'; END IF;
  INSERT INTO ticket_counter VALUES (s.resource, s.start / 86400, 1)
    ON CONFLICT (resource, day) DO UPDATE SET last = ticket_counter.last + 1 RETURNING last INTO number;
  INSERT INTO appointment (slot, patient, referral, specialty, start, ticket, live)
    VALUES (p_slot, p_patient, p_referral, s.specialty, s.start, number, true) RETURNING id INTO appointment;
  UPDATE referral SET used = true WHERE id = p_referral;
  INSERT INTO audit (actor, action, appointment) VALUES (p_actor, 'book', appointment);
  RETURN number;
END $$;

INSERT INTO patient SELECT i, date '1940-01-01' + (i % 30000)::integer FROM generate_series(0, :size - 1) i;
INSERT INTO referral SELECT i, i, i % 64, date '2099-01-01', false FROM generate_series(0, :size - 1) i;
-- As many resources as have 32 slots on each of 30 days.
INSERT INTO slot
SELECT i, i % (:size / 960), i % 64,
  (i / (:size / 960) / 32) * 86400 + 28800 + (i / (:size / 960) % 32) * 900, 0, 200, false
FROM generate_series(0, :size - 1) i;
