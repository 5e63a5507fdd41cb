//! A client application's credentials (RFC 7617).

use axum::http::{HeaderMap, header::AUTHORIZATION};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use talon_app::Credentials;
use talon_domain::ids::ClientId;

/// The usual alphabet; padding is looked at kindly.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The credentials that a request carries: one header, the scheme `Basic` in any case, the client's
/// guid and its secret. `None` for anything else.
pub(crate) fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64.decode(rest.trim()).ok()?).ok()?;
    let (client, secret) = text.split_once(':')?;
    Some(Credentials { client: ClientId::parse(client).ok()?, secret: secret.to_owned() })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    const CLIENT: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    fn read(value: &str) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        credentials(&headers).map(|given| (given.client.to_string(), given.secret))
    }

    #[test]
    fn a_guid_and_a_secret_that_may_hold_colons() {
        let encoded = BASE64_STANDARD.encode(format!("{CLIENT}:a:b"));
        let expected = Some((CLIENT.to_owned(), "a:b".to_owned()));
        assert_eq!(read(&format!("Basic {encoded}")), expected);
        assert_eq!(read(&format!("bASIC   {}", encoded.trim_end_matches('='))), expected);
    }

    #[test]
    fn anything_else_is_no_credentials() {
        let not_a_guid = BASE64_STANDARD.encode("client:secret");
        let no_secret = BASE64_STANDARD.encode(CLIENT);
        for bad in ["", "Basic", "Basic !", "Bearer x", &format!("Basic {not_a_guid}"), &format!("Basic {no_secret}")] {
            assert_eq!(read(bad), None, "{bad}");
        }
        let mut twice = HeaderMap::new();
        let encoded = BASE64_STANDARD.encode(format!("{CLIENT}:s"));
        for _ in 0..2 {
            twice.append(AUTHORIZATION, HeaderValue::from_str(&format!("Basic {encoded}")).unwrap());
        }
        assert!(credentials(&twice).is_none());
    }
}
