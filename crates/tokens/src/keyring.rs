//! All the keys that are trusted at a moment.

use std::{collections::HashMap, sync::Arc};

use crate::{KeyError, TokenFault, algorithm::Algorithm, header::Header, issuer::Issuer, issuer::KeySource, key::Key};

/// The keys, found as a token's header names them.
pub(crate) struct Keyring {
    by_kid: HashMap<String, Arc<Key>>,
    /// The only key for an algorithm, or `None` where there are several. The installation's own key
    /// counts where there is no other.
    sole: HashMap<Algorithm, Option<Arc<Key>>>,
}

impl Keyring {
    /// Puts the keys together. Two keys of one name are refused: a token could not say which it
    /// means, and one issuer could take another's name from it.
    pub(crate) fn new(keys: &[Arc<Key>], issuers: &[Issuer]) -> Result<Self, KeyError> {
        let mut ring = Self { by_kid: HashMap::new(), sole: HashMap::new() };
        let (own, others): (Vec<_>, Vec<_>) = keys.iter().partition(|key| is_own(key, issuers));
        for key in others {
            let for_algorithm = ring.sole.entry(key.verifying.algorithm());
            for_algorithm.and_modify(|only| *only = None).or_insert_with(|| Some(Arc::clone(key)));
        }
        // Our own tokens always name their key, so ours must not make a portal's only key ambiguous.
        for key in own {
            ring.sole.entry(key.verifying.algorithm()).or_insert_with(|| Some(Arc::clone(key)));
        }
        for key in keys {
            let Some(kid) = &key.kid else { continue };
            if let Some(other) = ring.by_kid.insert(kid.clone(), Arc::clone(key)) {
                let [first, second] = [&other, key].map(|key| issuer_of(key, issuers));
                return Err(KeyError::SameKid { kid: kid.clone(), first, second });
            }
        }
        ring.tell_of_unreachable(keys, issuers);
        Ok(ring)
    }

    /// A key without a name that is not alone for its algorithm can verify nothing. That is no
    /// reason not to start, but its issuer's tokens are all refused and somebody will ask why.
    fn tell_of_unreachable(&self, keys: &[Arc<Key>], issuers: &[Issuer]) {
        for key in keys.iter().filter(|key| key.kid.is_none()) {
            let algorithm = key.verifying.algorithm();
            if self.sole.get(&algorithm).is_none_or(Option::is_none) {
                let issuer = issuer_of(key, issuers);
                tracing::warn!(issuer, ?algorithm, "key cannot be used: it has no kid and others have its algorithm");
            }
        }
    }

    /// The key that a header names, if it is for the header's algorithm. Without a name, the only
    /// key for the algorithm, if there is only one among all issuers'.
    pub(crate) fn find(&self, header: &Header) -> Result<&Key, TokenFault> {
        let key = match &header.kid {
            Some(kid) => self.by_kid.get(kid),
            None => self.sole.get(&header.algorithm).and_then(Option::as_ref),
        };
        key.filter(|key| key.verifying.algorithm() == header.algorithm)
            .map(Arc::as_ref)
            .ok_or(TokenFault::TokenMalformed)
    }
}

fn is_own(key: &Key, issuers: &[Issuer]) -> bool {
    issuers.get(key.issuer).is_some_and(|issuer| matches!(issuer.keys, KeySource::Own(_)))
}

fn issuer_of(key: &Key, issuers: &[Issuer]) -> String {
    issuers.get(key.issuer).map(|issuer| issuer.name.clone()).unwrap_or_default()
}
