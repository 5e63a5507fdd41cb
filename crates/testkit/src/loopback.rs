//! A server on loopback with a thread of its own, so that a test that blocks does not stop it, and what it has taken.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::mpsc,
    time::timeout,
};

/// Reached only when nothing comes at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// The server.
pub(crate) struct Loopback {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    runtime: Option<Runtime>,
}

impl Loopback {
    /// Serves each connection on a task of its own.
    pub(crate) fn start<F>(serve: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let address = listener.local_addr().expect("an address");
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(listener).expect("a listener of the runtime")
        };
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream));
            }
        });
        Self { address, connections, runtime: Some(runtime) }
    }

    /// How often somebody connected.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What was taken, in order.
pub(crate) struct Taken<T> {
    all: Mutex<Vec<T>>,
    told: mpsc::UnboundedSender<T>,
}

impl<T: Clone> Taken<T> {
    /// Nothing yet, and where the next comes.
    pub(crate) fn new() -> (Self, Next<T>) {
        let (told, next) = mpsc::unbounded_channel();
        (Self { all: Mutex::default(), told }, Next(next))
    }

    pub(crate) fn add(&self, one: T) {
        lock(&self.all).push(one.clone());
        // Nobody may wait for it.
        let _ = self.told.send(one);
    }

    pub(crate) fn all(&self) -> Vec<T> {
        lock(&self.all).clone()
    }
}

/// What is taken from now on.
pub(crate) struct Next<T>(mpsc::UnboundedReceiver<T>);

impl<T> Next<T> {
    /// Waits for it; panics when none comes.
    pub(crate) async fn wait(&mut self) -> T {
        timeout(PATIENCE, self.0.recv()).await.expect("something in a minute").expect("the server lives")
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
