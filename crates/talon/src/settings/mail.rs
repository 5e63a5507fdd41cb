//! Settings of messages to patients.

use std::path::PathBuf;

use jiff::{SignedDuration, civil::Time};
use talon_jobs::RelayAddress;
use talon_ticket::Language;

use super::{SettingsError, Values, parse::Field};

/// Everything about messages.
#[derive(Clone, Debug)]
pub(crate) struct MailSettings {
    /// Who takes the letters; `None` when messages are kept and nobody sends them.
    pub(crate) way: Option<MailWay>,
    pub(crate) from: String,
    pub(crate) language: Language,
    pub(crate) texts: Option<PathBuf>,
    pub(crate) remind_at: Option<Time>,
    pub(crate) senders: u32,
    pub(crate) patience: std::time::Duration,
    pub(crate) keep: SignedDuration,
}

/// Where letters go.
#[derive(Clone, Debug)]
pub(crate) enum MailWay {
    /// To a relay.
    Relay {
        /// Where it is.
        address: RelayAddress,
        /// As whom we come.
        user: Option<String>,
        /// File with the password.
        password_file: Option<PathBuf>,
        /// Certificates that are believed beside the system's.
        authority: Option<PathBuf>,
    },
    /// Into a folder.
    Folder(PathBuf),
}

impl MailSettings {
    pub(super) fn read(values: &Values) -> Result<Self, SettingsError> {
        let field = |name| values.get(name).map(|value| Field { name, value });
        let way = match (field("mail.smtp")?.optional()?, field("mail.folder")?.path()) {
            (Some(_), Some(_)) => {
                let what = "mail.smtp is set as well: letters go to one of them".to_owned();
                return Err(SettingsError::new("mail.folder", what));
            }
            (None, folder) => folder.map(MailWay::Folder),
            (Some(address), None) => Some(MailWay::Relay {
                address,
                user: field("mail.user")?.text(),
                password_file: field("mail.password_file")?.path(),
                authority: field("mail.authority")?.path(),
            }),
        };
        let from = field("mail.from")?;
        if way.is_some() && from.value.text.is_empty() {
            return Err(from.fault("who sends the letters is needed, as noreply@zapis.example.ru"));
        }
        let language = field("mail.language")?;
        let remind_at = field("mail.remind_at")?;
        Ok(Self {
            way,
            from: from.value.text.clone(),
            language: Language::of_code(&language.value.text).ok_or_else(|| language.fault("ru or en is needed"))?,
            texts: field("mail.texts")?.path(),
            remind_at: match remind_at.value.text.as_str() {
                "" => None,
                text => Some(text.parse().map_err(|_| remind_at.fault("a time such as 18:00 is needed, or nothing"))?),
            },
            senders: field("mail.senders")?.count(64)?,
            patience: field("mail.patience")?.duration()?,
            keep: SignedDuration::from_hours(24 * i64::from(field("mail.keep_days")?.count(3650)?)),
        })
    }
}
