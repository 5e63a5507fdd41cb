//! The list of settings: one row each, from which the file's keys, the variables, the options and
//! `talon config` all follow.

/// A setting.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name in the file; a dot is a table.
    pub(crate) name: &'static str,
    /// What holds when nobody says anything; empty where nothing does.
    pub(crate) default: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
}

impl Key {
    /// The variable that sets it: `limits.queue` is `TALON_LIMITS_QUEUE`.
    pub(crate) fn variable(&self) -> String {
        format!("TALON_{}", self.name.replace('.', "_").to_uppercase())
    }
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default, about }
}

/// Every setting, in the order in which they are shown.
pub(crate) const KEYS: &[Key] = &[
    key("listen", "127.0.0.1:8080", "address that requests are taken on"),
    key("metrics", "", "address of GET /metrics; off when empty"),
    key(
        "trusted_proxies",
        "",
        "proxies that are believed on whose request they pass on: addresses and networks, as 10.0.0.0/8, 192.0.2.7",
    ),
    key("proxy_header", "x-forwarded-for", "header in which they say it: x-forwarded-for or forwarded"),
    key("base_path", "", "path before /iemk and /auth, as /portal; booking is answered under /api/v2 as well"),
    key("store", "sqlite:talon.db", "where the data is kept: sqlite:PATH or postgres://USER@HOST:5432/DATABASE"),
    key("keys", "", "JWKS file with the portal's public keys; needs tokens.issuer and tokens.audience"),
    key("tokens.issuer", "", "iss of the tokens that keys may sign"),
    key("tokens.audience", "", "aud of the tokens that keys may sign"),
    key("tokens.cache", "100000", "how many verified tokens are remembered"),
    key("signing_key", "", "the installation's own key; beside the store when empty, made when missing"),
    key(
        "contact_keys",
        "",
        "file of the keys that e-mails and telephones are sealed by; made beside the embedded store when empty, none: as they are",
    ),
    key("token_endpoint", "false", "whether GET /auth/rpgu/token exists"),
    key(
        "public_url",
        "",
        "where patients reach this installation, as https://zapis.example.ru; links on tickets begin with it",
    ),
    key("token_ttl", "15m", "how long a token of the installation's own is valid"),
    key(
        "audit_reads",
        "true",
        "false: nobody can tell afterwards who read a person's data; for measurements, not for production",
    ),
    key("node", "", "name of this node in the audit; the host's when empty, different on each node"),
    key(
        "audit.checkpoints",
        "",
        "file that signed checkpoints of the audit are appended to; beside the store or the signing key when empty",
    ),
    key("audit.checkpoint_every", "1m", "time after which what was sealed since is signed"),
    key("audit.checkpoint_records", "1000", "records after which it is signed earlier"),
    key(
        "audit.keep_reads",
        "1095",
        "days that records of reads are kept at least; then `talon audit close` may take them",
    ),
    key("audit.keep_changes", "1825", "the same of all other records"),
    key("publish_every", "1h", "how often templates are expanded into slots while serving"),
    key("hold_time", "5m", "how long a time is held for a patient who is about to book it"),
    key("hold_extensions", "2", "how often a hold may be extended by as much"),
    key("holds_per_person", "2", "times that one person may hold at once"),
    key(
        "cancel_cutoff",
        "0",
        "how long before it begins patients may still cancel or move an appointment by themselves",
    ),
    key("offer_time", "2h", "how long a free time stands offered to one who waits for it; counted from 08:00 to 21:00"),
    key("service_deadlines", "", "days within which those who wait are promised an offer, as 2=14, 7=30, *=60"),
    key(
        "mail.smtp",
        "",
        "relay that takes the letters to patients: smtps://HOST:465, smtp://HOST:587 (STARTTLS) or smtp-plain://127.0.0.1",
    ),
    key("mail.folder", "", "folder that letters are written into as .eml files instead; with neither nothing is sent"),
    key(
        "mail.from",
        "",
        "who sends the letters, as noreply@zapis.example.ru or Регистратура <noreply@zapis.example.ru>",
    ),
    key("mail.user", "", "name by which the relay lets us in"),
    key("mail.password_file", "", "file with the password, its owner's alone"),
    key("mail.authority", "", "certificates (PEM) by which the relay is believed, beside the system's"),
    key("mail.language", "ru", "language of the letters: ru or en"),
    key("mail.texts", "", "folder with wording of your own: ru.ftl, en.ftl, letter.txt, letter.html"),
    key(
        "mail.remind_at",
        "18:00",
        "when patients are reminded of tomorrow and of next week, by their facility's clocks; never when empty",
    ),
    key("mail.senders", "4", "letters that one node sends at once"),
    key("mail.patience", "60s", "how long the relay may take with one letter"),
    key("mail.keep_days", "90", "days for which it is kept what became of a message"),
    key(
        "webhook.networks",
        "",
        "networks of your own that webhooks may go to, as 10.1.0.0/16: without it to the internet alone, and by https",
    ),
    key("webhook.senders", "4", "events that one node sends to one receiver at once"),
    key("webhook.patience", "15s", "how long a receiver may take with one event"),
    key("webhook.give_up", "72h", "how long an event is tried"),
    key("webhook.keep_days", "30", "days for which it is kept what became of an event, and it can be replayed"),
    key("log.level", "info", "what is logged: error, warn, info, debug, trace, or directives as talon_app=debug"),
    key("log.format", "auto", "json, text, or auto: text on a terminal, json elsewhere"),
    key("limits.connections", "10000", "connections at once; more wait in the system's backlog"),
    key("limits.header_timeout", "10s", "time for a request's headers, from their first byte"),
    key("limits.body_timeout", "10s", "time for a request's body"),
    key("limits.idle_timeout", "75s", "time that a connection may stay without a request"),
    key("limits.drain", "10s", "time that requests have to finish when the server stops"),
    key("limits.queue", "1024", "writes that may wait, and audit records of reads; more are answered with 503"),
    key("limits.readers", "4", "connections of the store that read"),
    key("limits.person_burst", "60", "requests that one person may make at once"),
    key("limits.person_rate", "5", "requests a second that one person may make after that"),
    key(
        "limits.cancellations",
        "10",
        "visits of one specialty that a patient may cancel by themselves before they pause; 0 for any number",
    ),
    key(
        "limits.cancellations_within",
        "24h",
        "from the first of them on; until then they book no other of that specialty by themselves",
    ),
    key("limits.client_burst", "1000", "requests that one client application may make at once, for whomever"),
    key(
        "limits.client_rate",
        "0",
        "requests a second that one client application may make after that; 0 does not limit",
    ),
    key("limits.address_burst", "1000", "requests that may come from one address at once"),
    key("limits.address_rate", "0", "requests a second that may come from one address after that; 0 does not limit"),
    key("limits.client_tokens", "600", "tokens a minute that one client application may ask for"),
];

/// The setting of a name.
pub(crate) fn named(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// "; did you mean `x`?" for a word that is close to one of these, else nothing.
pub(crate) fn suggest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = known.map(|name| (strsim::damerau_levenshtein(word, name), name)).min();
    match nearest {
        Some((distance, name)) if distance <= 2 + word.len() / 5 => format!("; did you mean {name}?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_settings_share_a_variable() {
        let mut variables: Vec<_> = KEYS.iter().map(Key::variable).collect();
        variables.sort_unstable();
        variables.dedup();
        assert_eq!(variables.len(), KEYS.len());
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let names = || KEYS.iter().map(|key| key.name);
        assert_eq!(suggest("limits.que", names()), "; did you mean limits.queue?");
        assert_eq!(suggest("frobnicate_everything", names()), "");
    }
}
