//! A message in the form in which it is handed over.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::{
    Address, Message as Mime,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use talon_domain::message::Message;

/// A letter: envelope and bytes.
#[derive(Clone)]
pub struct Letter {
    /// The message's key as a file may be called.
    pub name: String,
    /// Who sends it.
    pub from: Address,
    /// Who is to have it.
    pub to: Address,
    /// Headers and body.
    pub bytes: Vec<u8>,
}

/// What a letter says.
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) plain: String,
    pub(crate) html: String,
    /// A calendar entry, with its METHOD.
    pub(crate) calendar: Option<(&'static str, String)>,
}

/// The key of a message in one word: the same whenever and by whichever node it is sent.
pub(crate) fn key(message: &Message) -> String {
    format!("{}.{}.{}", message.entry, message.version, message.kind.code())
}

/// Puts a letter together. Its Message-ID is the message's key, so that of a letter that came twice mail programs show
/// one.
///
/// # Errors
///
/// A part that cannot stand in a letter; without anything of its text.
pub(crate) fn letter(
    message: &Message,
    from: &Mailbox,
    to: Address,
    language: &str,
    words: Words,
    now: Timestamp,
) -> Result<Letter, String> {
    let name = key(message);
    let kind = |kind: &str| ContentType::parse(kind).map_err(|error| error.to_string());
    let text =
        MultiPart::alternative().singlepart(SinglePart::plain(words.plain)).singlepart(SinglePart::html(words.html));
    let body = match words.calendar {
        None => text,
        Some((method, calendar)) => {
            let kind = kind(&format!("text/calendar; method={method}; charset=utf-8"))?;
            MultiPart::mixed().multipart(text).singlepart(Attachment::new("visit.ics".to_owned()).body(calendar, kind))
        }
    };
    let header =
        |name: &'static str, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    let letter = Mime::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(words.subject)
        .date(sent(now))
        .message_id(Some(format!("<{name}@{}>", from.email.domain())))
        // Whoever is away must not answer a program (RFC 3834).
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("Content-Language", language))
        .multipart(body)
        .map_err(|error| error.to_string())?;
    Ok(Letter { name, from: from.email.clone(), to, bytes: letter.formatted() })
}

/// An instant as the standard library has it. None before 1970 is ever asked for.
fn sent(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0))
}

#[cfg(test)]
impl Letter {
    /// Some bytes, for couriers.
    pub(crate) fn of_bytes(name: &str, bytes: &[u8]) -> Self {
        let address: Address = "a@example.ru".parse().unwrap();
        Self { name: name.to_owned(), from: address.clone(), to: address, bytes: bytes.to_vec() }
    }
}
