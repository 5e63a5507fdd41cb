//! A network that can be disturbed.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime::{Builder, Runtime},
    sync::watch,
    time::sleep,
};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What the caller says.
    ToServer,
    /// What the server says.
    FromServer,
}

/// Stands before a server and passes bytes on, until told otherwise. Every fault is a call, and
/// those that strike later are counted in bytes, so that a seed or a loop over all the bytes of an
/// exchange decides where they fall. It has a thread of its own: a test that blocks does not stop it.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    network: Arc<Network>,
    runtime: Option<Runtime>,
}

struct Network {
    server: SocketAddr,
    faults: Mutex<Faults>,
    /// Changes when every connection is to end.
    cuts: watch::Sender<()>,
}

#[derive(Default)]
struct Faults {
    delay: Duration,
    is_down: bool,
    /// Whether bytes were swallowed since the last healing.
    has_holes: bool,
    lanes: [Lane; 2],
}

/// One direction, over all connections together.
#[derive(Default)]
struct Lane {
    passed: u64,
    /// Bytes that may still pass before the connection which has the next one is cut.
    left: Option<u64>,
    swallows: bool,
}

/// What becomes of a piece that was read.
enum Fate {
    Pass,
    PassAndCut(usize),
    Swallow,
}

impl Proxy {
    /// Stands before this server.
    ///
    /// # Panics
    ///
    /// When no port or thread can be had.
    #[must_use]
    pub fn start(server: SocketAddr) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        listener.set_nonblocking(true).expect("a socket need not block");
        let address = listener.local_addr().expect("a bound port has an address");
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread can be had");
        let network = Arc::new(Network { server, faults: Mutex::default(), cuts: watch::Sender::new(()) });
        let carried = Arc::clone(&network);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener can be taken over");
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(carry(Arc::clone(&carried), caller));
            }
        });
        Self { address, network, runtime: Some(runtime) }
    }

    /// Every piece, either way, waits this long before it is passed on.
    pub fn delay(&self, each: Duration) {
        self.network.faults().delay = each;
    }

    /// Ends every connection. New ones are taken.
    pub fn cut(&self) {
        self.network.cuts.send_replace(());
    }

    /// Passes this many more bytes in one direction and ends the connection on which the next one
    /// comes, once. With 0 and [`Direction::FromServer`] a request is carried out and its answer lost.
    pub fn cut_after(&self, direction: Direction, bytes: u64) {
        self.network.faults().lanes[direction as usize].left = Some(bytes);
    }

    /// Takes what is said in one direction from now on and passes none of it; connections stay.
    pub fn swallow(&self, direction: Direction) {
        self.network.faults().lanes[direction as usize].swallows = true;
    }

    /// Ends every connection, and new ones as soon as they are made.
    pub fn take_down(&self) {
        self.network.faults().is_down = true;
        self.cut();
    }

    /// Ends all faults. If something was swallowed then every connection is cut: bytes that came after
    /// a hole are something that no network delivers.
    pub fn heal(&self) {
        let mut faults = self.network.faults();
        let has_holes = faults.has_holes;
        let passed = [faults.lanes[0].passed, faults.lanes[1].passed];
        *faults = Faults { lanes: passed.map(|passed| Lane { passed, ..Lane::default() }), ..Faults::default() };
        drop(faults);
        if has_holes {
            self.cut();
        }
    }

    /// How many bytes have passed in one direction.
    #[must_use]
    pub fn passed(&self, direction: Direction) -> u64 {
        self.network.faults().lanes[direction as usize].passed
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // It may be dropped within another runtime, where waiting for it is not allowed.
            runtime.shutdown_background();
        }
    }
}

impl Network {
    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fate(&self, direction: Direction, bytes: usize) -> Fate {
        let mut faults = self.faults();
        let lane = &mut faults.lanes[direction as usize];
        if lane.swallows {
            faults.has_holes = true;
            return Fate::Swallow;
        }
        let passing = lane.left.map_or(bytes, |left| bytes.min(usize::try_from(left).unwrap_or(bytes)));
        lane.passed += passing as u64;
        if passing < bytes {
            lane.left = None;
            return Fate::PassAndCut(passing);
        }
        lane.left = lane.left.map(|left| left - passing as u64);
        Fate::Pass
    }
}

/// One connection, to its end.
async fn carry(network: Arc<Network>, caller: TcpStream) {
    // Before the look at `is_down`: a take-down between the two is then seen here as a cut.
    let mut cuts = network.cuts.subscribe();
    if network.faults().is_down {
        return;
    }
    let Ok(server) = TcpStream::connect(network.server).await else { return };
    if caller.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
        return;
    }
    let (from_caller, to_caller) = caller.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        _ = pump(&network, Direction::ToServer, from_caller, to_server) => {}
        _ = pump(&network, Direction::FromServer, from_server, to_caller) => {}
        _ = cuts.changed() => {}
    }
}

/// Passes pieces on until either side ends, or a fault ends it.
async fn pump(network: &Network, direction: Direction, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> Option<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        let delay = network.faults().delay;
        if !delay.is_zero() {
            sleep(delay).await;
        }
        match network.fate(direction, read) {
            Fate::Pass => to.write_all(&buffer[..read]).await.ok()?,
            Fate::PassAndCut(passing) => {
                to.write_all(&buffer[..passing]).await.ok()?;
                return None;
            }
            Fate::Swallow => {}
        }
    }
}

#[cfg(test)]
mod tests;
