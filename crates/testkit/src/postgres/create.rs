//! Making a server: its directory, its roles, its database.

use std::{
    fs::File,
    io::Write,
    net::TcpListener,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::{Command, Stdio},
};

use aws_lc_rs::rand;

use super::{
    Cluster, DatabaseUrl, Options,
    cluster::{SUPERUSER, TALON},
    home::Home,
    programs::Programs,
    schema::random_text,
};

/// Below the ports that a system gives to outgoing connections: one of those could take the port of
/// a server that is down for a moment.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// How often another port is tried.
const TRIES: usize = 5;

impl Cluster {
    /// A new one, serving.
    pub(super) fn create(options: Options) -> Self {
        let programs = Programs::find();
        let home = Home::new(&programs, options.data.as_deref());
        let password = random_text();
        let password_file = home.directory().join("password");
        write_for_server(&programs, &password_file, &password);
        let mut initdb = programs.command("initdb", home.directory());
        initdb.arg("--pgdata").arg(home.data()).arg("--pwfile").arg(&password_file);
        initdb.args(["--username", SUPERUSER, "--encoding=UTF8", "--locale=C"]);
        run(initdb.args(["--auth-local=trust", "--auth-host=scram-sha-256"]).args(options.no_sync()));
        let cluster = Self::start_in(home, programs, options, password);
        cluster.psql_in(SUPERUSER, &format!("CREATE ROLE {TALON} LOGIN PASSWORD '{}'", cluster.password));
        cluster.psql_in(SUPERUSER, &format!("CREATE DATABASE {TALON} OWNER {TALON} {}", cluster.collation()));
        cluster
    }

    /// Starts what already lies in a home, on a free port.
    pub(super) fn start_in(home: Home, programs: Programs, options: Options, password: String) -> Self {
        let mut cluster = Self {
            url: DatabaseUrl::new("postgres://".into()),
            home,
            postmaster: None,
            programs,
            options,
            port: 0,
            password,
        };
        for _ in 0..TRIES {
            cluster.port = free_port();
            cluster.configure_files();
            match cluster.try_start() {
                // Somebody else took it since.
                Err(_) if cluster.log().contains("could not create any TCP/IP sockets") => {}
                started => {
                    cluster.postmaster = Some(started.unwrap_or_else(|why| cluster.give_up(&why)));
                    let login = DatabaseUrl::new(format!("postgres:///{TALON}")).with_login(TALON, &cluster.password);
                    cluster.url = login.with_hosts(&[cluster.address()]);
                    return cluster;
                }
            }
        }
        cluster.give_up("no free port was found")
    }

    fn configure_files(&self) {
        let socket = self.home.directory().display().to_string();
        for (name, text) in self.options.files(self.port, &socket) {
            write_for_server(&self.programs, &self.home.data().join(name), &text);
        }
    }

    /// Texts that are not said to compare by their bytes compare as Russian does, as they may in
    /// production: the order of a store's answers must not depend on it. Before version 15, and
    /// where ICU was left out, a database can have no such order; there is an entry of ICU's all the same, `unicode`.
    fn collation(&self) -> &'static str {
        let able = "SELECT current_setting('server_version_num')::int >= 150000 \
                    AND EXISTS (SELECT FROM pg_collation WHERE collname = 'ru-x-icu')";
        match self.psql_in(SUPERUSER, able).as_str() {
            "t" => "LOCALE_PROVIDER icu ICU_LOCALE 'ru' TEMPLATE template0",
            _ => "",
        }
    }
}

fn free_port() -> u16 {
    let mut drawn = [0; 2];
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let mut ports = std::iter::repeat_with(|| {
        rand::fill(&mut drawn).expect("random bytes can be had");
        PORTS.start + u16::from_be_bytes(drawn) % (PORTS.end - PORTS.start)
    });
    ports.by_ref().take(1_000).find(is_free).expect("one of a thousand ports is free")
}

/// A file that only the server's user may read: it takes no key that others can. On the disk when
/// this returns: a durable server must find it after a power cut.
fn write_for_server(programs: &Programs, path: &Path, text: &str) {
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
    programs.give(path);
}

/// Runs a program to its end.
pub(super) fn run(command: &mut Command) {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| {
        let directory = command.get_current_dir().unwrap_or(Path::new(".")).display();
        panic!("{name} cannot be run in {directory}, which its user must be able to enter: {error}")
    });
    assert!(output.status.success(), "{name} failed:\n{}", String::from_utf8_lossy(&output.stderr));
}
