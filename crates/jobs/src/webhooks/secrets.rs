//! The secrets that a receiver shares with us, and signatures by them.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Bytes of a secret, as the standard bounds them.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// More than one while a secret is changed: what is sent is signed by each, and whoever knows one of them believes it.
pub struct Secrets(Vec<Key>);

/// Why secrets cannot be used. Nothing of them is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// There is none.
    #[error("there is no secret in it; write one a line, as whsec_ and the base64 of 24 to 64 random bytes")]
    Missing,
    /// This line is none.
    #[error("line {0} is no secret: whsec_ and the base64 of 24 to 64 bytes is needed")]
    Line(usize),
}

impl Secrets {
    /// Reads one secret a line. Empty lines are left out.
    ///
    /// # Errors
    ///
    /// [`BadSecret`]
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let bytes = line.trim().strip_prefix("whsec_").and_then(|rest| STANDARD.decode(rest).ok());
            let bytes = bytes.filter(|bytes| BYTES.contains(&bytes.len())).ok_or(BadSecret::Line(number + 1))?;
            keys.push(Key::new(HMAC_SHA256, &bytes));
        }
        if keys.is_empty() { Err(BadSecret::Missing) } else { Ok(Self(keys)) }
    }

    /// `webhook-signature`: of an id, the second at which it is sent, and a body.
    pub(crate) fn signature(&self, id: &str, second: i64, body: &[u8]) -> String {
        let mut signed = format!("{id}.{second}.").into_bytes();
        signed.extend_from_slice(body);
        let signatures = self.0.iter().map(|key| format!("v1,{}", STANDARD.encode(sign(key, &signed))));
        signatures.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's own libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_standards_own_example_is_signed_as_it_says() {
        let secrets = Secrets::parse(SECRET).unwrap();
        let signature = secrets.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs_while_one_replaces_another() {
        let old = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let secrets = Secrets::parse(&format!("{SECRET}\n\n{old}\n")).unwrap();
        let signature = secrets.signature("evt", 1, b"{}");
        let alone = |text| Secrets::parse(text).unwrap().signature("evt", 1, b"{}");
        assert_eq!(signature, format!("{} {}", alone(SECRET), alone(old)));
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_repeated() {
        for (text, expected) in [
            ("", BadSecret::Missing),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", BadSecret::Line(1)),
            ("\nwhsec_short", BadSecret::Line(2)),
            ("whsec_AAAAAAAAAAAAAAAAAAAAAA==", BadSecret::Line(1)),
        ] {
            assert_eq!(Secrets::parse(text).err(), Some(expected), "{text}");
        }
    }
}
