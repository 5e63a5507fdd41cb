use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::SignedDuration;
use talon_domain::message::{MessageKind, MessageState};
use talon_jobs::{Courier, Handed, Relay, RelayAddress, Security};
use talon_store::conformance::region::{cancel, move_to, now};
use talon_testkit::{Certificates, Fault, MailRelay, MailTls, Step};
use talon_ticket::Language;
use tokio::time::timeout;

use crate::world::{ADDRESS, World, composer, plain};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_is_sent_once_by_however_many_nodes_and_over_few_connections() {
    let world = World::new(Vec::new()).await;
    let relay = MailRelay::start();
    for who in 100..130 {
        world.book(who, who - 100).await;
    }
    let nodes: Vec<_> = (0..3)
        .map(|_| {
            let worker = world.worker(plain(&relay));
            tokio::spawn(async move { worker.send().await })
        })
        .collect();
    for node in nodes {
        node.await.unwrap().unwrap();
    }
    let letters = relay.letters();
    assert_eq!(letters.len(), 30);
    assert_eq!(letters.iter().map(|letter| letter.id()).collect::<BTreeSet<_>>().len(), 30);
    assert!(letters.iter().all(|letter| letter.to == ADDRESS));
    assert!(relay.connections() <= 12, "{} connections for 30 letters", relay.connections());
    assert_eq!(world.in_state(Some(MessageState::Sent)).await.len(), 30);
    assert_eq!(world.in_state(None).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_refuses_for_now_is_asked_again() {
    for (step, answer) in
        [(Step::Rcpt, "450 4.2.0 greylisted"), (Step::Data, "451 4.3.0 later"), (Step::End, "452 full")]
    {
        let world = World::new(Vec::new()).await;
        let relay = MailRelay::start();
        world.book(100, 3).await;
        let worker = world.worker(plain(&relay));
        relay.go_wrong(Some((step, Fault::Say(answer))));
        worker.send().await.unwrap();
        let owed = world.in_state(None).await;
        assert_eq!((owed.len(), owed[0].attempts), (1, 1), "{step:?}");
        assert_eq!(owed[0].reply.as_deref(), Some(&answer[..3]), "{step:?}");
        relay.go_wrong(None);
        worker.send().await.unwrap();
        assert_eq!(relay.letters(), [], "not before its time");
        world.pass(SignedDuration::from_secs(30));
        worker.send().await.unwrap();
        assert_eq!(relay.letters().len(), 1, "{step:?}");
        assert_eq!(world.in_state(Some(MessageState::Sent)).await[0].attempts, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_relay_refuses_for_good_is_rejected_and_keeps_nobody_else() {
    for step in [Step::Rcpt, Step::End] {
        let world = World::new(Vec::new()).await;
        let relay = MailRelay::start();
        world.book(100, 3).await;
        let worker = world.worker(plain(&relay));
        relay.go_wrong(Some((step, Fault::Say("550 5.1.1 <patient@example.ru> unknown"))));
        worker.send().await.unwrap();
        let rejected = world.in_state(Some(MessageState::Rejected)).await;
        assert_eq!(rejected.len(), 1, "{step:?}");
        assert_eq!(rejected[0].reply.as_deref(), Some("550"), "no address is kept");
        relay.go_wrong(None);
        world.book(101, 4).await;
        worker.send().await.unwrap();
        assert_eq!(relay.letters().len(), 1);
        assert_eq!(relay.connections(), 1, "the connection was of use for the next");
    }
}

/// What is wrong with us or with the relay as a whole is no fault of any letter's: none is rejected, and the relay is
/// left in peace for a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_takes_nothing_rejects_nothing() {
    let faults = [
        (Step::Greeting, Fault::Say("554 5.7.1 no service")),
        (Step::Greeting, Fault::Cut),
        (Step::Mail, Fault::Say("550 5.7.1 sender not allowed")),
        (Step::Rcpt, Fault::Say("421 4.3.2 closing")),
    ];
    for (step, fault) in faults {
        let world = World::new(Vec::new()).await;
        let relay = MailRelay::start();
        for who in 100..110 {
            world.book(who, who - 100).await;
        }
        let worker = world.worker(plain(&relay));
        relay.go_wrong(Some((step, fault)));
        worker.send().await.unwrap();
        let tried = relay.connections();
        assert!(tried <= 4, "{step:?}: {tried} connections");
        worker.send().await.unwrap();
        assert_eq!(relay.connections(), tried, "{step:?}: it is left in peace");
        assert_eq!(world.in_state(None).await.len(), 10);
        relay.go_wrong(None);
        world.pass(SignedDuration::from_mins(10));
        worker.send().await.unwrap();
        assert_eq!(relay.letters().len(), 10, "{step:?}");
    }
}

/// They may repeat an address, and what is passed on is logged and kept.
#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_relay_are_passed_on_to_nobody() {
    let relay = MailRelay::start();
    let letter = composer(Language::Russian).rehearse(now()).unwrap().remove(0);
    for step in [Step::Greeting, Step::Mail, Step::Rcpt, Step::Data, Step::End] {
        for words in ["patient@example.ru is no answer", "550 5.1.1 patient@example.ru", "451-patient@example.ru"] {
            relay.go_wrong(Some((step, Fault::Say(words))));
            let handed = timeout(Duration::from_secs(1), plain(&relay).hand(&letter)).await;
            assert!(!matches!(handed, Ok(Handed::Taken(_))), "{step:?} {words}");
            assert!(!format!("{handed:?}").contains("patient@"), "{step:?} {words}: {handed:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listening_loses_nothing() {
    let world = World::new(Vec::new()).await;
    let relay = MailRelay::start();
    let courier = plain(&relay);
    drop(relay);
    world.book(100, 3).await;
    world.worker(courier).send().await.unwrap();
    let owed = world.in_state(None).await;
    assert_eq!((owed.len(), owed[0].reply.as_deref()), (1, None));
    assert_eq!(*world.counted.put_off.lock().unwrap(), ["closed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_hangs_or_cuts_is_given_up_and_what_comes_twice_has_one_id() {
    let faults = [
        (Step::Rcpt, Fault::Hang, 1),
        (Step::End, Fault::Hang, 1),
        (Step::Data, Fault::Cut, 1),
        (Step::End, Fault::Cut, 1),
        (Step::End, Fault::CutAfterTaking, 2),
    ];
    for (step, fault, times) in faults {
        let world = World::new(Vec::new()).await;
        let relay = MailRelay::start();
        world.book(100, 3).await;
        let worker = world.worker(plain(&relay));
        relay.go_wrong(Some((step, fault)));
        worker.send().await.unwrap();
        assert_eq!(world.in_state(None).await.len(), 1, "{step:?} {fault:?}: it is still owed");
        relay.go_wrong(None);
        world.pass(SignedDuration::from_mins(1));
        worker.send().await.unwrap();
        let letters = relay.letters();
        assert_eq!(letters.len(), times, "{step:?} {fault:?}");
        assert!(letters.iter().all(|letter| letter.id() == letters[0].id()), "{step:?} {fault:?}");
        assert_eq!(world.in_state(Some(MessageState::Sent)).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_follows_the_message_that_it_overtook() {
    let world = World::new(Vec::new()).await;
    let relay = MailRelay::start();
    let worker = world.worker(plain(&relay));
    let gone = world.book(100, 3).await;
    let moved = world.book(101, 4).await;
    worker.send().await.unwrap();
    world.store.cancel(cancel(100, gone), now()).await.unwrap().unwrap();
    world.store.move_entry(move_to(101, moved, None, 9), now()).await.unwrap().unwrap();
    world.store.cancel(cancel(101, moved), now()).await.unwrap().unwrap();
    worker.send().await.unwrap();
    let mut said: Vec<_> = world.counted.settled.lock().unwrap().clone();
    said.sort();
    let sent = |kind| (kind, MessageState::Sent);
    let moved = (MessageKind::Moved, MessageState::Superseded);
    let (booked, cancelled) = (sent(MessageKind::Booked), sent(MessageKind::Cancelled));
    assert_eq!(said, [booked, booked, moved, cancelled, cancelled]);
    assert_eq!(relay.letters().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_go_over_tls_to_a_relay_that_proves_who_it_is() {
    for (tls, security) in [(MailTls::StartTls, Security::StartTls), (MailTls::Implicit, Security::Implicit)] {
        let certificates = Certificates::new();
        let authority = std::fs::read(certificates.authority()).unwrap();
        let relay = MailRelay::with_tls(tls, Some(&certificates));
        let courier = |host: &str, authority: Option<&[u8]>| -> Arc<dyn Courier> {
            let address = RelayAddress { host: host.to_owned(), port: relay.address.port(), security };
            let credentials = Some(("talon".to_owned(), "secret".to_owned()));
            Arc::new(Relay::new(address, "talon.test", credentials, authority).unwrap())
        };
        let world = World::new(Vec::new()).await;
        world.book(100, 3).await;
        world.worker(courier("127.0.0.1", None)).send().await.unwrap();
        assert_eq!(relay.letters(), [], "{tls:?}: nobody vouches for it");
        world.pass(SignedDuration::from_mins(10));
        relay.go_wrong(Some((Step::Auth, Fault::Say("535 5.7.8 wrong"))));
        world.worker(courier("localhost", Some(&authority))).send().await.unwrap();
        assert_eq!(world.in_state(Some(MessageState::Rejected)).await, [], "{tls:?}: a wrong password rejects nothing");
        world.pass(SignedDuration::from_mins(10));
        relay.go_wrong(None);
        world.worker(courier("localhost", Some(&authority))).send().await.unwrap();
        assert_eq!(relay.letters().len(), 1, "{tls:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_without_starttls_is_not_used_in_the_clear() {
    let relay = MailRelay::start();
    let world = World::new(Vec::new()).await;
    world.book(100, 3).await;
    let port = relay.address.port();
    let address = RelayAddress { host: "localhost".to_owned(), port, security: Security::StartTls };
    world.worker(Arc::new(Relay::new(address, "talon.test", None, None).unwrap())).send().await.unwrap();
    assert_eq!(relay.letters(), []);
    assert_eq!(world.in_state(None).await.len(), 1);
}
