//! A server that is asked, and what it has told.

use std::{fs, net::SocketAddr, time::Instant};

use talon_testkit::{Chance, Installation, Server, raise_file_limit};

use crate::{
    canaries::SHOWN,
    common::{PATIENCE, get},
    document::{Operation, operations},
    run::{Callers, Tally},
    search::Search,
    told,
    world::{OWN_KEY, World},
};

/// What must have been answered, or the requests were not as mixed as they should be.
const STATUSES: [u16; 10] = [200, 400, 403, 404, 405, 408, 409, 413, 415, 431];

/// A server on a region of canaries.
pub(crate) struct Rig {
    server: Server,
    metrics: SocketAddr,
    installation: Installation,
    world: World,
    operations: Vec<Operation>,
    search: Search,
    chance: Chance,
    tally: Tally,
}

impl Rig {
    /// With every setting that makes it say more, and limits within reach.
    pub(crate) fn start(installation: Installation) -> Self {
        raise_file_limit();
        let installation = installation
            .with_env("TALON_LOG_LEVEL", "trace")
            .with_env("TALON_METRICS", "127.0.0.1:0")
            .with_env("TALON_TOKEN_ENDPOINT", "true")
            .with_env("TALON_SIGNING_KEY", OWN_KEY)
            .with_env("TALON_PUBLIC_URL", "https://zapis.test")
            .with_env("TALON_MAIL_FROM", "noreply@talon.test")
            .with_env("TALON_TRUSTED_PROXIES", "127.0.0.1")
            .with_env("TALON_LIMITS_CANCELLATIONS", "0")
            .with_env("TALON_LIMITS_PERSON_BURST", "100")
            .with_env("TALON_LIMITS_PERSON_RATE", "80")
            .with_env("TALON_LIMITS_CLIENT_TOKENS", "100000")
            .with_env("TALON_LIMITS_HEADER_TIMEOUT", "1s")
            .with_env("TALON_LIMITS_BODY_TIMEOUT", "1s");
        let world = World::build(&installation);
        let secrets: Vec<_> = world.secrets().into_iter().chain(password(&installation.store_url())).collect();
        let search = Search::new(&secrets, &world.tokens());
        let server = Server::start(&installation);
        let metrics = told::metrics_address(&server.stderr());
        let (operations, chance, tally) = (operations(), Chance::from_env(), Tally::default());
        Self { server, metrics, installation, world, operations, search, chance, tally }
    }

    /// Asks it so often.
    pub(crate) fn ask(&mut self, requests: usize) {
        let (world, operations, search) = (&self.world, &self.operations[..], &self.search);
        let callers = Callers { world, operations, search, address: self.server.address };
        self.tally.add(callers.ask(requests, self.chance.below(u64::MAX)));
    }

    /// Waits until something is counted.
    pub(crate) fn wait_for(&self, counted: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !get(self.metrics, "/metrics").contains(counted) {
            assert!(Instant::now() < deadline, "never counted: {counted}");
        }
    }

    pub(crate) fn search(&self) -> &Search {
        &self.search
    }

    /// Ends the test unless patients were shown what is theirs: what was never told to anybody is not found anywhere.
    #[track_caller]
    pub(crate) fn expect_shown(&self) {
        let Tally { asked, statuses, shown, .. } = &self.tally;
        println!("{asked} requests, answered {statuses:?}");
        let missing: Vec<_> = SHOWN.iter().filter(|canary| !shown.contains(**canary)).collect();
        assert!(missing.is_empty(), "in no answer: {missing:?}");
    }

    /// Ends the test unless every operation was done and requests were refused in every way.
    #[track_caller]
    pub(crate) fn expect_mixed(&self) {
        let Tally { statuses, done, .. } = &self.tally;
        let never: Vec<_> = self.operations.iter().map(Operation::name).filter(|name| !done.contains(name)).collect();
        assert!(never.is_empty(), "never done: {never:?}");
        let missing: Vec<_> = STATUSES.iter().filter(|status| !statuses.contains_key(status)).collect();
        assert!(missing.is_empty(), "never answered {missing:?}");
    }

    /// Ends the test when a log, the metrics or a command tells a canary.
    #[track_caller]
    pub(crate) fn expect_nothing_told(&mut self) {
        let metrics = get(self.metrics, "/metrics");
        assert!(metrics.contains("talon_requests_total"), "{metrics}");
        self.search.expect_nothing("/metrics", metrics.as_bytes());
        assert!(self.server.stop().success(), "it stops when it is told to");
        let logs = self.logs();
        let lines = logs.windows(LINE.len()).filter(|part| *part == LINE).count();
        assert!(lines >= self.tally.answered() * 9 / 10, "{lines} lines of {} answers", self.tally.answered());
        self.search.expect_nothing("the log", &logs);
        for (command, output) in told::by_commands(&self.installation, &self.world) {
            self.search.expect_nothing(&command, &output);
        }
    }

    /// Everything that servers have logged so far.
    pub(crate) fn logs(&self) -> Vec<u8> {
        let files = fs::read_dir(self.installation.directory()).unwrap().map(|file| file.unwrap().path());
        let logs = files.filter(|path| path.extension().is_some_and(|ending| ending == "log"));
        logs.flat_map(|path| fs::read(path).unwrap()).collect()
    }
}

/// By which the server is let into its database.
fn password(store_url: &str) -> Option<String> {
    let (login, _) = store_url.strip_prefix("postgres://")?.split_once('@')?;
    Some(login.split_once(':')?.1.to_owned())
}

/// What is in the line of every answer.
const LINE: &[u8] = b"answered";
