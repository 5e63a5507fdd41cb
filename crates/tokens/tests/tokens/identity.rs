//! Who is asking, and what is judged again although the token is remembered.

use talon_domain::{access::Channel, ids::PersonId, reference::Reference};
use talon_tokens::{TokenFault, Verifier};

use crate::world::{ClaimsText, KIOSK_CLIENT, NOW, PERSON, WORLD, at};

fn bearer(claims: &ClaimsText) -> Vec<u8> {
    format!("Bearer {}", claims.signed()).into_bytes()
}

#[test]
fn the_token_says_who_asks() {
    let claims = ClaimsText::good().with("client", format!("\"{KIOSK_CLIENT}\"")).with("channel", "\"Infomat\"");
    let identity = WORLD.verifier.verify(Some(&bearer(&claims)), &WORLD.reference, at(NOW)).unwrap();
    assert_eq!(identity.person, PersonId::parse(PERSON).unwrap());
    assert_eq!(identity.channel, Channel::Infomat);
    assert_eq!(identity.client.unwrap().id.to_string(), KIOSK_CLIENT);

    let plain = WORLD.verifier.verify(Some(&bearer(&ClaimsText::good())), &WORLD.reference, at(NOW)).unwrap();
    assert_eq!(plain.channel, Channel::Internet);
    assert!(plain.client.is_none());
}

#[test]
fn a_remembered_token_expires() {
    let token = bearer(&ClaimsText::good().with("jti", "\"expires\""));
    assert_eq!(WORLD.answer(Some(&token), NOW), "ok");
    assert_eq!(WORLD.answer(Some(&token), NOW + 900 + 59), "ok");
    assert_eq!(WORLD.answer(Some(&token), NOW + 900 + 60), "token-expired");
    assert_eq!(WORLD.answer(Some(&token), NOW), "ok");
}

#[test]
fn a_remembered_token_is_not_let_in_early_when_the_clock_is_set_back() {
    let token = bearer(&ClaimsText::good().with("nbf", NOW));
    assert_eq!(WORLD.answer(Some(&token), NOW), "ok");
    assert_eq!(WORLD.answer(Some(&token), NOW - 61), "token-expired");
}

#[test]
fn a_remembered_token_of_a_client_that_is_gone_is_refused() {
    let claims = ClaimsText::good().with("client", format!("\"{KIOSK_CLIENT}\"")).with("channel", "\"Infomat\"");
    let token = bearer(&claims.with("jti", "\"gone\""));
    assert_eq!(WORLD.answer(Some(&token), NOW), "ok");
    let answer = WORLD.verifier.verify(Some(&token), &Reference::default(), at(NOW));
    assert_eq!(answer.unwrap_err(), TokenFault::TokenMalformed);
}

#[test]
fn a_token_that_comes_too_early_is_let_in_later() {
    let token = bearer(&ClaimsText::good().with("nbf", NOW + 100));
    assert_eq!(WORLD.answer(Some(&token), NOW), "token-expired");
    assert_eq!(WORLD.answer(Some(&token), NOW + 100), "ok");
}

#[test]
fn many_more_tokens_than_are_remembered_are_all_answered() {
    for number in 0..1000 {
        let token = bearer(&ClaimsText::good().with("jti", format!("\"{number}\"")));
        assert_eq!(WORLD.answer(Some(&token), NOW), "ok");
    }
}

#[test]
fn neither_debug_nor_errors_show_secrets() {
    let shown = format!("{:?} {:?}", WORLD.verifier, WORLD.own);
    assert!(shown.contains("https://portal.example") && shown.contains("OwnKey("), "{shown}");
    assert!(!shown.contains("0123456789abcdef"), "{shown}");
}

#[test]
fn a_verifier_without_issuers_lets_nobody_in() {
    let nobody = Verifier::new(Vec::new(), 0).unwrap();
    let answer = nobody.verify(Some(&bearer(&ClaimsText::good())), &WORLD.reference, at(NOW));
    assert_eq!(answer.unwrap_err(), TokenFault::TokenMalformed);
}
