//! I20: a full or failing disk never gives a false answer. The faults are libfiu's: system calls
//! of the running server fail as if the disk had failed them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use talon_testkit::{Attempt, Booking, Crowd, Installation, Ledger, Load, Outcome, Server, check_all, expect_none};

const LIBRARIES: [&str; 2] = ["/usr/lib/fiu/fiu_run_preload.so", "/usr/lib/fiu/fiu_posix_preload.so"];

const ENOSPC: u32 = 28;
const EIO: u32 = 5;

/// Clients of each load: batches of this size, so that there are many commits to fail.
const CLIENTS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_gives_no_false_answer_and_is_got_over_when_there_is_space_again() {
    let Some(mut stage) = Stage::new() else { return };
    let fault = Fault { point: "posix/io/rw/pwrite", error: ENOSPC, probability: "0.02" };
    stage.book_amid(&fault).await;
    stage.control(&format!("disable name={}", fault.point));
    let retried = Load::new(stage.server.address, CLIENTS).run(stage.later.clone()).await;
    assert_eq!(counts(&retried)[2], 0, "the disk has space again: {:?}", counts(&retried));
    stage.history.extend(retried);
    stage.after_a_restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_gives_no_false_answer() {
    let Some(mut stage) = Stage::new() else { return };
    stage.book_amid(&Fault { point: "posix/io/rw/pwrite", error: EIO, probability: "0.02" }).await;
    stage.after_a_restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_that_fails_gives_no_false_answer() {
    let Some(mut stage) = Stage::new() else { return };
    // Whichever of the two calls SQLite was built with.
    stage.book_amid(&Fault { point: "posix/io/sync/*", error: EIO, probability: "0.25" }).await;
    stage.after_a_restart().await;
}

/// A system call that fails at random.
struct Fault {
    point: &'static str,
    error: u32,
    probability: &'static str,
}

/// A server whose system calls can be made to fail, and what it was asked so far.
struct Stage {
    installation: Installation,
    server: Server,
    control: PathBuf,
    history: Vec<Attempt>,
    later: Vec<Booking>,
}

impl Stage {
    /// With some bookings made without faults; `None`, and says so, without libfiu.
    fn new() -> Option<Self> {
        if !LIBRARIES.iter().all(|library| Path::new(library).exists()) {
            eprintln!("faults of the disk were NOT tried: libfiu is missing (apt-get install fiu-utils)");
            return None;
        }
        let crowd = Crowd::new(150, 1, 2);
        let installation = Installation::new(env!("CARGO_BIN_EXE_talon"));
        installation.import(&crowd.region);
        let later = crowd.bookings(&installation);
        let control = installation.directory().join("fiu");
        let installation = installation
            .with_env("LD_PRELOAD", &LIBRARIES.join(" "))
            .with_env("FIU_CTRL_FIFO", &control.display().to_string());
        let server = Server::start(&installation);
        Some(Self { installation, server, control, history: Vec::new(), later })
    }

    /// Books a part without faults and the rest while calls fail; some of them must be met.
    async fn book_amid(&mut self, fault: &Fault) {
        let sound = self.later.drain(..100).collect();
        self.history = Load::new(self.server.address, CLIENTS).run(sound).await;
        assert_eq!(counts(&self.history)[2], 0, "there is no fault yet");

        let Fault { point, error, probability } = fault;
        self.control(&format!("enable_random name={point},probability={probability},failnum=1,failinfo={error}"));
        let amid = Load::new(self.server.address, CLIENTS).run(self.later.clone()).await;
        println!("{point} failing with {error}: booked, refused, unknown {:?}", counts(&amid));
        assert!(counts(&amid)[2] > 0, "no fault was met: {:?}", counts(&amid));
        self.history.extend(amid);
    }

    /// Kills the server if it still runs and asks another one, without faults, for the rest again.
    async fn after_a_restart(mut self) {
        self.server.kill();
        let sound = self.installation.without_env("LD_PRELOAD");
        let server = Server::start(&sound);
        expect_none(&check_all(&self.history, &Ledger::read(sound.store())));
        let retried = Load::new(server.address, CLIENTS).run(self.later).await;
        assert_eq!(counts(&retried)[2], 0, "{:?}", counts(&retried));
        self.history.extend(retried);
        expect_none(&check_all(&self.history, &Ledger::read(sound.store())));
    }

    /// Tells libfiu in the server.
    fn control(&self, command: &str) {
        let id = self.server.id().to_string();
        let told = Command::new("fiu-ctrl").arg("-f").arg(&self.control).args(["-c", command, &id]).output();
        assert!(told.as_ref().is_ok_and(|told| told.status.success()), "fiu-ctrl: {told:?}");
    }
}

/// Booked, refused, unknown.
fn counts(history: &[Attempt]) -> [usize; 3] {
    let mut counts = [0; 3];
    for attempt in history {
        counts[match attempt.outcome {
            Outcome::Ok { .. } => 0,
            Outcome::Refused(_) => 1,
            Outcome::Unknown(_) => 2,
        }] += 1;
    }
    counts
}
