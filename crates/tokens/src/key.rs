//! One key to verify with, bound to one algorithm.

use aws_lc_rs::{
    hmac,
    signature::{self, ParsedPublicKey, RsaPublicKeyComponents},
};

use crate::algorithm::Algorithm;

/// A key of an issuer.
pub(crate) struct Key {
    /// The place of its issuer in the settings.
    pub(crate) issuer: usize,
    /// Its name.
    pub(crate) kid: Option<String>,
    /// The part that verifies.
    pub(crate) verifying: VerifyingKey,
}

/// Key material parsed once, when it was loaded. Which algorithm it serves is a fact of the
/// material and never taken from a token: an RSA key's text cannot turn into an HMAC secret.
pub(crate) enum VerifyingKey {
    /// Ed25519.
    Ed25519(ParsedPublicKey),
    /// P-256.
    P256(ParsedPublicKey),
    /// RSA.
    Rsa(ParsedPublicKey),
    /// A shared secret. Boxed: it is twenty times the size of the others.
    Secret(Box<hmac::Key>),
}

/// Key material that is not a key.
#[derive(Debug)]
pub(crate) struct BadMaterial(pub(crate) &'static str);

impl VerifyingKey {
    /// From the 32 bytes of an Ed25519 public key.
    pub(crate) fn ed25519(point: &[u8]) -> Result<Self, BadMaterial> {
        const FAULT: BadMaterial = BadMaterial("`x` is not an Ed25519 public key: export the key again");
        if point.len() != 32 {
            return Err(FAULT);
        }
        ParsedPublicKey::new(&signature::ED25519, point).map(Self::Ed25519).map_err(|_| FAULT)
    }

    /// From the coordinates of a P-256 public key, 32 bytes each.
    pub(crate) fn p256(x: &[u8], y: &[u8]) -> Result<Self, BadMaterial> {
        const FAULT: BadMaterial = BadMaterial("`x` and `y` are not a point of P-256: export the key again");
        if x.len() != 32 || y.len() != 32 {
            return Err(FAULT);
        }
        let point = [&[4], x, y].concat();
        ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).map(Self::P256).map_err(|_| FAULT)
    }

    /// From an RSA modulus and exponent, most significant byte first.
    pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, BadMaterial> {
        let (n, e) = (without_leading_zeros(modulus), without_leading_zeros(exponent));
        match bits(n) {
            0..2048 => return Err(BadMaterial("an RSA key of less than 2048 bits: make a longer one")),
            2048..=8192 => {}
            _ => return Err(BadMaterial("an RSA key of more than 8192 bits: make a shorter one")),
        }
        // With the exponent 1 every text is its own signature.
        if e.len() > 4 || e == [1] || e.last().is_none_or(|low| low % 2 == 0) {
            return Err(BadMaterial("`e` is not an RSA exponent (65537 is usual): export the key again"));
        }
        RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256)
            .map(Self::Rsa)
            .map_err(|_| BadMaterial("`n` and `e` are not an RSA key: export the key again"))
    }

    /// From a shared secret of at least 32 bytes.
    pub(crate) fn secret(secret: &[u8]) -> Result<Self, BadMaterial> {
        if secret.len() < 32 {
            return Err(BadMaterial("its shared secret is shorter than 32 bytes: `openssl rand -hex 32` makes one"));
        }
        Ok(Self::Secret(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret))))
    }

    /// The one algorithm it serves.
    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::P256(_) => Algorithm::Es256,
            Self::Rsa(_) => Algorithm::Rs256,
            Self::Secret(_) => Algorithm::Hs256,
        }
    }

    /// Whether the signature is this key's over the message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) | Self::P256(key) | Self::Rsa(key) => key.verify_sig(message, signature).is_ok(),
            Self::Secret(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    &number[start..]
}

/// The length in bits of a number without leading zero bytes.
fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |high| number.len() * 8 - high.leading_zeros() as usize)
}
