//! The look for what was changed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use talon_domain::audit::AuditRecord;
use talon_store::{AUDIT_PAGE, Chain, Result, TrailSnapshot};

use crate::{Checkpoint, Fault, Lines, chain::Walk};

/// So many faults are named; more say nothing new.
pub const MOST_NAMED: usize = 100;

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// Chains that the store has.
    pub chains: u64,
    /// Records in them.
    pub records: u64,
    /// Records in them that no checkpoint covers yet.
    pub uncovered: u64,
    /// Records that wait to be sealed.
    pub waiting: u64,
    /// Chains that were closed, with their records, and of how many links the removal did not come to an end.
    pub closed: Vec<(Checkpoint, u64)>,
    /// What is wrong, at most [`MOST_NAMED`].
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub found: u64,
}

impl Report {
    fn fault(&mut self, fault: Fault) {
        self.found += 1;
        if self.faults.len() < MOST_NAMED {
            self.faults.push(fault);
        }
    }
}

/// Computes every chain anew and compares it with what was signed. A record may be unsealed, and a seal without a
/// checkpoint, for as long as `patience`. `progress` is told how many links are done, of how many.
///
/// # Errors
///
/// The store cannot be read.
pub async fn verify(
    store: &dyn TrailSnapshot,
    lines: Lines,
    now: Timestamp,
    patience: SignedDuration,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Report> {
    let counts = store.counts().await?;
    let mut report = Report::default();
    lines.faults.into_iter().for_each(|fault| report.fault(fault));
    let mut signed = BTreeMap::<Chain, Vec<&Checkpoint>>::new();
    for checkpoint in &lines.checkpoints {
        signed.entry(checkpoint.end.chain).or_default().push(checkpoint);
    }
    let ends: BTreeMap<_, _> = store.ends().await?.into_iter().map(|end| (end.chain, end)).collect();
    let chains: BTreeSet<_> = ends.keys().chain(signed.keys()).copied().collect();
    let mut links = 0;
    for chain in chains {
        let mut walk = Walk::begin(chain, signed.remove(&chain).unwrap_or_default());
        let closing = walk.closing();
        loop {
            let page = store.links(&chain, walk.number()).await?;
            for link in &page {
                walk.link(link);
            }
            links += page.len() as u64;
            progress(links, counts.seals);
            if page.len() < AUDIT_PAGE {
                break;
            }
        }
        if let Some(closing) = closing {
            report.closed.push((closing.clone(), walk.links));
            continue;
        }
        report.chains += u64::from(walk.links > 0);
        report.records += walk.records;
        let walked = walk.finish(ends.get(&chain), now, patience);
        report.uncovered += walked.uncovered;
        walked.faults.into_iter().for_each(|fault| report.fault(fault));
    }
    if links != counts.seals {
        let what = format!("{links} of {} belong to a chain that the store or a checkpoint names", counts.seals);
        report.fault(Fault::new(&"seals", format!("{what}: ends of chains were removed or edited")));
    }
    if counts.vanished > 0 {
        let what = format!("{} were removed before they were sealed", counts.vanished);
        report.fault(Fault::new(&"records", what));
    }
    loose(store, now, patience, &mut report).await?;
    Ok(report)
}

/// Records outside all chains.
async fn loose(store: &dyn TrailSnapshot, now: Timestamp, patience: SignedDuration, report: &mut Report) -> Result<()> {
    let mut above = None;
    loop {
        let page = store.loose(above).await?;
        for record in &page {
            if now.duration_since(record.at).abs() > patience {
                report.fault(unsealed(record))
            } else {
                report.waiting += 1
            }
        }
        match page.last() {
            Some(last) if page.len() == AUDIT_PAGE => above = Some((last.request, last.id)),
            _ => return Ok(()),
        }
    }
}

fn unsealed(record: &AuditRecord) -> Fault {
    let what = format!(
        "of {}, is in no chain: it was added by hand, its seal was removed, no node seals, or a program that does not \
         seal wrote it (then `talon audit seal`)",
        record.at
    );
    Fault::new(&format!("record {}", record.id), what)
}
