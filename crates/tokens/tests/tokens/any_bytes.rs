//! Whatever the bytes: an answer, and never "let in" without a good signature.

use proptest::prelude::*;

use crate::world::{By, ClaimsText, ED_HEADER, NOW, WORLD, token};

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_ne!(WORLD.answer(Some(&bytes), NOW), "ok");
    }

    #[test]
    fn any_bytes_behind_the_scheme_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_ne!(WORLD.answer(Some(&[b"Bearer ", bytes.as_slice()].concat()), NOW), "ok");
    }

    #[test]
    fn a_token_with_one_byte_changed_is_refused(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let good = ClaimsText::good().signed().into_bytes();
        let mut spoiled = good.clone();
        let place = place.index(spoiled.len());
        spoiled[place] = byte;
        let answer = WORLD.answer(Some(&[b"Bearer ", spoiled.as_slice()].concat()), NOW);
        // A blank at the end is no part of a header's value, and cuts the token short.
        prop_assert_eq!(answer == "ok", spoiled == good, "{}", answer);
    }

    #[test]
    fn any_json_in_the_claims_gets_an_answer(name in "[a-z]{0,8}|exp|aud|iss|sub|nbf|channel|client", value in "\\PC{0,40}") {
        let claims = ClaimsText::good().with(&name, value).text();
        WORLD.answer(Some(format!("Bearer {}", token(By::Ed, ED_HEADER, &claims)).as_bytes()), NOW);
    }

    #[test]
    fn any_header_text_gets_an_answer(header in "\\PC{0,80}") {
        let token = token(By::Ed, &header, &ClaimsText::good().text());
        prop_assert_eq!(WORLD.answer(Some(format!("Bearer {token}").as_bytes()), NOW), "token-malformed");
    }
}
