//! All clients at once, round by round; and after everything was healed, whether it goes on.

use std::sync::Arc;

use talon_testkit::Violation;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    client::Caller,
    history::Attempt,
    plan::{Operation, Plan},
    progress::Progress,
};

/// Operations of a client in a round. All wait for the last at a round's end: few enough that clients
/// stay within the same scenes, many enough that the waiting costs little.
const IN_A_ROUND: usize = 16;

/// How often a request is asked again, in the end, until it is answered; each time at the next node.
const MOST_TRIES: u8 = 50;

/// Has the clients carry out the plan. The operations of client `c` are those whose number is `c` modulo
/// the number of clients, in order. `sent` counts them.
///
/// # Errors
///
/// A client panicked.
pub(crate) async fn run(
    plan: &Arc<Plan>,
    callers: &mut Vec<Caller>,
    sent: &Arc<watch::Sender<u64>>,
    progress: &Progress,
) -> anyhow::Result<Vec<Attempt>> {
    let mut history = Vec::with_capacity(plan.operations.len());
    for round in plan.operations.chunks(IN_A_ROUND * callers.len()) {
        let clients = callers.len();
        let mut work = JoinSet::new();
        for mut caller in callers.drain(..) {
            let first = usize::from(caller.number());
            let own: Vec<Operation> = round.iter().skip(first).step_by(clients).copied().collect();
            let (sent, progress) = (Arc::clone(sent), progress.clone());
            work.spawn(async move {
                let mut told = Vec::with_capacity(own.len());
                for operation in own {
                    sent.send_modify(|sent| *sent += 1);
                    told.extend(caller.carry_out(operation).await);
                    progress.one();
                }
                (caller, told)
            });
        }
        gather(work, callers, &mut history).await?;
    }
    Ok(history)
}

/// Asks again for everything whose outcome nobody knows, now that nothing goes wrong any more: it
/// must be answered.
///
/// # Errors
///
/// A client panicked.
pub(crate) async fn settle(
    plan: &Plan,
    callers: &mut Vec<Caller>,
    history: &mut Vec<Attempt>,
) -> anyhow::Result<Vec<Violation>> {
    // A journey is not gone on with where it broke off: only whoever made it knew how.
    let is_alone = |attempt: &&Attempt| plan.requests[attempt.request as usize].journey.is_none();
    let mut open: Vec<u32> = history.iter().filter(|a| a.is_unknown()).filter(is_alone).map(|a| a.request).collect();
    open.sort_unstable();
    open.dedup();
    let clients = callers.len();
    let mut work = JoinSet::new();
    for (number, mut caller) in callers.drain(..).enumerate() {
        let own: Vec<u32> = open.iter().skip(number).step_by(clients).copied().collect();
        work.spawn(async move {
            let mut told = Vec::new();
            for request in own {
                for node in 0..MOST_TRIES {
                    told.extend(caller.carry_out(Operation { request, steps: 1, node, again: 0 }).await);
                    if told.last().is_none_or(|attempt| !attempt.is_unknown()) {
                        break;
                    }
                }
            }
            (caller, told)
        });
    }
    let settled_from = history.len();
    gather(work, callers, history).await?;
    let mut answered: Vec<u32> =
        history[settled_from..].iter().filter(|a| !a.is_unknown()).map(|a| a.request).collect();
    answered.sort_unstable();
    let unanswered = open.iter().filter(|request| answered.binary_search(request).is_err());
    let violation = |request| Violation {
        checker: "progress",
        what: format!("request {request} was not answered in {MOST_TRIES} tries though nothing goes wrong any more"),
    };
    Ok(unanswered.map(violation).collect())
}

/// Waits for all clients.
async fn gather(
    mut work: JoinSet<(Caller, Vec<Attempt>)>,
    callers: &mut Vec<Caller>,
    history: &mut Vec<Attempt>,
) -> anyhow::Result<()> {
    while let Some(done) = work.join_next().await {
        let (caller, told) = done?;
        callers.push(caller);
        history.extend(told);
    }
    callers.sort_by_key(Caller::number);
    Ok(())
}
