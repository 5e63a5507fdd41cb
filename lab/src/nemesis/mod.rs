//! Who makes things go wrong, on a thread of its own: it waits for processes.

mod schedule;

use std::time::Duration;

use talon_testkit::{Lost, Proxy};
use tokio::{runtime::Handle, sync::watch};

use crate::{clock::wait, site::Site};
use schedule::{Cut, Wire};
pub(crate) use schedule::{Fault, Strike, draw};

/// How long a connection that is to be cut after some bytes may take to have said them.
const UNTIL_CUT: Duration = Duration::from_millis(40);

/// What came of it.
pub(crate) struct Struck {
    pub(crate) site: Site,
    /// The faults that were done.
    pub(crate) faults: Vec<Fault>,
    /// A node that did not come back.
    pub(crate) broken: Option<String>,
}

/// Strikes as planned while `sent` counts up, and leaves everything running and healed. It ends early when
/// `sent` has ended, or when a node does not come back.
pub(crate) fn rage(mut site: Site, strikes: Vec<Strike>, mut sent: watch::Receiver<u64>, runtime: &Handle) -> Struck {
    let mut faults = Vec::new();
    for strike in strikes {
        if runtime.block_on(sent.wait_for(|sent| *sent >= strike.after)).is_err() {
            break;
        }
        wait(strike.then);
        if let Err(why) = carry_out(&mut site, &strike.fault) {
            site.give_up();
            return Struck { broken: Some(format!("{strike}: {why:#}")), site, faults };
        }
        faults.push(strike.fault);
    }
    Struck { site, faults, broken: None }
}

fn carry_out(site: &mut Site, fault: &Fault) -> anyhow::Result<()> {
    match fault {
        Fault::Kill { node, twice } => {
            for _ in 0..=u8::from(*twice) {
                site.kill(*node);
                site.start_again(*node).map_err(|Lost(why)| anyhow::anyhow!("it does not start again: {why}"))?;
            }
        }
        Fault::Pause { node, time } => {
            site.freeze(*node);
            wait(*time);
            site.resume(*node);
        }
        Fault::Cut { wire: Wire::Node(node), cut } => {
            if let Some(proxy) = site.proxy(*node) {
                disturb(proxy, cut);
            }
        }
        Fault::Cut { wire: Wire::Database, cut } => {
            if let Some(proxy) = site.store().proxy() {
                disturb(proxy, cut);
            }
        }
        Fault::KillDatabase { time } => {
            let cluster = site.store().cluster()?;
            cluster.kill();
            wait(*time);
            cluster.start_again();
        }
        Fault::PauseDatabase { time } => {
            let cluster = site.store().cluster()?;
            cluster.pause();
            wait(*time);
            cluster.resume();
        }
    }
    Ok(())
}

/// Disturbs a network for a while and heals it.
fn disturb(proxy: &Proxy, cut: &Cut) {
    match cut {
        Cut::Delay { each, time } => {
            proxy.delay(*each);
            wait(*time);
        }
        Cut::All => proxy.cut(),
        Cut::After { direction, bytes } => {
            for bytes in bytes {
                proxy.cut_after(*direction, *bytes);
                wait(UNTIL_CUT);
            }
        }
        Cut::Swallow { direction, time } => {
            proxy.swallow(*direction);
            wait(*time);
        }
        Cut::Down { time } => {
            proxy.take_down();
            wait(*time);
        }
    }
    proxy.heal();
}
