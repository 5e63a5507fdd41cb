//! What goes wrong, and when: drawn from the seed, counted in requests.

use std::{fmt, time::Duration};

use talon_testkit::{Chance, Direction};

use crate::{args::Nemesis, setup::Setup};

/// The faults have a stream of chance of their own: another nemesis leaves the requests as they are.
const STREAM: u64 = 0x6661_756c_7473;

/// The last fault falls when this per cent of the requests were sent: it must hit some.
const LAST: u64 = 97;

/// A fault and its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Strike {
    /// When so many requests were sent,
    pub(crate) after: u64,
    /// and then this long: each step from reading a request to answering it can be the one.
    pub(crate) then: Duration,
    pub(crate) fault: Fault,
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A node is killed and started again, and maybe once more while clients come back.
    Kill { node: usize, twice: bool },
    /// A node stands still.
    Pause { node: usize, time: Duration },
    /// A network is disturbed.
    Cut { wire: Wire, cut: Cut },
    /// PostgreSQL is killed, and started again this much later.
    KillDatabase { time: Duration },
    /// PostgreSQL stands still.
    PauseDatabase { time: Duration },
}

/// Which network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Between the clients and a node.
    Node(usize),
    /// Between the nodes and the database.
    Database,
}

/// How a network is disturbed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Every piece waits.
    Delay { each: Duration, time: Duration },
    /// Every connection ends at once.
    All,
    /// One connection after the other ends, each after so many more bytes in one direction.
    After { direction: Direction, bytes: [u64; 4] },
    /// What is said in one direction is lost, and after this time every connection.
    Swallow { direction: Direction, time: Duration },
    /// Nobody gets through.
    Down { time: Duration },
}

impl Fault {
    /// Its kind.
    pub(crate) fn kind(&self) -> Nemesis {
        match self {
            Self::Kill { .. } => Nemesis::Kill,
            Self::Pause { .. } => Nemesis::Pause,
            Self::Cut { .. } => Nemesis::Cut,
            Self::KillDatabase { .. } | Self::PauseDatabase { .. } => Nemesis::Database,
        }
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} requests and {:?}: {:?}", self.after, self.then, self.fault)
    }
}

/// Draws the faults of a run, in order.
pub(crate) fn draw(setup: &Setup) -> Vec<Strike> {
    if setup.nemesis.is_empty() {
        return Vec::new();
    }
    let mut chance = Chance::new(setup.seed ^ STREAM);
    let faults = u64::from(setup.faults);
    let share = u64::from(setup.attempts) * LAST / 100;
    let strikes = (0..faults).map(|number| Strike {
        // Each falls within a share of the run of its own.
        after: share * number / faults + chance.below(share / faults + 1),
        then: Duration::from_micros(chance.below(3_000)),
        fault: fault(&mut chance, setup, number),
    });
    strikes.collect()
}

/// The kinds in turn, so that a short run has each of them.
fn fault(chance: &mut Chance, setup: &Setup, number: u64) -> Fault {
    let node = chance.below(u64::from(setup.nodes)) as usize;
    let kind = setup.nemesis[number as usize % setup.nemesis.len()];
    let has_database = setup.suffers(Nemesis::Database);
    match kind {
        Nemesis::Pause => Fault::Pause { node, time: millis(chance, 50, 1_500) },
        Nemesis::Cut => {
            let wire = if has_database && chance.below(2) == 0 { Wire::Database } else { Wire::Node(node) };
            Fault::Cut { wire, cut: cut(chance) }
        }
        Nemesis::Database if chance.below(3) == 0 => Fault::PauseDatabase { time: millis(chance, 50, 1_500) },
        Nemesis::Database => Fault::KillDatabase { time: millis(chance, 0, 500) },
        Nemesis::Kill | Nemesis::None | Nemesis::All => Fault::Kill { node, twice: chance.below(4) == 0 },
    }
}

fn cut(chance: &mut Chance) -> Cut {
    let direction = if chance.below(2) == 0 { Direction::ToServer } else { Direction::FromServer };
    match chance.below(6) {
        0 => Cut::Delay { each: millis(chance, 1, 50), time: millis(chance, 100, 800) },
        1 => Cut::All,
        2 => Cut::Swallow { direction, time: millis(chance, 50, 800) },
        3 => Cut::Down { time: millis(chance, 10, 400) },
        // Within the next two or three requests of whoever comes along.
        _ => Cut::After { direction, bytes: std::array::from_fn(|_| chance.below(2_000)) },
    }
}

fn millis(chance: &mut Chance, from: u64, to: u64) -> Duration {
    Duration::from_millis(from + chance.below(to - from + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::Backing;

    fn setup(seed: u64, nemesis: &[Nemesis]) -> Setup {
        Setup {
            attempts: 10_000,
            clients: 8,
            nodes: 3,
            seed,
            nemesis: nemesis.to_vec(),
            faults: 40,
            patience: Duration::from_secs(1),
            backing: Backing::OwnPostgres,
            talon: "talon".into(),
            bug: None,
        }
    }

    #[test]
    fn a_seed_decides_every_fault() {
        let all = [Nemesis::Kill, Nemesis::Pause, Nemesis::Cut, Nemesis::Database];
        assert_eq!(draw(&setup(3, &all)), draw(&setup(3, &all)));
        assert_ne!(draw(&setup(3, &all)), draw(&setup(4, &all)));
    }

    #[test]
    fn faults_are_in_order_within_the_run_and_of_the_kinds_asked_for() {
        let strikes = draw(&setup(5, &[Nemesis::Pause, Nemesis::Cut]));
        assert_eq!(strikes.len(), 40);
        assert!(strikes.windows(2).all(|pair| pair[0].after <= pair[1].after));
        assert!(strikes.iter().all(|strike| strike.after <= 9_700));
        assert_eq!(strikes.iter().filter(|strike| strike.fault.kind() == Nemesis::Pause).count(), 20);
        assert!(draw(&setup(5, &[])).is_empty());
    }
}
