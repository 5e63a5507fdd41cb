//! AZ-2 once more, in what the database does: about what is somebody else's it is asked the same as about what is
//! absent, and each step of each answer has as many rows. Counted, not timed, in its own log of plans.
//!
//! A row that is found under its key and is somebody else's is thrown away where it is found. That is not counted:
//! no step above it, and no other statement, learns of it. The embedded store is not counted either: it keeps no such
//! log, and works in the server's own process, where nobody else could count.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
};

use serde_json::Value;
use talon_testkit::{
    Client,
    postgres::{Cluster, Options},
};

use crate::{
    ask::Ask,
    foreign,
    rows::{About, ROWS, Row},
    world::{Patient, World},
};

/// A thousand pairs, with eleven operations.
const PATIENTS: usize = 10;
const PAIRS: usize = 1_000;

/// How long is listened to what the server does by itself; it sweeps every second.
const IDLE: &str = "SELECT pg_sleep(3)";

/// What is told in the log of every statement: its plan with the rows of each step. Plans are the same for whoever
/// asks, and no one's time is in them.
fn options() -> Options {
    Options::new()
        .setting("shared_preload_libraries", "auto_explain")
        .setting("auto_explain.log_min_duration", "0")
        .setting("auto_explain.log_analyze", "on")
        .setting("auto_explain.log_timing", "off")
        .setting("auto_explain.log_format", "json")
        .setting("plan_cache_mode", "force_generic_plan")
        .setting("autovacuum", "off")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_does_the_same_for_what_is_foreign_and_what_is_absent() {
    let mut cluster = match Cluster::start(options()) {
        Ok(cluster) => cluster,
        Err(reason) => return eprintln!("this test did NOT run: {}", reason.0),
    };
    let schema = cluster.schema();
    let mut marks = Marks::open(&cluster, schema.url());
    let world = World::build(crate::served(crate::binary()).on_postgres(schema), PATIENTS).await;
    let mut client = Client::new(world.address);
    let pairs = pairs(&world);
    println!("{} pairs of a foreign and an absent object", pairs.len());
    assert!(pairs.len() >= PAIRS, "{} pairs are too few", pairs.len());

    // Connections are made, statements prepared; then the server is left alone.
    for (_, asks) in pairs.iter().take(ROWS.len()) {
        for ask in asks {
            ask.send(&mut client).await;
        }
    }
    marks.set("idle");
    marks.say(IDLE);
    for (nth, (_, [foreign, absent])) in pairs.iter().enumerate() {
        marks.set(&format!("foreign {nth}"));
        foreign.send(&mut client).await;
        marks.set(&format!("absent {nth}"));
        absent.send(&mut client).await;
    }
    // It must be able to tell: an owner is answered, and for that more is done.
    let reads = own(&world.patients[0]);
    for (nth, ask) in reads.iter().enumerate() {
        marks.set(&format!("own {nth}"));
        assert_eq!(ask.send(&mut client).await.0.status, 200);
    }
    marks.set("end");
    marks.close();
    // Stopped, it has written all of its log.
    cluster.stop();
    let done = Done::of(&cluster.log());

    let mut different = Vec::new();
    for (nth, (row, _)) in pairs.iter().enumerate() {
        let [foreign, absent] = ["foreign", "absent"].map(|which| done.under(&format!("{which} {nth}")));
        assert!(!foreign.is_empty(), "{} {} asks the database nothing", row.method, row.path);
        if foreign != absent {
            let alone = |one: &[&Statement], other: &[&Statement]| -> Vec<Statement> {
                one.iter().filter(|it| !other.contains(it)).map(|it| (*it).clone()).collect()
            };
            let (more, less) = (alone(&foreign, &absent), alone(&absent, &foreign));
            different.push(format!("{} {}: {more:#?}\nand not {less:#?}", row.method, row.path));
        }
    }
    assert!(different.is_empty(), "{} pairs: {}", different.len(), different.join("\n"));
    let usual: BTreeSet<_> = (0..pairs.len()).map(|nth| done.under(&format!("absent {nth}"))).collect();
    for nth in 0..reads.len() {
        assert!(!usual.contains(&done.under(&format!("own {nth}"))), "own {nth}");
    }
}

/// Every operation that names an object, by everybody about everybody else's and about nobody's in the same facility.
/// Which facilities there are is no secret: in one that there is, the caller's own card is looked for.
fn pairs(world: &World) -> Vec<(&'static Row, [Ask; 2])> {
    let viewers = world.patients.iter().chain(world.outsiders.iter());
    let mut pairs = Vec::new();
    for (nth, viewer) in viewers.enumerate() {
        for (other, owner) in world.patients.iter().enumerate().filter(|(_, owner)| owner.guid != viewer.guid) {
            for row in ROWS.iter().filter(|row| matches!(row.about, About::Object { .. })) {
                let bases = row.bases();
                let base = &bases[(nth + other) % bases.len()];
                pairs.push((row, foreign::asks((row, base), viewer, owner, 3 * (nth * 7 + other))));
            }
        }
    }
    pairs
}

/// What an owner may read however often.
fn own(patient: &Patient) -> Vec<Ask> {
    let reads = ROWS.iter().filter(|row| row.method == hyper::Method::GET);
    let reads = reads.filter(|row| matches!(row.about, About::Object { .. }));
    reads.map(|row| row.ask(&patient.objects).bearer(&patient.token)).collect()
}

/// Lines between the requests in the log: another client, which is answered before the next request is sent.
struct Marks {
    psql: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Marks {
    fn open(cluster: &Cluster, url: &str) -> Self {
        let mut psql = cluster.client("psql");
        psql.args(["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--dbname", url]);
        let mut psql = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("psql can be run");
        let answers = BufReader::new(psql.stdout.take().unwrap());
        Self { psql, answers }
    }

    fn set(&mut self, name: &str) {
        self.say(&format!("SELECT 'mark {name}'"));
    }

    /// Waits for the one line of its answer.
    fn say(&mut self, sql: &str) {
        let input = self.psql.stdin.as_mut().unwrap();
        writeln!(input, "{sql};").unwrap();
        input.flush().unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "{sql} is not answered");
    }

    fn close(mut self) {
        drop(self.psql.stdin.take());
        assert!(self.psql.wait().unwrap().success());
    }
}

/// A statement that was carried out: its text, and what each step of its plan gave.
type Statement = (String, Vec<String>);

/// What was done after each mark.
struct Done(Vec<(String, Vec<Statement>)>);

impl Done {
    fn of(log: &str) -> Self {
        let mut done = vec![(String::new(), Vec::new())];
        let mut lines = log.lines().peekable();
        while let Some(line) = lines.next() {
            if !line.ends_with("plan:") {
                continue;
            }
            let mut plan = String::new();
            while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
                plan.push_str(more);
            }
            let plan: Value = serde_json::from_str(&plan).unwrap_or_else(|why| panic!("{why}: {plan}"));
            let text = plan["Query Text"].as_str().unwrap().to_owned();
            match text.trim_end_matches(';').strip_prefix("SELECT 'mark ") {
                Some(name) => done.push((name.trim_end_matches('\'').to_owned(), Vec::new())),
                None => {
                    let mut steps = Vec::new();
                    note(&plan["Plan"], &mut steps);
                    done.last_mut().unwrap().1.push((text, steps));
                }
            }
        }
        Self(done)
    }

    /// What was done after this mark, but for what the server does by itself and what is done beside any request.
    fn under(&self, name: &str) -> Vec<&Statement> {
        let after = |name: &str| self.0.iter().find(|(mark, _)| mark == name).expect("the mark is in the log");
        let idle: BTreeSet<&str> = after("idle").1.iter().map(|(text, _)| text.as_str()).collect();
        let by_itself = |text: &str| idle.contains(text) || is_beside(text);
        let mut done: Vec<_> = after(name).1.iter().filter(|(text, _)| !by_itself(text)).collect();
        // What is asked on several connections at once comes in any order.
        done.sort();
        done
    }
}

/// Whether it belongs to the sealing of the audit, which comes with the next second for all requests of the last one, and
/// so after any of them; or begins a connection, as whoever asks beside the sealer or the sweeper may have to. Requests add to the audit
/// and to its queue, and touch no chain.
fn is_beside(text: &str) -> bool {
    let texts = ["audit_seal", "audit_chain", "DELETE FROM audit_unsealed", "set_config('synchronous_commit'"];
    texts.iter().any(|it| text.contains(it))
}

/// A step and those below it.
fn note(plan: &Value, steps: &mut Vec<String>) {
    let of = ["Index Name", "Relation Name"].iter().find_map(|name| plan[*name].as_str()).unwrap_or_default();
    let (kind, rows, loops) = (&plan["Node Type"], &plan["Actual Rows"], &plan["Actual Loops"]);
    steps.push(format!("{kind} {of}: {rows} rows, {loops} times"));
    for below in plan["Plans"].as_array().into_iter().flatten() {
        note(below, steps);
    }
}
