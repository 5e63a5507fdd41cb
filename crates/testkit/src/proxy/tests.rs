use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use super::*;

/// Says everything back.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let (mut from, mut to) = stream.and_then(|stream| Ok((stream.try_clone()?, stream))).unwrap();
                let _ = std::io::copy(&mut from, &mut to);
            });
        }
    });
    address
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// What comes back, up to the same length or the end of the connection.
fn say(stream: &mut TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).unwrap();
    hear(stream, text.len())
}

fn hear(stream: &mut TcpStream, length: usize) -> String {
    let (mut heard, mut byte) = (Vec::new(), [0]);
    while heard.len() < length && matches!(stream.read(&mut byte), Ok(1)) {
        heard.push(byte[0]);
    }
    String::from_utf8(heard).unwrap()
}

#[test]
fn bytes_pass_and_are_counted() {
    let proxy = Proxy::start(echo());
    assert_eq!(say(&mut connect(&proxy), "hello"), "hello");
    assert_eq!((proxy.passed(Direction::ToServer), proxy.passed(Direction::FromServer)), (5, 5));
}

#[test]
fn a_cut_falls_after_exactly_so_many_bytes_and_once() {
    let proxy = Proxy::start(echo());
    for bytes in 0..4 {
        proxy.cut_after(Direction::FromServer, bytes);
        let mut stream = connect(&proxy);
        let part = usize::try_from(bytes).unwrap();
        assert_eq!(say(&mut stream, "hello"), "hello"[..part]);
        assert_eq!(say(&mut connect(&proxy), "hello"), "hello", "the cut came twice");
    }
    let before = proxy.passed(Direction::FromServer);
    proxy.cut_after(Direction::ToServer, 3);
    assert!("hel".starts_with(&say(&mut connect(&proxy), "hello")));
    assert!(proxy.passed(Direction::FromServer) - before <= 3);
}

#[test]
fn a_cut_ends_connections_that_are_idle_and_leaves_later_ones() {
    let proxy = Proxy::start(echo());
    let mut stream = connect(&proxy);
    assert_eq!(say(&mut stream, "a"), "a");
    proxy.cut();
    assert_eq!(hear(&mut stream, 1), "");
    assert_eq!(say(&mut connect(&proxy), "b"), "b");
}

#[test]
fn what_is_swallowed_never_comes_and_its_connection_ends_with_the_fault() {
    let proxy = Proxy::start(echo());
    let mut stream = connect(&proxy);
    assert_eq!(say(&mut stream, "a"), "a");
    proxy.swallow(Direction::FromServer);
    stream.write_all(b"b").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let silence = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(silence.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silence}");
    assert_eq!(proxy.passed(Direction::ToServer), 2, "the server has heard it");
    proxy.heal();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert_eq!(hear(&mut stream, 1), "");
    assert_eq!(say(&mut connect(&proxy), "c"), "c");
}

#[test]
fn a_network_that_is_down_takes_nobody_until_it_is_healed() {
    let proxy = Proxy::start(echo());
    let mut stream = connect(&proxy);
    assert_eq!(say(&mut stream, "a"), "a");
    proxy.take_down();
    assert_eq!(hear(&mut stream, 1), "");
    assert_eq!(hear(&mut connect(&proxy), 1), "");
    proxy.heal();
    assert_eq!(say(&mut connect(&proxy), "b"), "b");
}

#[test]
fn a_delay_holds_each_way() {
    let proxy = Proxy::start(echo());
    let mut stream = connect(&proxy);
    proxy.delay(Duration::from_millis(30));
    let began = Instant::now();
    assert_eq!(say(&mut stream, "a"), "a");
    assert!(began.elapsed() >= Duration::from_millis(60));
}
