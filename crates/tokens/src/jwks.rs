//! A file of public keys: JWKS, RFC 7517.

use std::path::Path;

use serde_json::{Map, Value};

use crate::{
    KeyError,
    algorithm::Algorithm,
    bounded_file, compact,
    key::{BadMaterial, Key, VerifyingKey},
};

/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 1024 * 1024;

/// The members that hold the private part of a key: RFC 7518, sections 6.2.2 and 6.3.2. `k` is the
/// whole of a symmetric one.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Reads the file's bytes.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    bounded_file::read(&bounded_file::open(path)?, path, LARGEST_FILE)
}

/// Reads the set. Keys for something else (encryption, other curves, other algorithms) are passed
/// over with a line in the log, as RFC 7517 (section 5) asks; keys that contradict themselves, are
/// weak or are not public refuse the whole file, because somebody has to look at it.
pub(crate) fn parse(path: &Path, bytes: &[u8], issuer: usize) -> Result<Vec<Key>, KeyError> {
    let set: Value = serde_json::from_slice(bytes).map_err(|fault| KeyError::NotJson {
        path: path.to_owned(),
        line: fault.line(),
        column: fault.column(),
    })?;
    let Some(entries) = set.get("keys").and_then(Value::as_array) else {
        return Err(KeyError::NotKeySet { path: path.to_owned() });
    };
    let mut keys = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let name = name_of(index, entry);
        let Some(entry) = entry.as_object() else {
            return Err(KeyError::BadKey { path: path.to_owned(), key: name, fault: "is not an object: remove it" });
        };
        refuse_secrets(path, &name, entry)?;
        match key(entry) {
            Ok(Some((kid, verifying))) => keys.push(Key { issuer, kid, verifying }),
            Ok(None) => {
                tracing::warn!(file = %path.display(), key = name, "key passed over: not for EdDSA, ES256 or RS256 signatures")
            }
            Err(BadMaterial(fault)) => return Err(KeyError::BadKey { path: path.to_owned(), key: name, fault }),
        }
    }
    if keys.is_empty() {
        return Err(KeyError::NoUsableKey { path: path.to_owned() });
    }
    Ok(keys)
}

fn refuse_secrets(path: &Path, name: &str, entry: &Map<String, Value>) -> Result<(), KeyError> {
    if entry.get("kty").and_then(Value::as_str) == Some("oct") {
        return Err(KeyError::Symmetric { path: path.to_owned(), key: name.to_owned() });
    }
    match PRIVATE_MEMBERS.into_iter().find(|member| entry.contains_key(*member)) {
        Some(member) => Err(KeyError::PrivatePart { path: path.to_owned(), key: name.to_owned(), member }),
        None => Ok(()),
    }
}

/// One key with its `kid`; `None` when it is for something that we do not do.
fn key(entry: &Map<String, Value>) -> Result<Option<(Option<String>, VerifyingKey)>, BadMaterial> {
    if !for_signatures(entry)? {
        return Ok(None);
    }
    let fits = match (text(entry, "kty")?, text(entry, "crv")?) {
        (Some("OKP"), Some("Ed25519")) => Some(Algorithm::EdDsa),
        (Some("EC"), Some("P-256")) => Some(Algorithm::Es256),
        (Some("RSA"), _) => Some(Algorithm::Rs256),
        (Some(_), _) => None,
        (None, _) => return Err(BadMaterial("has no `kty`: export the key again")),
    };
    if let Some(alg) = text(entry, "alg")? {
        match Algorithm::from_name(alg) {
            None => return Ok(None),
            named if named != fits => {
                return Err(BadMaterial("`alg` is not for this kind of key: correct or remove it"));
            }
            Some(_) => {}
        }
    }
    let verifying = match fits {
        Some(Algorithm::EdDsa) => VerifyingKey::ed25519(&number(entry, "x")?)?,
        Some(Algorithm::Es256) => VerifyingKey::p256(&number(entry, "x")?, &number(entry, "y")?)?,
        Some(Algorithm::Rs256) => VerifyingKey::rsa(&number(entry, "n")?, &number(entry, "e")?)?,
        Some(Algorithm::Hs256) | None => return Ok(None),
    };
    Ok(Some((text(entry, "kid")?.map(str::to_owned), verifying)))
}

fn for_signatures(entry: &Map<String, Value>) -> Result<bool, BadMaterial> {
    let usage = text(entry, "use")?;
    let operations = match entry.get("key_ops") {
        None => true,
        Some(Value::Array(operations)) => operations.iter().any(|operation| operation == "verify"),
        Some(_) => return Err(BadMaterial("`key_ops` is not an array: correct or remove it")),
    };
    Ok(operations && usage.is_none_or(|usage| usage == "sig"))
}

fn text<'a>(entry: &'a Map<String, Value>, member: &str) -> Result<Option<&'a str>, BadMaterial> {
    match entry.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(BadMaterial("a member that must be a text (kty, crv, alg, use, kid) is something else")),
    }
}

fn number(entry: &Map<String, Value>, member: &str) -> Result<Vec<u8>, BadMaterial> {
    const FAULT: BadMaterial = BadMaterial("a number of the key is missing or not base64url: export the key again");
    entry.get(member).and_then(Value::as_str).and_then(compact::decode).ok_or(FAULT)
}

/// How the operator finds the key in the file.
fn name_of(index: usize, entry: &Value) -> String {
    match entry.get("kid").and_then(Value::as_str) {
        Some(kid) => format!("key {} (kid {kid:?})", index + 1),
        None => format!("key {}", index + 1),
    }
}
