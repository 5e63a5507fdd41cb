//! A file of an exchange: what it needs, the request, the answer.

use std::{collections::BTreeMap, fs, path::PathBuf};

use jiff::SignedDuration;

/// Divides the request from the answer.
const DIVIDER: &str = "\n----\n";

/// An exchange, as its file has it.
pub(crate) struct Exchange {
    /// The file's name without its ending.
    pub(crate) name: String,
    /// The lines before the request, each beginning with `#`.
    pub(crate) notes: String,
    /// The exchange that happens before this one.
    pub(crate) before: Option<String>,
    /// How much later it happens than the one before.
    pub(crate) later: SignedDuration,
    /// What is particular about the server, as `key` or `key=value`.
    pub(crate) server: Vec<String>,
    /// Request line and headers, with placeholders.
    pub(crate) request_head: String,
    /// The request's body, with placeholders.
    pub(crate) request_body: String,
    /// The answer: status line and headers without `date`, an empty line, the body.
    pub(crate) answer: String,
}

/// Every exchange, by name.
pub(crate) fn all() -> BTreeMap<String, Exchange> {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "http"));
    files
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name.clone(), parse(name, &fs::read_to_string(path).unwrap()))
        })
        .collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/contract/iemk/golden")
}

fn parse(name: String, text: &str) -> Exchange {
    let notes_end = text.lines().take_while(|line| line.starts_with('#')).map(|line| line.len() + 1).sum();
    let (notes, rest) = text.split_at(notes_end);
    let (request, answer) = rest.split_once(DIVIDER).unwrap_or_else(|| panic!("{name}: no divider"));
    let (request_head, request_body) = request.split_once("\n\n").unwrap_or((request.trim_end(), ""));
    let note = |key: &str| {
        let line = notes.lines().find_map(|line| line.strip_prefix("# ")?.strip_prefix(key)?.strip_prefix(": "));
        line.map(str::to_owned)
    };
    let server = note("server").unwrap_or_default();
    Exchange {
        before: note("before"),
        later: note("later").map(|later| later.parse().unwrap()).unwrap_or_default(),
        server: server.split(", ").filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        notes: notes.to_owned(),
        request_head: request_head.to_owned(),
        request_body: request_body.to_owned(),
        answer: answer.strip_suffix('\n').unwrap_or(answer).to_owned(),
        name,
    }
}

impl Exchange {
    /// Writes the file again with another answer.
    pub(crate) fn rewrite(&self, answer: &str) {
        let Self { notes, request_head, request_body, .. } = self;
        let text = format!("{notes}{request_head}\n\n{request_body}{DIVIDER}{answer}\n");
        fs::write(folder().join(format!("{}.http", self.name)), text).unwrap();
    }

    /// The body of the answer.
    pub(crate) fn answer_body(&self) -> &str {
        self.answer.split_once("\n\n").map_or("", |(_, body)| body)
    }

    /// The bytes of the request. `fill` gives what stands for a placeholder.
    pub(crate) fn request(&self, fill: impl Fn(&str) -> String) -> Vec<u8> {
        let body = filled(&self.request_body, &fill);
        let length = body.len().to_string();
        let head = filled(&self.request_head, |name| if name == "length" { length.clone() } else { fill(name) });
        format!("{}\r\n\r\n{body}", head.replace('\n', "\r\n")).into_bytes()
    }
}

fn filled(text: &str, fill: impl Fn(&str) -> String) -> String {
    let mut parts = text.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, after) = part.split_once("}}").unwrap();
        filled.push_str(&fill(name));
        filled.push_str(after);
    }
    filled
}
