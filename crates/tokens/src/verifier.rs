//! Verification in the contract's order.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use aws_lc_rs::digest;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use talon_domain::reference::Reference;

use crate::{
    Identity, Issuer, KeyError, TokenFault, bearer, claims::Claims, compact::Compact, header::Header, keyring::Keyring,
    sources::Source, verified::Verified,
};

/// Verifies bearer tokens with the keys of the configured issuers. Shared between threads.
///
/// A token without `kid` is accepted only when one key among all issuers' is for its algorithm.
/// The installation's own key, which its tokens always name, does not count beside another.
pub struct Verifier {
    issuers: Vec<Issuer>,
    cache_capacity: usize,
    sources: Mutex<Vec<Source>>,
    trusted: RwLock<Arc<Trusted>>,
}

/// Keys and the tokens they have verified. Replaced together, so that a check still running while
/// the keys change leaves its result in the old cache and not in the new one.
struct Trusted {
    keyring: Keyring,
    /// By the SHA-256 of the token. Only successes are kept: what failed once may be right after
    /// the keys rotate, and failures would let a flood push good tokens out.
    cache: Cache<[u8; digest::SHA256_OUTPUT_LEN], Verified>,
}

impl Verifier {
    /// Loads the issuers' keys. `cache_capacity` is how many verified tokens are remembered; 0 is
    /// none.
    ///
    /// # Errors
    ///
    /// The first issuer or file with a fault, and what to do about it.
    pub fn new(issuers: Vec<Issuer>, cache_capacity: usize) -> Result<Self, KeyError> {
        let mut sources = Vec::with_capacity(issuers.len());
        for (index, issuer) in issuers.iter().enumerate() {
            issuer.check()?;
            sources.push(Source::load(index, issuer)?);
        }
        let trusted = RwLock::new(Arc::new(Trusted::new(&sources, &issuers, cache_capacity)?));
        Ok(Self { issuers, cache_capacity, sources: Mutex::new(sources), trusted })
    }

    /// Verifies the value of an `Authorization` header, `None` where a request has none. Never
    /// panics, whatever the bytes.
    ///
    /// # Errors
    ///
    /// The first fault in the order of the contract (section 3, step 1): no bearer token; header or
    /// claims unreadable or of a wrong type, algorithm, unknown `kid`; signature; then `iss`, `aud`,
    /// `channel`, `client`; then `exp` and `nbf`.
    pub fn verify(
        &self,
        authorization: Option<&[u8]>,
        reference: &Reference,
        now: Timestamp,
    ) -> Result<Identity, TokenFault> {
        let token = bearer::token(authorization)?;
        let trusted = self.trusted();
        let key = fingerprint(token);
        if let Some(verified) = trusted.cache.get(&key) {
            return verified.admit(reference, now);
        }
        let verified = self.check(&trusted.keyring, token)?;
        let identity = verified.admit(reference, now)?;
        trusted.cache.insert(key, verified);
        Ok(identity)
    }

    /// Looks at the files of keys again; reads each whole, so it belongs where blocking is allowed.
    /// True when keys have changed; then every token is verified anew, those of a key that is gone
    /// are refused from now on.
    ///
    /// # Errors
    ///
    /// A file has changed into something that cannot be used: told once for each change. The keys
    /// that it held before stay in force; good changes of other files are taken nevertheless.
    pub fn reload_if_changed(&self) -> Result<bool, KeyError> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut changed, mut broken) = (false, None);
        for source in sources.iter_mut() {
            match source.refresh() {
                Ok(renewed) => changed |= renewed,
                Err(error) => broken = broken.or(Some(error)),
            }
        }
        if changed {
            let trusted = Arc::new(Trusted::new(&sources, &self.issuers, self.cache_capacity)?);
            *self.trusted.write().unwrap_or_else(PoisonError::into_inner) = trusted;
        }
        broken.map_or(Ok(changed), Err)
    }

    /// Everything about a token that stays as it is for as long as the keys do.
    fn check(&self, keyring: &Keyring, token: &str) -> Result<Verified, TokenFault> {
        let parts = Compact::parse(token)?;
        let header = Header::parse(&parts.header)?;
        let claims = Claims::parse(&parts.claims)?;
        let key = keyring.find(&header)?;
        let signature = parts.signature.ok_or(TokenFault::SignatureInvalid)?;
        if !key.verifying.verifies(parts.signed.as_bytes(), &signature) {
            return Err(TokenFault::SignatureInvalid);
        }
        let issuer = self.issuers.get(key.issuer).ok_or(TokenFault::TokenMalformed)?;
        Verified::new(&claims, issuer)
    }

    fn trusted(&self) -> Arc<Trusted> {
        Arc::clone(&self.trusted.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Trusted {
    fn new(sources: &[Source], issuers: &[Issuer], cache_capacity: usize) -> Result<Self, KeyError> {
        let keys: Vec<_> = sources.iter().flat_map(Source::keys).cloned().collect();
        Ok(Self { keyring: Keyring::new(&keys, issuers)?, cache: Cache::new(cache_capacity) })
    }
}

impl fmt::Debug for Verifier {
    /// The names of the issuers; no keys, no tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.issuers.iter().map(|issuer| &issuer.name)).finish()
    }
}

fn fingerprint(token: &str) -> [u8; digest::SHA256_OUTPUT_LEN] {
    let mut bytes = [0; digest::SHA256_OUTPUT_LEN];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    bytes
}
