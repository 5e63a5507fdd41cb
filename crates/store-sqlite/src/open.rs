//! Opening the file: what must be true of it, and what to say when it is not.

use std::{os::unix::fs::MetadataExt, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig, ffi};
use talon_domain::{event::Subscription, waiting::OfferTerms};
use talon_store::StoreError;
use talon_vault::Vault;

use crate::{
    contacts,
    failure::store_error,
    intake,
    migrate::{MIGRATIONS, migrate},
    planted::{Bug, planted},
    transaction::{begin, commit},
};

/// The schema that this build reads and writes.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// "TALN": tells a store from any other SQLite file.
const APPLICATION_ID: i32 = 0x5441_4c4e;

/// "TALA": the file beside it, into which records of reads come.
const INTAKE_ID: i32 = 0x5441_4c41;

/// What that file holds is emptied into the store all the time, so it has no history of steps.
const INTAKE_VERSION: i32 = 1;

/// Before 3.51.3 a reset of the write-ahead log could race with a checkpoint and damage the file.
const OLDEST_SQLITE: i32 = 3_051_003;

/// How every file is opened; a reader is kept from writing by a setting of its own.
const READ_WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// How long a statement waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The writer's page cache. SQLite looks through all of it after a commit in which a tree's page was
/// split, so a cache of 64 MiB cost an eighth of the writer's time.
const WRITER_CACHE_KIB: i64 = -16_384;

/// Said of a file that is not the one that was opened any more.
const REPLACED: &str = "it was replaced while it was being opened; repeat";

/// Is told why the process must end.
pub(crate) type OnFatal = Arc<dyn Fn(&StoreError) + Send + Sync>;

/// How to open a store.
#[derive(Clone)]
pub struct OpenOptions {
    /// Make the file when it is missing, and bring an older schema up to date.
    pub create: bool,
    /// How many writes may wait before more are refused as [`StoreError::Overloaded`].
    pub queue_limit: usize,
    /// How many reads may run at once.
    pub readers: usize,
    /// The present, kept beside the migrations.
    pub now: Timestamp,
    /// How long a free time stands offered to one who waits for it.
    pub offers: OfferTerms,
    /// Who is told of events.
    pub hooks: Arc<[Subscription]>,
    /// By which contacts are sealed; without them they lie in the file as they are.
    pub contacts: Option<Arc<Vault>>,
    /// Called once when a commit could not be made durable, or a thread that writes panicked. The process must end: the
    /// kernel has dropped the pages that it failed to write, so trying again would answer for data that is not on disk.
    pub on_fatal: OnFatal,
}

impl OpenOptions {
    /// The defaults of `talon serve`: created, 1,024 writes waiting, four readers.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            create: true,
            queue_limit: 1024,
            readers: 4,
            now,
            offers: OfferTerms::default(),
            hooks: Arc::default(),
            contacts: None,
            on_fatal: Arc::new(|_| ()),
        }
    }
}

/// The connection that writes, with the schema up to date.
pub(crate) fn open_writer(path: &Path, options: &OpenOptions) -> Result<Connection, StoreError> {
    let version = rusqlite::version_number();
    if version < OLDEST_SQLITE {
        return Err(StoreError::Open(format!(
            "SQLite {} is linked in; 3.51.3 or newer is needed",
            rusqlite::version()
        )));
    }
    if !options.create && !path.exists() {
        return Err(StoreError::Open(format!(
            "there is no store at {}; `talon serve` and `talon import` create one",
            path.display()
        )));
    }
    let fail = |error: rusqlite::Error| open_error(path, &error);
    if options.create {
        make_for_the_owner_alone(path);
    }
    let file = which_file(path);
    let mut connection = Connection::open_with_flags(path, READ_WRITE).map_err(fail)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(fail)?;
    check_identity(&connection, path)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(fail)?;
    // The first read takes the lock that keeps a restore out until the connection closes. One that
    // ran while we waited has put another file here, and the log would go to that one.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(fail)?;
    if which_file(path) != file {
        return Err(in_file(path, StoreError::Open(REPLACED.to_owned())));
    }
    let synchronous = if planted(Bug::SynchronousNormal) { "NORMAL" } else { "FULL" };
    connection.pragma_update(None, "synchronous", synchronous).map_err(fail)?;
    // The automatic checkpoint runs inside a commit and stalls its answers; housekeeping does it.
    connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(fail)?;
    connection.pragma_update(None, "mmap_size", 0).map_err(fail)?;
    // A deleted or replaced value would stay readable in the file until something else needs its place: an old e-mail of
    // somebody who was erased years later.
    connection.pragma_update(None, "secure_delete", true).map_err(fail)?;
    connection.pragma_update(None, "cache_size", WRITER_CACHE_KIB).map_err(fail)?;
    steady(&connection, options.contacts.as_ref()).map_err(fail)?;
    migrate(&mut connection, options.now).map_err(|failure| in_file(path, failure.into()))?;
    contacts::check_keys(&connection, options.contacts.as_ref()).map_err(|failure| in_file(path, failure.into()))?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
    Ok(connection)
}

/// The connection that writes the records of reads, with its table made.
///
/// The store has to be open before: whoever puts a backup in its place is kept out by that.
pub(crate) fn open_intake(path: &Path, store: &Path) -> Result<Connection, StoreError> {
    let fail = |error: rusqlite::Error| intake_error(path, &error);
    if make_for_the_owner_alone(path) {
        belong_to_the_same(path, store);
    }
    let connection = Connection::open_with_flags(path, READ_WRITE).map_err(fail)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(fail)?;
    is_new_intake(&connection, path).map_err(|error| in_file(path, error))?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(fail)?;
    connection.pragma_update(None, "secure_delete", true).map_err(fail)?;
    let synchronous = if planted(Bug::SynchronousNormal) { "NORMAL" } else { "FULL" };
    connection.pragma_update(None, "synchronous", synchronous).map_err(fail)?;
    // The log is moved by the commit that finds it long: the file has some seconds' records, and that is soon done.
    connection.pragma_update(None, "mmap_size", 0).map_err(fail)?;
    connection.pragma_update(None, "cache_size", -2_048).map_err(fail)?;
    connection.pragma_update(None, "cell_size_check", true).map_err(fail)?;
    let made = || -> Result<(), StoreError> {
        begin(&connection)?;
        if is_new_intake(&connection, path)? {
            connection.execute_batch(intake::SCHEMA).map_err(fail)?;
            connection.pragma_update(None, "application_id", INTAKE_ID).map_err(fail)?;
            connection.pragma_update(None, "user_version", INTAKE_VERSION).map_err(fail)?;
        }
        commit(&connection)
    };
    made().map_err(|error| in_file(path, error))?;
    Ok(connection)
}

fn is_new_intake(connection: &Connection, path: &Path) -> Result<bool, StoreError> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let read = || Ok((number("application_id")?, number("user_version")?, number("schema_version")?));
    match read().map_err(|error| intake_error(path, &error))? {
        (INTAKE_ID, INTAKE_VERSION, _) => Ok(false),
        (0, 0, 0) => Ok(true),
        (INTAKE_ID, ..) => Err(StoreError::Open("a newer version of Talon wrote it; use that one".to_owned())),
        _ => Err(StoreError::Open(
            "it is the database of another program; move it away: the store's audit wants this name".to_owned(),
        )),
    }
}

/// The file's records, to be read on a connection whose state is the present one for as long as it lives; `None` when there is no file.
pub(crate) fn read_intake(path: &Path) -> Result<Option<Connection>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let fail = |error: rusqlite::Error| intake_error(path, &error);
    let connection = open_reader(path, None).map_err(fail)?;
    connection.execute_batch("BEGIN").map_err(fail)?;
    // The state is fixed by the first read and not by BEGIN; this is one.
    let fresh = is_new_intake(&connection, path).map_err(|error| in_file(path, error))?;
    Ok((!fresh).then_some(connection))
}

/// Makes an empty file that only its owner can read, and says whether it was not there: it will hold personal data. SQLite gives the
/// log the same rights. What keeps it from being made, opening it will tell.
fn make_for_the_owner_alone(path: &Path) -> bool {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).is_ok()
}

/// Gives a new file the rights and the owner of the store, as SQLite does with its log: a command that somebody runs as root must not leave a file
/// behind that the server cannot open. Where that is refused, this is the owner.
fn belong_to_the_same(path: &Path, store: &Path) {
    let Ok(about) = std::fs::metadata(store) else { return };
    let _ = std::fs::set_permissions(path, about.permissions());
    let _ = std::os::unix::fs::chown(path, Some(about.uid()), Some(about.gid()));
}

/// What it means that the intake cannot be opened, or read for the first time.
fn intake_error(path: &Path, error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen) => open_error(path, error),
        _ => StoreError::Open(intake::failed(path, error).to_string()),
    }
}

/// Which file a path names: device and number.
fn which_file(path: &Path) -> Option<(u64, u64)> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.dev(), about.ino()))
}

/// A connection that cannot write.
pub(crate) fn open_reader(path: &Path, keys: Option<&Arc<Vault>>) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, READ_WRITE)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cache_size", -8_192)?;
    steady(&connection, keys)?;
    Ok(connection)
}

/// What every connection that runs the same few statements again and again wants.
fn steady(connection: &Connection, keys: Option<&Arc<Vault>>) -> rusqlite::Result<()> {
    contacts::functions(connection, keys)?;
    // A statement's plan must not depend on what is bound to it: otherwise SQLite, built with
    // statistics, prepares every statement with a range anew each time it is run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // What a savepoint might have to undo is kept in memory and not in a file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// The connection that moves the log into the file.
pub(crate) fn open_checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, READ_WRITE)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cache_size", -2_048)?;
    Ok(connection)
}

/// Refuses a file that is some other program's database.
pub(crate) fn check_identity(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let fail = |error: rusqlite::Error| open_error(path, &error);
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(fail)?;
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(fail)?;
    if id == APPLICATION_ID || (id == 0 && tables == 0) {
        return Ok(());
    }
    // Ours carries the id from its first start on, but a crash may fall between schema and id.
    let ours = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name IN ('migration', 'installation')", [], |row| {
            row.get::<_, u32>(0)
        })
        .map_err(fail)?;
    if id == 0 && ours == 2 {
        return Ok(());
    }
    Err(StoreError::Open(format!("{} is the database of another program, not a Talon store", path.display())))
}

/// What it means that a store cannot be opened or read for the first time.
pub(crate) fn open_error(path: &Path, error: &rusqlite::Error) -> StoreError {
    let moved = error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_READONLY_DBMOVED);
    let what = match error.sqlite_error_code() {
        // SQLite notices by itself before it writes to a file that has no log yet.
        _ if moved => REPLACED.to_owned(),
        Some(ErrorCode::NotADatabase) => {
            "it is not a SQLite file, or its first page is damaged; restore the newest backup".to_owned()
        }
        Some(ErrorCode::CannotOpen) => {
            "it cannot be opened; check that the folder exists and may be written".to_owned()
        }
        _ => store_error(error).to_string(),
    };
    in_file(path, StoreError::Open(what))
}

fn in_file(path: &Path, error: StoreError) -> StoreError {
    StoreError::Open(format!("{}: {error}", path.display()))
}
