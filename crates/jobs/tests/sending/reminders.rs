use jiff::SignedDuration;
use talon_domain::message::{MessageKind, MessageState};
use talon_store::conformance::region::cancel;
use talon_testkit::MailRelay;

use crate::world::{World, plain};

#[tokio::test(flavor = "multi_thread")]
async fn patients_are_reminded_in_the_evening_and_never_of_what_they_gave_up() {
    let world = World::new(Vec::new()).await;
    let relay = MailRelay::start();
    let (worker, other) = (world.worker(plain(&relay)), world.worker(plain(&relay)));
    world.book(100, 3).await;
    let given_up = world.book(101, 4).await;
    world.book(102, 30).await;
    worker.send().await.unwrap();
    worker.plan().await.unwrap();
    assert_eq!(world.in_state(None).await, [], "it is noon");
    world.pass(SignedDuration::from_hours(7));
    for node in [&worker, &other, &worker] {
        node.plan().await.unwrap();
    }
    assert_eq!(world.in_state(None).await.len(), 2);
    let now = talon_app::Clock::now(&*world.clock);
    world.store.cancel(cancel(101, given_up), now).await.unwrap().unwrap();
    worker.send().await.unwrap();
    other.send().await.unwrap();
    let settled = world.counted.settled.lock().unwrap().clone();
    let reminded: Vec<_> = settled.iter().filter(|(kind, _)| *kind == MessageKind::ReminderDay).collect();
    assert_eq!(reminded.len(), 2);
    assert!(reminded.contains(&&(MessageKind::ReminderDay, MessageState::Superseded)));
    let of_reminders = relay.letters().iter().filter(|letter| letter.id().contains("reminder-day")).count();
    assert_eq!((of_reminders, relay.letters().len()), (1, 5));
    world.pass(SignedDuration::from_hours(48));
    worker.tidy().await.unwrap();
    assert_eq!(world.in_state(Some(MessageState::Sent)).await, [], "what is old is forgotten");
}
