//! Where the nodes keep their data: the one place that knows which store it is.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use talon_testkit::{
    Installation, NoRig, Proxy,
    postgres::{Cluster, DatabaseUrl, Options},
};

use crate::setup::Backing;

/// A store, with a network before it where it has one.
pub(crate) enum Store {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres {
        /// Its own address.
        url: DatabaseUrl,
        /// What stands between it and the nodes.
        proxy: Option<Proxy>,
        /// The server, if the lab has started it.
        cluster: Option<Box<Cluster>>,
    },
}

impl Store {
    /// Makes it, or takes what is given. `proxied` puts a network that can be disturbed before a server.
    ///
    /// # Errors
    ///
    /// There is no PostgreSQL to be had.
    pub(crate) fn open(backing: &Backing, scratch: &Path, proxied: bool) -> anyhow::Result<Self> {
        let (url, cluster) = match backing {
            Backing::Sqlite(path) => {
                return Ok(Self::Sqlite(path.clone().unwrap_or_else(|| scratch.join("talon.db"))));
            }
            Backing::GivenPostgres(url) => (DatabaseUrl::new(url.clone()), None),
            Backing::OwnPostgres => match Cluster::start(Options::new()) {
                Ok(cluster) => (cluster.url().clone(), Some(Box::new(cluster))),
                Err(NoRig(why)) => bail!("no PostgreSQL can be started: {why}"),
            },
        };
        let proxy = proxied.then(|| Proxy::start(url.address()));
        Ok(Self::Postgres { url, proxy, cluster })
    }

    /// An installation on this store, through the network before it.
    pub(crate) fn install(&self, installation: Installation) -> Installation {
        match self {
            Self::Postgres { url, proxy: Some(proxy), .. } => {
                installation.with_store_url(url.with_hosts(&[proxy.address]).to_string())
            }
            _ => self.install_directly(installation),
        }
    }

    /// An installation on this store, with nothing in between.
    pub(crate) fn install_directly(&self, installation: Installation) -> Installation {
        match self {
            Self::Sqlite(path) => installation.with_store(path),
            Self::Postgres { url, .. } => installation.with_store_url(url.to_string()),
        }
    }

    /// The network between the nodes and it.
    pub(crate) fn proxy(&self) -> Option<&Proxy> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres { proxy, .. } => proxy.as_ref(),
        }
    }

    /// The server that the lab has started.
    ///
    /// # Errors
    ///
    /// It has started none.
    pub(crate) fn cluster(&mut self) -> anyhow::Result<&mut Cluster> {
        match self {
            Self::Postgres { cluster: Some(cluster), .. } => Ok(cluster),
            _ => None.context("the lab can kill and pause only a database that it has started"),
        }
    }
}
