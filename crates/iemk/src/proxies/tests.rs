//! Forged and honest headers.

use axum::http::HeaderValue;

use super::*;

const PROXY: &str = "10.0.0.1";
const CALLER: &str = "203.0.113.9";

fn proxies(header: ProxyHeader) -> Proxies {
    let networks = ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().unwrap());
    Proxies { networks: networks.to_vec(), header }
}

/// Whose request it is, by the peer and the values of headers.
fn caller(header: ProxyHeader, peer: &str, named: &[(&'static str, &str)]) -> String {
    let mut headers = HeaderMap::new();
    for (name, value) in named {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    proxies(header).caller(peer.parse().unwrap(), &headers).to_string()
}

fn by_x(peer: &str, values: &[&str]) -> String {
    let named: Vec<_> = values.iter().map(|value| ("x-forwarded-for", *value)).collect();
    caller(ProxyHeader::XForwardedFor, peer, &named)
}

fn by_forwarded(values: &[&str]) -> String {
    let named: Vec<_> = values.iter().map(|value| ("forwarded", *value)).collect();
    caller(ProxyHeader::Forwarded, PROXY, &named)
}

#[test]
fn a_header_of_anybody_else_is_not_believed() {
    assert_eq!(by_x(CALLER, &["198.51.100.1"]), CALLER);
    assert_eq!(by_x("::ffff:203.0.113.9", &["10.0.0.7"]), CALLER);
    let nobody = Proxies::default();
    assert_eq!(nobody.caller(PROXY.parse().unwrap(), &HeaderMap::new()).to_string(), PROXY);
}

#[test]
fn a_trusted_proxy_says_for_whom_it_asks() {
    for value in [CALLER, "203.0.113.9:4711", " 203.0.113.9 ", "::ffff:203.0.113.9", "[::ffff:203.0.113.9]:80"] {
        assert_eq!(by_x(PROXY, &[value]), CALLER, "{value}");
    }
    assert_eq!(by_x("::ffff:10.0.0.1", &[CALLER]), CALLER);
    assert_eq!(by_x("2001:db8::5", &["2a00::1"]), "2a00::1");
    assert_eq!(by_x(PROXY, &[]), PROXY, "it says nothing");
}

#[test]
fn what_the_caller_wrote_before_is_not_believed() {
    assert_eq!(by_x(PROXY, &["198.51.100.1, 203.0.113.9"]), CALLER);
    assert_eq!(by_x(PROXY, &["198.51.100.1", CALLER]), CALLER);
    assert_eq!(by_x(PROXY, &["198.51.100.1, 203.0.113.9, 10.0.0.2", "10.0.0.3"]), CALLER, "through three proxies");
    assert_eq!(by_x(PROXY, &["203.0.113.9, unknown, 10.0.0.2"]), "10.0.0.2", "further back nothing is known");
    assert_eq!(by_x(PROXY, &["203.0.113.9,"]), PROXY);
}

#[test]
fn the_header_that_the_proxy_does_not_write_is_its_callers() {
    let both = [("forwarded", "for=198.51.100.1"), ("x-forwarded-for", CALLER)];
    assert_eq!(caller(ProxyHeader::XForwardedFor, PROXY, &both), CALLER);
    assert_eq!(caller(ProxyHeader::Forwarded, PROXY, &both), "198.51.100.1");
}

#[test]
fn forwarded_is_read_as_its_rfc_has_it() {
    for value in [
        "for=203.0.113.9",
        "For=\"203.0.113.9:4711\";proto=https;by=10.0.0.1",
        "proto=http; for = 203.0.113.9 ;host=\"a,b;c\"",
        "for=198.51.100.1, for=203.0.113.9",
    ] {
        assert_eq!(by_forwarded(&[value]), CALLER, "{value}");
    }
    assert_eq!(by_forwarded(&["for=\"[2a00::17]:4711\""]), "2a00::17");
    for hidden in ["for=unknown", "for=_hidden", "proto=https", "for=\"", ""] {
        assert_eq!(by_forwarded(&[CALLER, hidden]), PROXY, "{hidden}");
    }
}

#[test]
fn a_quoted_string_cannot_be_left_from_within() {
    let forged = r#"for=203.0.113.9;host="x\", for=198.51.100.1;y=\"""#;
    assert_eq!(by_forwarded(&[forged]), CALLER);
    assert_eq!(by_forwarded(&[r#"for=203.0.113.9;host="x\\""#]), CALLER);
}

#[test]
fn networks_are_written_as_everybody_does() {
    let network = |text: &str| text.parse::<Network>();
    let holds = |text: &str, address: &str| network(text).unwrap().contains(address.parse().unwrap());
    assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
    assert!(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.6"));
    assert!(holds("2001:db8::/32", "2001:db8:ffff::") && !holds("2001:db8::/32", "2001:db9::"));
    assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "2a00::1") && holds("::/0", "203.0.113.9"));
    assert!(network("0.0.0.0/0").unwrap().is_everything() && network("::/0").unwrap().is_everything());
    assert!(!network("10.0.0.0/8").unwrap().is_everything() && !network("0.0.0.0/1").unwrap().is_everything());
    for bad in ["", "10.0.0.0/33", "10.0.0.1/8", "::1/0", "2001:db8::/129", "10.0.0.0/", "10/8", "a", "10.0.0.0/-1"] {
        assert_eq!(network(bad), Err(BadNetwork), "{bad}");
    }
}
