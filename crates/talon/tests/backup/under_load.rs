//! Backups while many book, each restored into another installation and served there.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use talon_testkit::{Attempt, Booking, Crowd, Installation, Ledger, Load, Outcome, Server, check_all, expect_none};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::{done, installation, prefix::not_a_prefix};

const BACKUPS: usize = 5;
const CLIENTS: usize = 16;

/// Two rivals for every slot, so that there are refusals too.
const SLOTS: usize = 1_500;

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_a_prefix_of_history_and_goes_on_from_there() {
    let installation = installation();
    let crowd = Crowd::new(SLOTS, 1, 2);
    installation.import(&crowd.region);
    let bookings = crowd.bookings(&installation);
    let server = Server::start(&installation);

    let load = Endless::start(&server, &bookings);
    let mut backups = Vec::new();
    for number in 0..BACKUPS {
        load.next_share().await;
        let file = installation.directory().join(format!("{number}.backup"));
        let mut command = installation.command("backup");
        command.arg(&file);
        let began = Instant::now();
        spawn_blocking(move || done(&mut command)).await.unwrap();
        backups.push((file, (began, Instant::now())));
    }
    let history = load.end().await;
    expect_none(&check_all(&history, &Ledger::read(installation.store())));

    for (file, (began, ended)) in &backups {
        let amid = history.iter().filter(|attempt| attempt.ended > *began && attempt.ended < *ended).count();
        assert!(amid > 0, "nobody was answered while {} was made", file.display());
        let restored = restored(&installation, file);
        let ledger = Ledger::read(restored.store());
        println!("{amid} answers during the backup, {} entries in it", ledger.entries.len());
        expect_none(&check_all(&[], &ledger));
        assert_eq!(not_a_prefix(&history, &ledger, (*began, *ended)), Vec::<String>::new());
        the_same_requests_repeat(&restored, &ledger, &history, &bookings).await;
    }
    let (file, span) = &backups[BACKUPS - 1];
    a_state_with_a_hole_is_found_out(&history, Ledger::read(restored(&installation, file).store()), *span);
}

/// A backup in an installation of its own, which believes the same portal.
fn restored(from: &Installation, file: &Path) -> Installation {
    let installation = installation();
    installation.trust(&[from.key().jwk()]);
    let told = done(installation.command("restore").arg(file));
    // As an operator does who kept them: without the keys of contacts a store that has any does not open.
    std::fs::copy(contact_keys(from), contact_keys(&installation)).expect("the keys can be copied");
    let entries = Ledger::read(installation.store()).entries.len();
    assert!(told.contains(&format!("entries: {entries}\n")) && told.contains("newest entry booked at: 20"), "{told}");
    installation
}

fn contact_keys(of: &Installation) -> PathBuf {
    of.directory().join("talon.db.contacts")
}

/// Serves the restored store and asks for everything: what is in it is answered as it was, the rest is
/// booked or refused as if it had never been asked.
async fn the_same_requests_repeat(restored: &Installation, before: &Ledger, told: &[Attempt], bookings: &[Booking]) {
    let server = Server::start(restored);
    let again = Load::new(server.address, CLIENTS).run(bookings.to_vec()).await;
    for attempt in &again {
        let settled = attempt.outcome.is_ok() || attempt.outcome.is_refused("time-taken");
        assert!(settled, "asked again, {:?}", attempt.outcome);
    }
    let ledger = Ledger::read(restored.store());
    let kept =
        |attempt: &&Attempt| matches!(&attempt.outcome, Outcome::Ok { entry, .. } if before.entry(entry).is_some());
    let both: Vec<Attempt> = told.iter().filter(kept).chain(&again).cloned().collect();
    expect_none(&check_all(&both, &ledger));
}

/// The checks can fail: each state is one that a copy without its last log, or of several moments,
/// could show.
fn a_state_with_a_hole_is_found_out(history: &[Attempt], mut ledger: Ledger, span: (Instant, Instant)) {
    let first = ledger.entries.iter().position(|entry| entry.ticket.ends_with("-001")).expect("somebody is first");
    let without = ledger.entries.remove(first);
    assert!(not_a_prefix(history, &ledger, span).len() >= 2, "neither the entry nor its ticket is missed");
    ledger.entries.push(without);
    let earlier = (span.0, history[0].began);
    assert!(!not_a_prefix(history, &ledger, earlier).is_empty(), "entries from the future are not noticed");
}

/// A load that goes on until it is told to end, from the first booking again when all have been sent.
struct Endless {
    ended: Arc<AtomicBool>,
    shares: tokio::sync::watch::Receiver<usize>,
    load: JoinHandle<Vec<Attempt>>,
}

impl Endless {
    fn start(server: &Server, bookings: &[Booking]) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let (sent, shares) = tokio::sync::watch::channel(0);
        let (load, bookings, stop) = (Load::new(server.address, CLIENTS), bookings.to_vec(), Arc::clone(&ended));
        let load = tokio::spawn(async move {
            let mut history = Vec::new();
            for share in bookings.chunks(300).cycle() {
                history.extend(load.run(share.to_vec()).await);
                sent.send_modify(|shares| *shares += 1);
                if stop.load(Ordering::Acquire) {
                    break;
                }
            }
            history
        });
        Self { ended, shares, load }
    }

    /// Waits until a share of the bookings has been answered that was sent after the call.
    async fn next_share(&self) {
        let mut shares = self.shares.clone();
        shares.mark_unchanged();
        shares.changed().await.expect("the load goes on");
    }

    async fn end(self) -> Vec<Attempt> {
        self.ended.store(true, Ordering::Release);
        self.load.await.expect("the clients end")
    }
}
