//! A directory with a store and keys, and the binary that serves them.

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    attempt::Booking,
    keys::TestKey,
    postgres::Schema,
    region::{PersonRef, ReferralRef, RegionBuilder, SlotRef},
};

/// The portal's issuer.
pub const ISSUER: &str = "https://portal.test";

/// The audience of its tokens.
pub const AUDIENCE: &str = "talon-test";

/// Where an installation keeps its data.
enum StoreAt {
    File(PathBuf),
    Url(String),
    Schema(Schema),
}

/// What a server is started on. Its store stays when the server is killed, and goes with it.
pub struct Installation {
    binary: PathBuf,
    directory: TempDir,
    store: StoreAt,
    key: TestKey,
    environment: Vec<(String, String)>,
    logs: Cell<u32>,
}

impl Installation {
    /// An empty one, for the binary at this path (in tests of package `talon`:
    /// `env!("CARGO_BIN_EXE_talon")`).
    #[must_use]
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let store = StoreAt::File(directory.path().join("talon.db"));
        let key = TestKey::generate("portal-1");
        let installation =
            Self { binary: binary.into(), directory, store, key, environment: Vec::new(), logs: Cell::new(0) };
        installation.trust(&[installation.key.jwk()]);
        installation
    }

    /// With its store in another file; keys and logs stay.
    #[must_use]
    pub fn with_store(self, store: impl Into<PathBuf>) -> Self {
        Self { store: StoreAt::File(store.into()), ..self }
    }

    /// With a store of any kind, by the address that `--store` takes.
    #[must_use]
    pub fn with_store_url(self, url: impl Into<String>) -> Self {
        Self { store: StoreAt::Url(url.into()), ..self }
    }

    /// With its store in a schema of PostgreSQL, which goes with it.
    #[must_use]
    pub fn on_postgres(self, schema: Schema) -> Self {
        Self { store: StoreAt::Schema(schema), ..self }
    }

    /// With an environment variable for every command.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a variable that [`Installation::with_env`] set.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.environment.retain(|(set, _)| set != name);
        self
    }

    /// Writes the key set that the server trusts.
    pub fn trust(&self, keys: &[Value]) {
        let set = json!({ "keys": keys }).to_string();
        fs::write(self.keys_path(), set).expect("the key set can be written");
    }

    /// The portal's key.
    #[must_use]
    pub fn key(&self) -> &TestKey {
        &self.key
    }

    /// A token for a person, through the default channel.
    #[must_use]
    pub fn token(&self, person: &PersonRef) -> String {
        self.key.token(ISSUER, AUDIENCE, &person.guid)
    }

    /// A request of a person for a slot under a referral.
    #[must_use]
    pub fn booking(&self, person: &PersonRef, referral: &ReferralRef, slot: &SlotRef) -> Booking {
        Booking::new(&self.token(person), referral, slot)
    }

    /// Imports a region with `talon import`.
    ///
    /// # Panics
    ///
    /// When it is not taken, with what the command said.
    pub fn import(&self, region: &RegionBuilder) {
        let output = self.try_import(&region.text());
        assert!(output.status.success(), "import failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Imports a text with `talon import`.
    #[must_use]
    pub fn try_import(&self, text: &str) -> Output {
        let file = self.directory.path().join("region.ndjson");
        fs::write(&file, text).expect("the region file can be written");
        self.command("import").arg(&file).output().expect("the binary can be run")
    }

    /// A command of the binary, as `export` or `audit verify`, with this installation's store and settings, and
    /// none of the machine's own.
    #[must_use]
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TALON_")) {
            command.env_remove(name);
        }
        command
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .env("TALON_TOKENS_ISSUER", ISSUER)
            .env("TALON_TOKENS_AUDIENCE", AUDIENCE)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .args(name.split(' '))
            .arg("--store")
            .arg(self.store_url());
        command
    }

    /// The store's address, as `--store` takes it.
    #[must_use]
    pub fn store_url(&self) -> String {
        match &self.store {
            StoreAt::File(path) => format!("sqlite:{}", path.display()),
            StoreAt::Url(url) => url.clone(),
            StoreAt::Schema(schema) => schema.url().to_string(),
        }
    }

    /// The store's file.
    ///
    /// # Panics
    ///
    /// When the store is not a file.
    #[must_use]
    pub fn store(&self) -> &Path {
        match &self.store {
            StoreAt::File(path) => path,
            StoreAt::Url(_) | StoreAt::Schema(_) => panic!("this installation's store is not a file"),
        }
    }

    /// The store's schema.
    ///
    /// # Panics
    ///
    /// When it was not set by [`Installation::on_postgres`].
    #[must_use]
    pub fn schema(&self) -> &Schema {
        match &self.store {
            StoreAt::Schema(schema) => schema,
            StoreAt::File(_) | StoreAt::Url(_) => panic!("this installation's store is no schema of PostgreSQL"),
        }
    }

    /// Its directory, for files of a test's own.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The JWKS file.
    #[must_use]
    pub fn keys_path(&self) -> PathBuf {
        self.directory.path().join("keys.json")
    }

    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// Where the next server's standard error goes; each start has a file of its own.
    pub(crate) fn next_log(&self) -> PathBuf {
        self.logs.set(self.logs.get() + 1);
        self.directory.path().join(format!("server-{}.log", self.logs.get()))
    }
}
