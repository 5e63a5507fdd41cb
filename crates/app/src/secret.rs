//! Secrets of client applications: made, hashed, checked.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::Failure;

/// Hashes computed at one time. Each takes 19 MiB and most of a core for some 20 ms; what waits
/// takes nothing.
const AT_ONCE: usize = 2;

/// The hash that is checked where there is none, so that an unknown client takes as long as a
/// known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| new_client_secret([0; 32]).1);

/// A new secret from 32 random bytes, with its hash in PHC form (argon2id). The secret is shown
/// once, the hash is what is kept.
///
/// The first 16 bytes are the secret (22 characters of base64url), the others the salt. The hash
/// is empty, and so admits nobody, if argon2 refuses its own parameters, which a test rules out.
#[must_use]
pub fn new_client_secret(random: [u8; 32]) -> (String, String) {
    let (secret, salt) = random.split_at(16);
    let secret = BASE64_URL_SAFE_NO_PAD.encode(secret);
    let hash = Argon2::default().hash_password_with_salt(secret.as_bytes(), salt);
    (secret, hash.map(|hash| hash.to_string()).unwrap_or_default())
}

/// Checks secrets, a few at a time.
pub(crate) struct SecretCheck {
    turns: Arc<Semaphore>,
}

impl Default for SecretCheck {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl SecretCheck {
    /// Whether the secret is the one that was hashed. Without a hash it is not, in the same time.
    pub(crate) async fn matches(&self, hash: Option<String>, secret: String) -> Result<bool, Failure> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|error| broken(&error.to_string()))?;
        // The turn goes with the work: a client that hangs up ends the waiting and not the hashing.
        aside(move || {
            let _turn = turn;
            verify(hash.as_deref(), &secret)
        })
        .await
    }
}

/// Runs a check where it keeps nobody waiting. Why it came to no end is left out: a panic's text may quote the secret.
async fn aside(check: impl FnOnce() -> bool + Send + 'static) -> Result<bool, Failure> {
    spawn_blocking(check).await.map_err(|_| broken("it came to no end"))
}

fn broken(what: &str) -> Failure {
    Failure::Internal(format!("checking a client's secret: {what}"))
}

fn verify(hash: Option<&str>, secret: &str) -> bool {
    let known = hash.is_some();
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(&NOBODY)) else { return false };
    Argon2::default().verify_password(secret.as_bytes(), &parsed).is_ok() && known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_itself_matches_its_hash() {
        let random: [u8; 32] = std::array::from_fn(|i| i as u8);
        let (secret, hash) = new_client_secret(random);
        assert_eq!(secret, "AAECAwQFBgcICQoLDA0ODw");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(verify(Some(&hash), &secret));
        assert!(!verify(Some(&hash), "AAECAwQFBgcICQoLDA0ODx"));
        assert!(!verify(Some(""), ""));
    }

    #[test]
    fn a_panic_tells_no_secret() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let failed = runtime.block_on(aside(|| panic!("canary-secret")));
        assert!(matches!(&failed, Err(Failure::Internal(why)) if !why.contains("canary")), "{failed:?}");
    }

    #[test]
    fn the_secret_behind_the_stand_in_hash_opens_nothing() {
        let (secret, hash) = new_client_secret([0; 32]);
        assert!(verify(Some(&hash), &secret));
        assert!(!verify(None, &secret));
    }
}
