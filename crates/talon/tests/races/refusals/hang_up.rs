//! Clients that hang up.

use talon_testkit::{Attempt, Booking, Crowd, Ledger, Load, Rows, Server, check_all, expect_none};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::installation;

fn head_and_body(booking: &Booking) -> (String, String) {
    let body = booking.body().to_string();
    let head = format!(
        "POST /iemk/directions/entry HTTP/1.1\r\nHost: talon.test\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        booking.token,
        body.len()
    );
    (head, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_a_body_books_nothing() {
    let installation = installation();
    let crowd = Crowd::new(1, 1, 1);
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let (head, body) = head_and_body(&crowd.bookings(&installation)[0]);
    let before = Rows::read(installation.store());
    for sent in [1, body.len() / 2, body.len() - 1] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body.as_bytes()[..sent]).await.unwrap();
        stream.shutdown().await.unwrap();
        // Until the server has done with it; what it says of half a request is not the matter here.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    let changes = before.changes(&Rows::read(installation.store()));
    assert!(changes.iter().all(|change| change.starts_with("audit + ")), "{changes:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_waiting_for_the_answer_books_whole_or_not_at_all() {
    let installation = installation();
    let crowd = Crowd::new(200, 1, 1);
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let bookings = crowd.bookings(&installation);
    for booking in &bookings {
        let (head, body) = head_and_body(booking);
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        // Reset, not closed: the server's write of the answer fails.
        stream.set_zero_linger().unwrap();
        drop(stream);
    }
    expect_none(&check_all(&[], &Ledger::read(installation.store())));
    let history: Vec<Attempt> = Load::new(server.address, 8).run(bookings).await;
    assert!(history.iter().all(|attempt| attempt.outcome.is_ok()), "asking again books or finds the booking");
    let ledger = Ledger::read(installation.store());
    assert_eq!(ledger.entries.len(), 200);
    expect_none(&check_all(&history, &ledger));
}
