//! Requests, written out before anything is measured.

use std::ops::Range;

use talon_domain::ids::{PersonId, ReferralKey};
use talon_sample::GeneratedBooking;

use crate::tokens::{Algorithm, Issuers};

/// How far ahead free times are asked for: no further than the smallest region goes, so that lists of all of them
/// are as long.
const DAYS: u16 = 14;

/// Whole HTTP requests, one after another.
#[derive(Default)]
pub(crate) struct Requests {
    bytes: Vec<u8>,
    /// Where each of them is, in the order of sending.
    order: Vec<Range<usize>>,
}

impl Requests {
    /// One request for each booking.
    pub(crate) fn of(
        bookings: impl Iterator<Item = GeneratedBooking>,
        issuers: &Issuers,
        algorithm: Algorithm,
    ) -> Self {
        let mut requests = Self::default();
        for booking in bookings {
            requests.add(&booking, &issuers.token(algorithm, booking.person));
        }
        requests
    }

    /// One request for free times under each referral, in a facility or anywhere.
    pub(crate) fn of_free_times(
        asked: impl Iterator<Item = (PersonId, ReferralKey, Option<String>)>,
        issuers: &Issuers,
        algorithm: Algorithm,
    ) -> Self {
        let mut requests = Self::default();
        for (person, referral, lpu) in asked {
            let lpu = lpu.map(|code| format!("&lpu_code={code}")).unwrap_or_default();
            let token = issuers.token(algorithm, person);
            let request = format!(
                "GET /iemk/doctors/directions?direction_id={referral}{lpu}&days={DAYS} HTTP/1.1\r\nHost: 127.0.0.1\r\n\
                 Authorization: Bearer {token}\r\n\r\n"
            );
            let first = requests.bytes.len();
            requests.bytes.extend_from_slice(request.as_bytes());
            requests.order.push(first..requests.bytes.len());
        }
        requests
    }

    /// Each request `times` over, with the `apart` requests before the next one of the same.
    pub(crate) fn repeated(self, times: usize, apart: usize) -> Self {
        let groups = self.order.chunks(apart.max(1));
        let order = groups.flat_map(|group| std::iter::repeat_n(group, times).flatten().cloned()).collect();
        Self { bytes: self.bytes, order }
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    pub(crate) fn get(&self, number: usize) -> Option<&[u8]> {
        self.bytes.get(self.order.get(number)?.clone())
    }

    fn add(&mut self, booking: &GeneratedBooking, token: &str) {
        let body = format!(
            r#"{{"direction_id":"{}","lpu_code":"{}","resource_id":"{}","day":"{}","time":"{}"}}"#,
            booking.referral,
            booking.lpu_code,
            booking.resource,
            booking.day,
            booking.time.strftime("%H:%M")
        );
        let head = format!(
            "POST /iemk/directions/entry HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let first = self.bytes.len();
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(body.as_bytes());
        self.order.push(first..self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_of_a_request_lie_apart() {
        let requests = Requests { bytes: b"abcde".to_vec(), order: (0..5).map(|n| n..n + 1).collect() };
        let repeated = requests.repeated(2, 3);
        let sent: Vec<u8> = (0..repeated.len()).flat_map(|n| repeated.get(n).unwrap().to_vec()).collect();
        assert_eq!(sent, b"abcabcdede");
        assert_eq!(repeated.get(10), None);
    }
}
