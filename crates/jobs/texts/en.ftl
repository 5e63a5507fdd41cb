# What patients are written. Single lines are replaced by a file en.ftl in the folder mail.texts.
# There is no "tomorrow" here: a letter may arrive later than it was sent.

subject-booked = Your appointment: { $day }, { $time }
subject-moved = Your appointment has been moved: { $day }, { $time }
subject-cancelled = Your appointment is cancelled: { $day }, { $time }
subject-offered = A time has become free: { $day }, { $time }
subject-absent = Your appointment will not take place: { $day }, { $time }
subject-reminder-week = Reminder of your appointment: { $day }, { $time }
subject-reminder-day = Reminder of your appointment: { $day }, { $time }

heading-booked = Your appointment is booked
heading-moved = Your appointment has been moved to another time
heading-cancelled = Your appointment is cancelled
heading-offered = A time has become free for you
heading-absent = Unfortunately, your appointment will not take place
heading-reminder = { $count ->
    [1] This is a reminder of your appointment
    [one] This is a reminder of { $count } appointment on this day
   *[other] This is a reminder of { $count } appointments on this day
  }

when = When: { $day }, { $time } (local time)
before = It was: { $day }, { $time }
ticket = Ticket number: { $ticket }
place = Where: { $facility }
address = Address: { $address }
room = Room: { $room }
doctor = Doctor: { $who }
resource = With: { $who }
specialty = Specialty: { $specialty }
phone = Registry phone: { $phone }

others = Other appointments on this day
other = { $time }, { $specialty } — ticket { $ticket }
other-room = { $time }, { $specialty }, room { $room } — ticket { $ticket }

offer-until = The time is held for you until { $time }, { $day }. Confirm it where you joined the waiting list. If you do not, it goes to the next in line.
absent-doctor = The doctor will not be receiving patients at this time.
absent-resource = Nobody will be receiving patients at this time.
absent-stands = Your appointment is neither moved nor cancelled by itself: please choose another time or cancel it where you booked it.
absent-call = If no other time suits you, please call the registry.
cancelled-again = If it was not you who cancelled it, please call the registry.
bring = Bring your passport (for children a birth certificate), insurance policy and SNILS.
change = If you cannot come, cancel or move the appointment where you booked it: somebody is waiting for the time.
link = Ticket: { $link }
link-title = Open the ticket
footer = This letter was sent automatically; please do not reply to it.
