use std::{
    env, fs,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use super::{psql::psql, *};
use crate::{Certificates, Direction, Installation, PowerRig, Proxy};

/// A server of the test's own; where there can be none the test says so and ends.
macro_rules! own {
    ($options:expr) => {
        match Cluster::start($options) {
            Ok(cluster) => cluster,
            Err(reason) => return eprintln!("this test did NOT run: {}", reason.0),
        }
    };
}

#[test]
fn each_schema_is_alone_and_goes_with_its_test() {
    let server = Postgres::shared();
    let (one, two) = (server.schema(), server.schema());
    for (schema, number) in [(&one, 1), (&two, 2)] {
        schema.psql(&format!("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES ({number})"));
    }
    assert_eq!((one.psql("SELECT a FROM t"), two.psql("SELECT a FROM t")), ("1".into(), "2".into()));
    let count = format!("SELECT count(*) FROM pg_namespace WHERE nspname IN ('{}', '{}')", one.name(), two.name());
    assert_eq!(server.psql(&count), "2");
    drop((one, two));
    assert_eq!(server.psql(&count), "0");
}

#[test]
fn what_was_committed_survives_a_kill_and_a_stop() {
    let mut server = own!(Options::new());
    let schema = server.schema();
    schema.psql("CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
    server.kill();
    assert!(psql(schema.url(), "SELECT 1").is_err(), "a dead server answers");
    server.start_again();
    assert!(server.log().contains("was not properly shut down"), "{}", server.log());
    schema.psql("INSERT INTO t VALUES (2)");
    server.stop();
    server.start_again();
    assert_eq!(schema.psql("SELECT sum(a) FROM t"), "3");
}

#[test]
fn a_killed_server_leaves_no_shared_memory() {
    let mut server = own!(Options::new());
    let status = fs::read_to_string(server.directory().join("data/postmaster.pid")).unwrap();
    let segment = status.lines().nth(6).unwrap().split_whitespace().nth(1).unwrap().to_owned();
    let exists = || {
        let segments = fs::read_to_string("/proc/sysvipc/shm").unwrap();
        segments.lines().any(|line| line.split_whitespace().nth(1) == Some(&segment))
    };
    server.kill();
    assert!(exists());
    drop(server);
    assert!(!exists());
}

#[test]
fn a_paused_server_is_silent_and_then_goes_on() {
    let server = own!(Options::new());
    let mut stream = TcpStream::connect(server.address()).unwrap();
    server.pause();
    // SSLRequest; answered with one letter.
    stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let silence = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(silence.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silence}");
    server.resume();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut letter = [0];
    stream.read_exact(&mut letter).unwrap();
    assert_eq!(letter, *b"N");
}

#[test]
fn a_synchronous_standby_has_what_was_answered_and_takes_over() {
    let mut primary = own!(Options::new());
    let schema = primary.schema();
    schema.psql("CREATE TABLE t (a int)");
    let standby = primary.standby("second");
    primary.make_synchronous("second");
    schema.psql("INSERT INTO t VALUES (1)");
    primary.kill();
    let there = schema.url().with_hosts(&[standby.address()]);
    let refused = psql(&there, "INSERT INTO t VALUES (2)").unwrap_err();
    assert!(refused.contains("read-only transaction"), "{refused}");
    standby.promote();
    assert_eq!(psql(&there, "INSERT INTO t VALUES (2); SELECT sum(a) FROM t"), Ok("3".into()));
    let both = schema.url().with_hosts(&[primary.address(), standby.address()]);
    assert_eq!(psql(&both.with_parameter("target_session_attrs", "read-write"), "SELECT 1"), Ok("1".into()));
}

#[test]
fn an_asynchronous_standby_lacks_what_a_network_withheld() {
    let mut primary = own!(Options::new());
    let schema = primary.schema();
    schema.psql("CREATE TABLE t (a int)");
    let proxy = Proxy::start(primary.address());
    let standby = primary.standby_through("second", proxy.address);
    proxy.swallow(Direction::FromServer);
    schema.psql("INSERT INTO t VALUES (1)");
    primary.kill();
    standby.promote();
    assert_eq!(psql(&schema.url().with_hosts(&[standby.address()]), "SELECT count(*) FROM t"), Ok("0".into()));
}

#[test]
fn a_password_is_asked_for_and_tls_where_it_is_demanded() {
    let certificates = Certificates::new();
    let server = own!(Options::new().tls(&certificates).access("hostnossl all all all reject"));
    let trusted = |certificates: &Certificates| {
        let roots = certificates.authority().to_str().unwrap();
        server.url().with_parameter("sslmode", "verify-full").with_parameter("sslrootcert", roots)
    };
    let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(psql(&trusted(&certificates), encrypted), Ok("t".into()));
    for (url, fault) in [
        (server.url().with_parameter("sslmode", "disable"), "no encryption"),
        (trusted(&certificates).with_login("talon", "wrong"), "password authentication failed"),
        (trusted(&Certificates::new()), "certificate verify failed"),
    ] {
        let said = psql(&url, encrypted).unwrap_err();
        assert!(said.contains(fault), "{fault}: {said}");
    }
}

#[test]
fn a_certificate_of_another_name_is_not_taken() {
    let certificates = Certificates::naming("DNS:elsewhere.test");
    let server = own!(Options::new().tls(&certificates));
    let roots = certificates.authority().to_str().unwrap();
    let url = server.url().with_parameter("sslmode", "verify-full").with_parameter("sslrootcert", roots);
    let said = psql(&url, "SELECT 1").unwrap_err();
    assert!(said.contains("does not match"), "{said}");
}

#[test]
fn a_setting_and_durability_are_as_asked_for() {
    let elsewhere = tempfile::tempdir().unwrap();
    // The server's user has to pass through it.
    fs::set_permissions(elsewhere.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let server = own!(Options::new().durable().setting("max_connections", "7").data_in(elsewhere.path()));
    assert_eq!(server.psql("SHOW max_connections; SHOW fsync; SHOW full_page_writes"), "7\non\non");
    assert_eq!(psql(&server.socket_url(), "SELECT current_user, current_database()"), Ok("talon|talon".into()));
    assert!(elsewhere.path().join("data/PG_VERSION").exists());
    let directory = server.directory().to_owned();
    drop(server);
    assert!(!directory.exists());
    assert_eq!(fs::read_dir(elsewhere.path().join("data")).unwrap().count(), 0);
}

#[test]
fn a_durable_server_keeps_what_was_committed_when_the_power_is_cut() {
    let rig = match PowerRig::new() {
        Ok(rig) => rig,
        Err(reason) => return eprintln!("this test did NOT run: {}", reason.0),
    };
    let mut server = own!(Options::new().durable().data_in(rig.mount_point()));
    let schema = server.schema();
    schema.psql("CREATE TABLE t (a int)");
    schema.psql("INSERT INTO t VALUES (1)");
    rig.cut(&server).unwrap();
    server.kill();
    rig.remount().unwrap();
    server.start_again();
    assert_eq!(schema.psql("SELECT a FROM t"), "1");
}

#[test]
fn an_installation_keeps_its_store_in_a_schema() {
    let schema = Postgres::shared().schema();
    let url = schema.url().to_string();
    let installation = Installation::new("talon").on_postgres(schema);
    let command = installation.command("serve");
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_str().unwrap()).collect();
    assert_eq!(arguments, ["serve", "--store", &*url]);
    assert_eq!(installation.schema().psql("SELECT current_schema()"), installation.schema().name());
}

/// What the next test kills: it says what it has, and waits.
#[test]
#[ignore = "it never ends by itself"]
fn a_process_that_is_killed() {
    let clusters = [Cluster::create(Options::new()), Cluster::create(Options::new())];
    clusters[1].pause();
    for cluster in &clusters {
        println!("\nSERVER {} {}", cluster.id(), cluster.directory().display());
    }
    println!("THAT IS ALL");
    loop {
        std::thread::park();
    }
}

#[test]
fn nothing_outlives_a_process_that_is_killed() {
    if env::var_os(GIVEN).is_some() {
        return eprintln!("this test did NOT run: {GIVEN} names a server");
    }
    let mut tests = Command::new(env::current_exe().unwrap())
        .args(["--exact", "postgres::tests::a_process_that_is_killed", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(tests.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said: Vec<String> = lines.take_while(|line| line != "THAT IS ALL").collect();
    let servers: Vec<(&str, &Path)> = said
        .iter()
        .filter_map(|line| line.strip_prefix("SERVER ")?.split_once(' '))
        .map(|(id, directory)| (id, Path::new(directory)))
        .collect();
    let running = servers.iter().filter(|(_, directory)| directory.join("data/postmaster.pid").exists()).count();
    tests.kill().unwrap();
    tests.wait().unwrap();
    assert_eq!(running, 2, "{said:?}");
    // Held open by those who clear away.
    let mut complaints = String::new();
    tests.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
    for (id, directory) in servers {
        assert!(!directory.exists(), "{} stays: {complaints}", directory.display());
        let command = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        assert!(!command.contains("postgres"), "process {id} still runs: {complaints}");
    }
}
