//! Of lines with one key the last counts.
//!
//! Sorting every key to find the few that repeat would cost more than all else. So keys are hashed,
//! eight bytes a line; only lines whose hash repeats are looked at again, by their keys.

use std::hash::{BuildHasher, RandomState};

use rusqlite::{Connection, params};
use talon_store::Kind;

use super::{
    Result,
    ledger::{Ledger, Seq},
    staging::{Staged, blob_at, pair, per_kind, seq_at},
};

/// Lines hashed at a time: 64 MB of hashes.
const AT_A_TIME: u64 = 8_000_000;

/// Marks the lines of a kind that later ones replace.
pub(super) fn mark(connection: &Connection, kind: Kind, staged: &Staged, ledger: &mut Ledger) -> Result<()> {
    mark_in_turns(connection, kind, staged, ledger, AT_A_TIME)
}

fn mark_in_turns(
    connection: &Connection,
    kind: Kind,
    staged: &Staged,
    ledger: &mut Ledger,
    at_a_time: u64,
) -> Result<()> {
    let count = staged.count(kind);
    let keys = Keys { connection, kind, staged, state: RandomState::new() };
    let turns = count.div_ceil(at_a_time);
    for turn in 0..turns {
        let repeated = keys.repeated_hashes(turn, turns, count)?;
        if !repeated.is_empty() {
            keys.suspect(&repeated)?;
            mark_suspects(connection, ledger)?;
        }
    }
    Ok(())
}

struct Keys<'a> {
    connection: &'a Connection,
    kind: Kind,
    staged: &'a Staged,
    state: RandomState,
}

impl Keys<'_> {
    /// The hashes that more than one line of this turn has, in order.
    fn repeated_hashes(&self, turn: u64, turns: u64, count: u64) -> Result<Vec<u64>> {
        let expected = usize::try_from(count / turns + count / turns / 16 + 1).unwrap_or(0);
        let mut hashes = Vec::with_capacity(expected);
        self.scan(&mut |_, key| {
            let hash = self.state.hash_one(key);
            if hash % turns == turn {
                hashes.push(hash);
            }
            Ok(())
        })?;
        hashes.sort_unstable();
        let mut repeated: Vec<u64> = hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        repeated.dedup();
        Ok(repeated)
    }

    /// Sets lines aside whose hashes repeat.
    fn suspect(&self, repeated: &[u64]) -> Result<()> {
        self.connection.execute("DELETE FROM suspect", [])?;
        let mut insert = self.connection.prepare("INSERT INTO suspect (key, seq) VALUES (?, ?)")?;
        self.scan(&mut |seq, key| {
            if repeated.binary_search(&self.state.hash_one(key)).is_ok() {
                insert.execute(params![key, seq.cast_signed()])?;
            }
            Ok(())
        })
    }

    fn scan(&self, each: &mut dyn FnMut(Seq, &[u8]) -> Result<()>) -> Result<()> {
        if self.kind == Kind::Slot {
            return self.scan_slots(each);
        }
        let mut statement = self.connection.prepare(per_kind!(self.kind, "SELECT seq, key FROM ", ""))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(seq_at(row, 0)?, blob_at(row, 1)?)?;
        }
        Ok(())
    }

    fn scan_slots(&self, each: &mut dyn FnMut(Seq, &[u8]) -> Result<()>) -> Result<()> {
        let mut statement = self.connection.prepare("SELECT seq, resource, guid FROM slot")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let resource = self.staged.resource_at(row, 1)?;
            each(seq_at(row, 0)?, &pair(resource.facility, &row.get(2)?))?;
        }
        Ok(())
    }
}

fn mark_suspects(connection: &Connection, ledger: &mut Ledger) -> Result<()> {
    let mut statement = connection.prepare("SELECT key, seq FROM suspect ORDER BY key, seq DESC")?;
    let mut rows = statement.query([])?;
    let mut last = Vec::new();
    while let Some(row) = rows.next()? {
        let key = blob_at(row, 0)?;
        if last == key {
            ledger.replace(seq_at(row, 1)?);
        } else {
            last = key.to_vec();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::staging::Staging, *};
    use crate::parse_line;

    #[test]
    fn the_last_of_each_key_stays_in_however_many_turns() {
        for at_a_time in [1000, 7, 1] {
            let staging = Staging::create().unwrap();
            let mut appender = staging.appender().unwrap();
            for line in 0..60u64 {
                let text = format!(
                    r#"{{"type":"counter","facility":"00000000000040008000000000000001","day":"2026-04-{:02}","last":1}}"#,
                    line % 25 + 1
                );
                appender.append(line, &text, &parse_line(&text).unwrap()).unwrap();
            }
            let mut ledger = Ledger::default();
            let staged = appender.finish();
            mark_in_turns(staging.connection(), Kind::Counter, &staged, &mut ledger, at_a_time).unwrap();
            let stay: Vec<u64> = (0..60).filter(|line| !ledger.is_replaced(*line)).collect();
            assert_eq!(stay, (35..60).collect::<Vec<u64>>());
        }
    }
}
