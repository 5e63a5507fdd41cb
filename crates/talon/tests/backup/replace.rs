//! A restore over a store that is there: never under a running server, and nothing is thrown away.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use talon_testkit::{Crowd, Installation, Ledger, Load, Rows, Server, check_all, expect_none};

use crate::{done, errors, installation, refused};

/// An installation with some bookings, and a backup that has none of them.
async fn with_backup_and_bookings() -> (Installation, Server, PathBuf) {
    let installation = installation();
    let crowd = Crowd::new(40, 1, 1);
    installation.import(&crowd.region);
    let file = installation.directory().join("empty.backup");
    let told = done(installation.command("backup").arg(&file));
    assert!(told.contains("entries: 0\n") && told.contains("talon.db.key"), "{told}");
    let server = Server::start(&installation);
    let history = Load::new(server.address, 8).run(crowd.bookings(&installation)).await;
    assert!(history.iter().all(|attempt| attempt.outcome.is_ok()));
    (installation, server, file)
}

/// What `talon restore` said where the store that was there is now.
fn kept(told: &str) -> PathBuf {
    let line = told.lines().find_map(|line| line.strip_prefix("the store that was there: "));
    line.unwrap_or_else(|| panic!("it does not say where the old store is: {told}")).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_keeps_its_store() {
    let (installation, mut server, file) = with_backup_and_bookings().await;
    let message = refused(installation.command("restore").arg(&file));
    assert!(message.contains("there is a store at") && message.contains("--force"), "{message}");
    let message = refused(installation.command("restore").arg(&file).arg("--force"));
    assert!(message.contains("is open in another process; stop the server"), "{message}");
    assert_eq!(Ledger::read(installation.store()).live(), 40);

    assert!(server.stop().success());
    let told = done(installation.command("restore").arg(&file).arg("--force"));
    assert_eq!(Ledger::read(installation.store()).live(), 0);
    assert_eq!(Ledger::read(&kept(&told)).live(), 40);
    drop(Server::start(&installation));
}

/// kill -9 leaves the newest bookings in the log: they must go with the store that they belong to.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_not_closed_is_kept_with_its_log() {
    let (installation, mut server, file) = with_backup_and_bookings().await;
    server.kill();
    let told = done(installation.command("restore").arg(&file).arg("--force"));
    let old = Ledger::read(&kept(&told));
    assert_eq!(old.live(), 40);
    expect_none(&check_all(&[], &old));
    assert_eq!(Ledger::read(installation.store()).live(), 0);
}

/// Others open the store and write to it in the very moments in which it is replaced: each finds the
/// old store or the new one, and what it writes is in no other.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_opens_the_store_meanwhile_gets_one_of_the_two() {
    let (installation, mut server, file) = with_backup_and_bookings().await;
    server.kill();
    let writers = AddingClients::start(installation.store(), 2);
    let mut turned_away = Vec::new();
    let mut restores = 0;
    while restores < 10 {
        let output = installation.command("restore").arg(&file).arg("--force").output().unwrap();
        match output.status.success() {
            true => restores += 1,
            false => turned_away.push(errors(&output)),
        }
    }
    let outputs = writers.end();
    let added = outputs.iter().filter(|output| output.status.success()).count();
    turned_away.extend(outputs.iter().filter(|output| !output.status.success()).map(errors));
    for said in &turned_away {
        // "File exists": the kept store's name counts milliseconds.
        let expected = ["is open in another process", "was replaced", "locked by another process", "File exists"];
        assert!(expected.iter().any(|words| said.contains(words)), "{said}");
    }
    println!("{added} clients added, {} times turned away", turned_away.len());

    let told = installation.command("doctor").args(["--listen", "127.0.0.1:0"]).output().unwrap();
    assert!(String::from_utf8_lossy(&told.stdout).contains("ok   store: "), "{told:?}");
    let found: usize = stores(&installation).iter().map(|store| Rows::read(store).count("client")).sum();
    assert_eq!(found, added, "each client that was added is in the store that was there then");
}

/// The store and all that were kept.
fn stores(installation: &Installation) -> Vec<PathBuf> {
    let files = fs::read_dir(installation.directory()).unwrap().map(|file| file.unwrap().path());
    let is_kept =
        |path: &PathBuf| path.extension().is_some_and(|end| end.to_string_lossy().starts_with("before-restore-"));
    let beside = ["-wal", "-shm", "-audit"];
    let kept = files.filter(|path| is_kept(path) && !beside.iter().any(|end| path.to_string_lossy().ends_with(end)));
    kept.chain([installation.store().to_owned()]).collect()
}

/// `talon client add`, again and again: each opens the store, writes a row and ends.
struct AddingClients {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Vec<Output>>>,
}

impl AddingClients {
    fn start(store: &Path, threads: usize) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let thread = |_| {
            let (over, url) = (Arc::clone(&over), format!("sqlite:{}", store.display()));
            std::thread::spawn(move || {
                let mut outputs = Vec::new();
                while !over.load(Ordering::Acquire) {
                    let mut command = Command::new(env!("CARGO_BIN_EXE_talon"));
                    command.args(["client", "add", "--name", "Касса", "--channel", "Internet", "--store", &url]);
                    outputs.push(command.output().expect("the binary can be run"));
                }
                outputs
            })
        };
        let threads = (0..threads).map(thread).collect();
        Self { over, threads }
    }

    fn end(self) -> Vec<Output> {
        self.over.store(true, Ordering::Release);
        self.threads.into_iter().flat_map(|thread| thread.join().expect("it does not panic")).collect()
    }
}
