//! Connections and their pool: TLS, the session's settings, and what the server says unasked.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{Connect, Manager, ManagerConfig, Pool, RecyclingMethod};
use futures_util::{StreamExt, stream};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use talon_store::StoreError;
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_postgres::{AsyncMessage, Client, Config, Error, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    open::OpenOptions,
    planted::{Bug, planted},
    url::PostgresUrl,
};

/// How long one host may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A booking is answered when it is durable, here and on the synchronous standby if there is one,
/// whatever the server's default is.
const DURABLE: &str = "
    SELECT set_config('synchronous_commit', 'on', false)
      WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write');
";

/// Plans must not depend on statistics: after an import of a million rows the tables count as empty for
/// a minute, and a plan made then would read all of them for each booking. So there is one plan, along
/// the keys. Citus alone must see the values, to know on which node they lie.
///
/// On Citus a statement over several shards asks them at the same time, and two batches would wait for each
/// other in a circle that takes seconds to be noticed; in sequence they meet at the first shard. PostgreSQL
/// takes both settings as words that it does not know.
const SESSION: &str = "
    SELECT set_config('plan_cache_mode', 'force_generic_plan', false)
      WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus');
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET enable_bitmapscan = off;
    SET jit = off;
    SET citus.multi_shard_modify_mode = 'sequential';
    SET citus.max_adaptive_executor_pool_size = 1;
";

/// Makes connections, and listens to them.
struct Connector {
    tls: MakeRustlsConnect,
    session: String,
    doubts: Arc<AtomicU64>,
    threads: Handle,
}

impl Connect for Connector {
    fn connect(
        &self,
        config: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        let config = config.clone();
        Box::pin(async move {
            let (client, mut connection) = config.connect(self.tls.clone()).await?;
            let doubts = Arc::clone(&self.doubts);
            let driver = self.threads.spawn(async move {
                let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
                while let Some(Ok(message)) = messages.next().await {
                    // "canceling the wait for synchronous replication": the answer to COMMIT that follows says
                    // success although no standby has it. The count grows before that answer is handed on.
                    if let AsyncMessage::Notice(notice) = message
                        && *notice.code() == SqlState::WARNING
                    {
                        doubts.fetch_add(1, Ordering::AcqRel);
                    }
                }
            });
            client.batch_execute(&self.session).await?;
            Ok((client, driver))
        })
    }
}

/// A pool of `size` connections to the database.
///
/// # Errors
///
/// [`StoreError::Open`] when the certificates or the password cannot be read.
pub(crate) fn pool(
    url: &PostgresUrl,
    options: &OpenOptions,
    size: usize,
    doubts: &Arc<AtomicU64>,
    threads: &Handle,
) -> Result<Pool, StoreError> {
    let mut config = url.config()?;
    config.connect_timeout(CONNECT_TIMEOUT).tcp_user_timeout(options.deadline).keepalives_idle(Duration::from_secs(30));
    if config.get_application_name().is_none() {
        config.application_name("talon");
    }
    let millis = options.deadline.as_millis();
    let durable = if planted(Bug::SynchronousNormal) { "SET synchronous_commit = off;" } else { DURABLE };
    let session = format!(
        "{durable} {SESSION} SET lock_timeout = {millis}; SET statement_timeout = {millis}; \
         SET idle_in_transaction_session_timeout = {millis};"
    );
    let connector = Connector {
        tls: MakeRustlsConnect::new(tls(url)?),
        session,
        doubts: Arc::clone(doubts),
        threads: threads.clone(),
    };
    let manager = Manager::from_connect(config, connector, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    Pool::builder(manager).max_size(size.max(1)).build().map_err(|error| StoreError::Bug(error.to_string()))
}

/// TLS as the address asks for it: the server's certificate is checked, and against its name.
fn tls(url: &PostgresUrl) -> Result<ClientConfig, StoreError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = url.roots() {
        let bad = |what: String| StoreError::Open(format!("{}: {what}; sslrootcert names it", path.display()));
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| bad(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| bad(error.to_string()))?;
            roots.add(certificate).map_err(|error| bad(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(bad("there is no certificate in it".to_owned()));
        }
    } else if url.may_encrypt() {
        // Without any, a connection that is to be encrypted says which certificate it could not check.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| StoreError::Bug(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
