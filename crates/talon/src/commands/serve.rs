//! `talon serve`.

use std::sync::Arc;

use anyhow::Context;
use axum::response::IntoResponse;
use clap::Args;
use talon_app::{App, AppParts, Gate, Phase};
use talon_iemk::IemkSettings;
use talon_store::Store;
use talon_tokens::{OwnKey, Verifier};
use tokio::net::TcpListener;

use crate::{
    background,
    cli::ServerArgs,
    clock::{SystemClock, SystemIds},
    compose::{self, WhenMissing},
    demo::Demonstration,
    descriptors,
    failure::Outcome,
    health,
    listen::{self, ListenLimits, Served, Stop},
    messages,
    observe::{logs, metrics, metrics::Metrics},
    output::say,
    planted,
    sealing::Sealing,
    settings::Settings,
    shutdown::Signals,
    webhooks,
};

pub(crate) const EXAMPLES: &str = "\
Prints `listening on http://ADDR` when it takes requests. SIGTERM and SIGINT let it finish the requests
that it has, 10 seconds at most; a second one ends it at once. GET /health/live and GET /health/ready
tell whether it lives and works.

Examples:
  talon serve --demo
  talon serve --listen 0.0.0.0:8080 --store sqlite:/var/lib/talon/talon.db --metrics 127.0.0.1:9090
  TALON_TOKENS_ISSUER=https://portal.example TALON_TOKENS_AUDIENCE=talon talon serve --keys portal.jwks.json";

/// Sockets that are taken up at a time. A worker looks at sockets after 61 tasks at the latest (tokio's default), so with fewer
/// of them its queue does not grow.
const SOCKETS_AT_ONCE: usize = 16;

#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Serve a made-up region from a temporary store and print a curl command that books
    #[arg(long)]
    demo: bool,
}

pub(crate) fn run(args: ServeArgs) -> Outcome {
    let mut settings = args.server.load()?.settings;
    let demonstration = if args.demo { Some(Demonstration::prepare(&mut settings)?) } else { None };
    logs::start(&settings.log_level, settings.log_format);
    settings.limits.connections = descriptors::room_for(settings.limits.connections);
    runtime()?.block_on(serve(settings, demonstration))
}

/// What runs requests.
///
/// Sockets that have something to read wait in the kernel for their turn, where nobody stands behind them. Of the thousand that
/// tokio takes up at once by default most would wait in its own queues when more is asked for than can be done, and whoever
/// has been booked would stand behind them a second time before the answer is written (`docs/benchmarks.md`, overload).
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().max_io_events_per_tick(SOCKETS_AT_ONCE).build()
}

async fn serve(settings: Settings, demonstration: Option<Demonstration>) -> Outcome {
    let mut signals = Signals::catch()?;
    // A port in use is found out before a store is made. Whoever connects already waits in the
    // backlog until everything is ready.
    let listener = bind(settings.listen, "listen").await?;
    let metrics_listener = match settings.metrics {
        Some(address) => Some(bind(address, "metrics").await?),
        None => None,
    };
    compose::self_test()?;
    let contacts = compose::contacts(&settings, WhenMissing::Create)?;
    let store = compose::open_store(&settings, WhenMissing::Create, contacts.clone()).await?;
    let own_key = compose::own_key(&settings.signing_key)?;
    let verifier = Arc::new(compose::verifier(&settings, Arc::clone(&own_key))?);
    if let Some(demonstration) = &demonstration {
        demonstration.fill(&store).await?;
    }

    let sealing = Sealing::start(&settings, &store, &own_key)?;
    let metrics = Metrics::new(&store);
    let gate = Arc::new(Gate::new(Phase::Serving));
    let worker = messages::worker(&settings, &store, &own_key, metrics.clone())?;
    let postman = webhooks::postman(&settings, &store, metrics.clone())?;
    let tasks = background::start(&settings, &store, (&verifier, contacts), &metrics, (worker, postman));
    let served = served(&settings, &store, &gate, (verifier, Arc::clone(&own_key)), &metrics);
    let (give_word, stop) = Stop::channel();
    let limits = listen_limits(&settings);
    let address = listener.local_addr()?;
    let metrics_address = metrics_listener.as_ref().map(TcpListener::local_addr).transpose()?;
    let serving = tokio::spawn(listen::serve(listener, served, limits, stop));
    let (metrics_word, metrics_stop) = Stop::channel();
    let metrics_serving = metrics_listener.map(|listener| {
        let limits = ListenLimits { connections: METRICS_CONNECTIONS, ..limits };
        // Not the contract's: the bare status is enough.
        let served = Served {
            router: metrics::router(&metrics),
            refuse: Arc::new(|unreadable| unreadable.status().into_response()),
        };
        tokio::spawn(listen::serve(listener, served, limits, metrics_stop))
    });
    if !settings.audit_reads {
        tracing::warn!("audit_reads is false: reading a person's data leaves no record");
    }
    let metrics_address = metrics_address.map(tracing::field::display);
    tracing::info!(%address, metrics = metrics_address, store = %settings.store, "serving");
    say(&format!("listening on http://{address}"))?;
    if let Some(demonstration) = &demonstration {
        say(&demonstration.tour(address, settings.base_path.as_str(), &own_key)?)?;
    }

    signals.next().await;
    tracing::info!("stopping");
    tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("told twice to stop; exiting at once");
        std::process::exit(1);
    });
    gate.set(Phase::Draining);
    let _ = give_word.send(true);
    if !serving.await.unwrap_or(false) {
        tracing::warn!("requests were cut off: they took longer than limits.drain");
    }
    tasks.stop(settings.limits.drain).await;
    sealing.stop().await;
    store.close().await;
    let _ = metrics_word.send(true);
    drop(metrics_serving);
    tracing::info!("stopped");
    Ok(())
}

/// Connections of those who read metrics: a few, each asking every few seconds.
const METRICS_CONNECTIONS: u32 = 32;

async fn bind(address: std::net::SocketAddr, setting: &str) -> Outcome<TcpListener> {
    let listener = TcpListener::bind(address).await;
    Ok(listener.with_context(|| format!("cannot listen on {address} (setting {setting})"))?)
}

fn listen_limits(settings: &Settings) -> ListenLimits {
    let limits = &settings.limits;
    ListenLimits {
        connections: limits.connections,
        header: limits.header_timeout,
        idle: limits.idle_timeout,
        drain: limits.drain,
    }
}

fn served(
    settings: &Settings,
    store: &Arc<dyn Store>,
    gate: &Arc<Gate>,
    (verifier, own_key): (Arc<Verifier>, Arc<OwnKey>),
    metrics: &Arc<Metrics>,
) -> Served {
    let app = App::new(AppParts {
        store: Arc::clone(store),
        verifier,
        own_key: Some(own_key),
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds::default()),
        observer: metrics.clone(),
        gate: Arc::clone(gate),
        settings: compose::app_settings(settings),
    });
    let contract = IemkSettings {
        base: settings.base_path.clone(),
        body_timeout: settings.limits.body_timeout,
        proxies: settings.proxies.clone(),
    };
    let routes = talon_iemk::routes(Arc::clone(&app), contract);
    let routes = routes.merge(health::router(Arc::clone(store), Arc::clone(gate)));
    Served {
        router: talon_iemk::framed(Arc::clone(&app), planted::around(routes)),
        refuse: Arc::new(move |unreadable| talon_iemk::refuse(&app, unreadable)),
    }
}
