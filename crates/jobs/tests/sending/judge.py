"""Reads letters as mail programs and calendars do, and says what is wrong with them.

judge.py FOLDER --language ru|en [--life] [--nasty]
"""

import argparse
import datetime
import email
import email.policy
import html.parser
import pathlib
import sys

import icalendar

KINDS = {"booked", "moved", "cancelled", "offered", "absent", "reminder-week", "reminder-day"}
HEADERS = {
    "from", "to", "subject", "date", "message-id", "auto-submitted", "content-language", "mime-version", "content-type",
}


class Page(html.parser.HTMLParser):
    """The tags and the text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


def letter(path, language):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert not message.defects, message.defects
    headers = [name.lower() for name in message.keys()]
    assert set(headers) <= HEADERS and len(headers) == len(set(headers)), headers
    assert message["auto-submitted"] == "auto-generated" and message["content-language"] == language
    assert message["from"].addresses[0].addr_spec == "noreply@talon.test"
    assert len(message["to"].addresses) == 1
    assert message["message-id"] == f"<{path.stem}@talon.test>", message["message-id"]
    kind = path.stem.rsplit(".", 1)[1]
    assert kind in KINDS, kind
    parts = {part.get_content_type(): part for part in message.walk() if not part.is_multipart()}
    plain, page = parts["text/plain"].get_content(), Page()
    page.feed(parts["text/html"].get_content())
    assert {"html", "h1", "p"} <= page.tags and "script" not in page.tags, page.tags
    subject = str(message["subject"])
    assert any("а" <= letter <= "я" for letter in subject.lower()) == (language == "ru"), subject
    for word in ("Смирнов", "Петрова", "Орлова", "Терапия", "Неврология", "Поликлиника"):
        assert word not in subject, subject
    assert len(plain.strip()) > 100 and "{" not in plain.replace("{{ 7 * 7 }}{ $x }", ""), plain
    return kind, message, plain, page, parts.get("text/calendar")


def visit(part, kind):
    if kind in ("offered", "absent", "reminder-week", "reminder-day"):
        assert part is None, kind
        return None
    method = "CANCEL" if kind == "cancelled" else "REQUEST"
    assert part["content-type"].params["method"] == method
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    assert calendar["METHOD"] == method and calendar["VERSION"] == "2.0"
    events, zones = calendar.walk("VEVENT"), calendar.walk("VTIMEZONE")
    assert len(events) == 1 and len(zones) == 1, calendar
    event = events[0]
    assert not event.errors, event.errors
    zone = event["DTSTART"].params["TZID"]
    assert zone == zones[0]["TZID"] == "Europe/Moscow"
    start = event.decoded("DTSTART")
    assert start.utcoffset() == datetime.timedelta(hours=3), start
    assert event["STATUS"] == ("CANCELLED" if kind == "cancelled" else "CONFIRMED")
    assert event["CLASS"] == "PRIVATE" and event["ORGANIZER"] == "mailto:noreply@talon.test"
    assert event["ATTENDEE"].lower().startswith("mailto:") and "CN" not in event["ATTENDEE"].params
    assert len(event.walk("VALARM")) == (0 if kind == "cancelled" else 2)
    for name in ("Смирнов", "Пётр"):
        assert name not in str(event), "a patient's name"
    return event


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--language", required=True)
    arguments.add_argument("--life", action="store_true")
    arguments.add_argument("--nasty", action="store_true")
    asked = arguments.parse_args()
    seen, events = set(), {}
    for path in sorted(asked.folder.glob("*.eml")):
        kind, message, plain, page, calendar = letter(path, asked.language)
        seen.add(kind)
        events[kind] = visit(calendar, kind)
        if asked.nasty:
            assert "thief" not in " ".join(f"{name}: {value}" for name, value in message.items())
            assert "<script>alert('1')</script>" in page.text and "{{ 7 * 7 }}" in page.text
            assert "\nBcc:" not in plain and "\a" not in plain
            event = events[kind]
            assert "alert('1')" in event["LOCATION"] and "alert('1')" in event["SUMMARY"]
            assert "bcc" not in {name.lower() for name in event}
            assert event["ATTENDEE"] == "mailto:a+b%27c%3Dd%2Fe@example.ru", event["ATTENDEE"]
    if asked.life:
        assert len({str(event["UID"]) for event in events.values()}) == 1, events
        numbers = [int(events[kind]["SEQUENCE"]) for kind in ("booked", "moved", "cancelled")]
        assert numbers == [0, 1, 2], numbers
        assert events["moved"].decoded("DTSTART") == events["cancelled"].decoded("DTSTART")
        assert events["moved"].decoded("DTSTART") > events["booked"].decoded("DTSTART")
    elif asked.nasty:
        assert seen == {"booked"}, seen
    else:
        assert seen == KINDS, seen
    print(f"{len(events)} letters are as they should be")


if __name__ == "__main__":
    sys.exit(main())
