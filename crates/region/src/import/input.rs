//! Reading: every line is parsed by itself and put where the checks will look for it.

use std::io::{self, BufRead, Read};

use super::{
    ImportError, Input, Progress, Result,
    ledger::{Ledger, Seq},
    small::Small,
    staging::{Appender, Staged, Staging},
};
use crate::{Line, LineFault, limits::LINE_BYTES, line::too_long, parse_line};

/// What the inputs held.
pub(super) struct Contents {
    /// Lines that are not empty.
    pub(super) lines: u64,
    /// Reference data.
    pub(super) small: Small,
    /// What else there is: it lies in the temporary file.
    pub(super) staged: Staged,
}

/// Lines between two reports of progress.
const REPORT_EVERY: u64 = 4096;

pub(super) fn read(
    staging: &Staging,
    inputs: Vec<Input>,
    ledger: &mut Ledger,
    progress: &mut dyn FnMut(Progress),
) -> Result<Contents> {
    let mut reading = Reading { small: Small::default(), appender: staging.appender()?, next: 0, lines: 0 };
    let mut bytes = 0;
    for input in inputs {
        ledger.begin_input(input.name.clone(), reading.next);
        let mut lines = Lines { reader: input.reader, buffer: Vec::new(), first: true };
        loop {
            let line = lines.next().map_err(|source| ImportError::Read { input: input.name.clone(), source })?;
            let Some(line) = line else { break };
            bytes += line.bytes;
            reading.line(line.text, ledger)?;
            if reading.next.is_multiple_of(REPORT_EVERY) {
                progress(Progress::Reading { lines: reading.next, bytes });
            }
        }
    }
    progress(Progress::Reading { lines: reading.next, bytes });
    Ok(Contents { lines: reading.lines, small: reading.small, staged: reading.appender.finish() })
}

struct Reading<'c> {
    small: Small,
    appender: Appender<'c>,
    next: Seq,
    lines: u64,
}

impl Reading<'_> {
    fn line(&mut self, text: std::result::Result<&[u8], LineFault>, ledger: &mut Ledger) -> Result<()> {
        let seq = self.next;
        self.next += 1;
        if text.as_ref().is_ok_and(|text| text.trim_ascii().is_empty()) {
            return Ok(());
        }
        self.lines += 1;
        match text.map_err(|fault| vec![fault]).and_then(parse) {
            Err(faults) => faults.into_iter().for_each(|fault| ledger.fault(seq, fault)),
            Ok((text, line)) => self.keep(seq, text, line, ledger)?,
        }
        Ok(())
    }

    fn keep(&mut self, seq: Seq, text: &str, line: Line, ledger: &mut Ledger) -> Result<()> {
        let Some(line) = self.small.keep(seq, line, ledger) else { return Ok(()) };
        if let Some(fault) = self.appender.append(seq, text, &line)? {
            ledger.fault(seq, fault);
        }
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> std::result::Result<(&str, Line), Vec<LineFault>> {
    let text = std::str::from_utf8(bytes).map_err(|_| vec![LineFault::of_line("not UTF-8")])?;
    Ok((text, parse_line(text)?))
}

/// The lines of an input, each at most [`LINE_BYTES`] long: of a longer one no more is held.
struct Lines {
    reader: Box<dyn BufRead>,
    buffer: Vec<u8>,
    first: bool,
}

struct RawLine<'b> {
    bytes: u64,
    text: std::result::Result<&'b [u8], LineFault>,
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Lines {
    fn next(&mut self) -> io::Result<Option<RawLine<'_>>> {
        self.buffer.clear();
        // Room for the mark, and for the line break, which is not the line's.
        let most = LINE_BYTES + BYTE_ORDER_MARK.len() + 2;
        let mut bytes = (&mut self.reader).take(most as u64).read_until(b'\n', &mut self.buffer)? as u64;
        if bytes == 0 {
            return Ok(None);
        }
        let ended = self.buffer.ends_with(b"\n");
        if !ended && self.buffer.len() == most {
            bytes += self.skip_rest()?;
            return Ok(Some(RawLine { bytes, text: Err(too_long()) }));
        }
        let mut text = self.buffer.as_slice();
        if std::mem::take(&mut self.first) {
            text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        }
        text = text.strip_suffix(b"\n").unwrap_or(text);
        text = text.strip_suffix(b"\r").unwrap_or(text);
        let text = if text.len() > LINE_BYTES { Err(too_long()) } else { Ok(text) };
        Ok(Some(RawLine { bytes, text }))
    }

    fn skip_rest(&mut self) -> io::Result<u64> {
        let mut skipped = 0;
        loop {
            self.buffer.clear();
            let bytes = (&mut self.reader).take(64 * 1024).read_until(b'\n', &mut self.buffer)?;
            skipped += bytes as u64;
            if bytes == 0 || self.buffer.ends_with(b"\n") {
                return Ok(skipped);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: Vec<u8>) -> Vec<std::result::Result<Vec<u8>, LineFault>> {
        let mut lines = Lines { reader: Box::new(io::Cursor::new(bytes)), buffer: Vec::new(), first: true };
        std::iter::from_fn(|| lines.next().unwrap().map(|line| line.text.map(<[u8]>::to_vec))).collect()
    }

    #[test]
    fn marks_and_line_breaks_are_no_part_of_a_line() {
        let got = lines("\u{feff}a\r\n\n\u{feff}b\nc".into());
        let expected = ["a", "", "\u{feff}b", "c"].map(|text| Ok(text.as_bytes().to_vec()));
        assert_eq!(got, expected);
    }

    #[test]
    fn a_line_of_the_greatest_length_is_read_and_a_longer_one_is_passed_over() {
        let longest = vec![b'x'; LINE_BYTES];
        for extra in [1, 4, 5, 200_000] {
            let longer = vec![b'y'; LINE_BYTES + extra];
            let input = [&longest[..], b"\n", &longer[..], b"\r\nz\n", &longer[..]].concat();
            let got = lines(input);
            assert_eq!(got.len(), 4);
            assert_eq!(got[0].as_ref().unwrap().len(), LINE_BYTES);
            assert_eq!(got[1], Err(too_long()));
            assert_eq!(got[2].as_ref().unwrap(), b"z");
            assert_eq!(got[3], Err(too_long()));
        }
    }
}
