"""A small region for requests that are made up from the OpenAPI document: a patient with something of everything.

`region.py lines` prints it as a region file, `region.py dictionaries` what of it requests can name, as Schemathesis's
configuration takes it.
"""

import datetime
import json
import sys

TODAY = datetime.date.today()
DAYS = [(TODAY + datetime.timedelta(days=day)).isoformat() for day in range(1, 15)]
TIMES = [f"{hour:02}:{minute:02}" for hour in range(8, 12) for minute in (0, 20, 40)]
KINDS = ["consultation", "diagnostic", "duvisit"]
SPECIALTIES = [("1", "Терапия", "Т"), ("2", "Кардиология", "К"), ("3", "Неврология", "Н"), ("4", "УЗИ", "У")]


def guid(kind, number):
    return f"{kind}-0000-4000-8000-{number:012}"


FACILITIES = [(guid("fac00000", number), f"01001{number:02}") for number in (1, 2)]
PATIENT, STRANGER = guid("9e500000", 1), guid("9e500000", 2)
BIRTH_DATE, POLICY = "1984-05-17", "7700000000000001"
DOCTORS = [(facility, guid("d0c00000", number), SPECIALTIES[number][0]) for facility, _ in FACILITIES for number in range(4)]
REFERRALS = [(FACILITIES[number % 2][0], guid("4ef00000", number)) for number in range(48)]
CELLS = [
    (facility, resource, guid("51000000", 1000 * number + nth), f"{day}T{time}")
    for number, (facility, resource, _) in enumerate(DOCTORS)
    for nth, (day, time) in enumerate((day, time) for day in DAYS for time in TIMES)
]
# Visits of two of the specialties, in the first facility and on the first day, and two that are over.
VISITS = [(FACILITIES[0][0], guid("e4740000", number)) for number in range(4)]


def lines():
    for code, name, letter in SPECIALTIES:
        yield {"type": "specialty", "code": code, "name": name, "letter": letter}
    for facility, mkod in FACILITIES:
        yield {
            "type": "facility", "guid": facility, "mkod": mkod, "name": f"Поликлиника {mkod}", "serves": "all",
            "zone": "Europe/Moscow", "schedule_days": 14, "address": "г. Тверь, ул. Садовая, д. 1", "phone": "+7 4822 00-00-00",
        }
    for facility, resource, specialty in DOCTORS:
        yield {
            "type": "resource", "facility": facility, "guid": resource, "kind": "doctor", "name": "Соколова Анна Петровна",
            "specialty": specialty,
        }
    for person, number in ((PATIENT, POLICY), (STRANGER, "7700000000000002")):
        yield {
            "type": "person", "guid": person, "family": "Кузнецова", "given": "Мария", "birth_date": BIRTH_DATE,
            "sex": "female", "policy": {"number": number},
        }
    for number, (facility, _) in enumerate(FACILITIES):
        for nth, person in enumerate((PATIENT, STRANGER)):
            yield {
                "type": "card", "facility": facility, "guid": guid("ca4d0000", 2 * number + nth), "person": person,
                "number": f"К-{number}{nth}",
            }
    for number, (facility, referral) in enumerate(REFERRALS):
        yield {
            "type": "referral", "facility": facility, "guid": referral, "number": f"Н-{number}",
            # A few are somebody else's, closed, expired or without a kind.
            "person": STRANGER if number % 12 == 7 else PATIENT,
            "kind": None if number % 12 == 8 else KINDS[number % 3],
            "specialty": SPECIALTIES[number % 4][0],
            "issued": (TODAY - datetime.timedelta(days=30)).isoformat(),
            "valid_until": (TODAY + datetime.timedelta(days=-1 if number % 12 == 9 else 60)).isoformat(),
            "state": "closed" if number % 12 == 10 else "active",
        }
    for facility, resource, cell, start in CELLS:
        yield {
            "type": "slot", "facility": facility, "resource": resource, "guid": cell, "start": start, "minutes": 20,
            "places": 2, "rights": ["Internet", "Doctor", "DoctorOtherLpu"],
        }
    for number, (facility, visit) in enumerate(VISITS):
        # One after another, with one doctor after another; what is over was with the first of them.
        _, resource, cell, _ = CELLS[number + (len(DAYS) * len(TIMES) if number == 1 else 0)]
        yield {
            "type": "entry", "facility": facility, "guid": visit, "resource": resource, "slot": cell, "person": PATIENT,
            "ticket": f"Т-{number:03}", "state": ["booked", "booked", "cancelled", "missed"][number],
            "booked_at": f"{TODAY.isoformat()}T00:00:00Z",
        }


def dictionaries():
    yield "referrals", [facility + referral for facility, referral in REFERRALS]
    yield "facilities", [name for facility in FACILITIES for name in facility]
    yield "guids_of_facilities", [facility for facility, _ in FACILITIES]
    yield "resources", [facility + resource for facility, resource, _ in DOCTORS]
    yield "guids_of_resources", [resource for _, resource, _ in DOCTORS]
    # Some of each doctor's: what is drawn from is drawn from slowly when it is long.
    yield "cells", [cell for _, _, cell, _ in CELLS[::29]]
    yield "starts", [start for _, _, _, start in CELLS[:168:7]]
    yield "days", DAYS
    yield "times", TIMES
    yield "kinds", KINDS
    yield "visits", [facility + visit for facility, visit in VISITS]
    yield "specialties", [code for code, _, _ in SPECIALTIES]
    yield "birth_dates", [BIRTH_DATE]
    yield "policies", [POLICY]


if __name__ == "__main__":
    if sys.argv[1:] == ["lines"]:
        for line in lines():
            print(json.dumps(line, ensure_ascii=False))
    else:
        for name, values in dictionaries():
            # An array of strings is written alike in JSON and in TOML.
            print(f"[dictionaries.{name}]\nvalues = {json.dumps(values)}")
