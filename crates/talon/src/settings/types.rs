//! Settings in types.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use jiff::SignedDuration;
use talon_app::Deadlines;
use talon_domain::{
    booking::{ChurnTerms, HoldTerms},
    node::NodeName,
    resource::SpecialtyCode,
    waiting::OfferTerms,
};
use talon_iemk::{Base, Network, Proxies};

use super::{
    IssuerTable, MailSettings, SettingsError, StoreUrl, Values, WebhookTable, parse::Field, webhooks::WebhookSettings,
};

/// Everything an operator chooses.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) proxies: Proxies,
    pub(crate) base_path: Base,
    pub(crate) store: StoreUrl,
    pub(crate) portal: Option<PortalKeys>,
    pub(crate) issuers: Vec<IssuerTable>,
    pub(crate) token_cache: usize,
    pub(crate) signing_key: PathBuf,
    pub(crate) contact_keys: Option<PathBuf>,
    pub(crate) token_endpoint: bool,
    pub(crate) public_url: Option<String>,
    pub(crate) token_ttl: Duration,
    pub(crate) audit_reads: bool,
    pub(crate) node: NodeName,
    pub(crate) audit: AuditSettings,
    pub(crate) publish_every: Duration,
    pub(crate) holds: HoldTerms,
    pub(crate) cancel_cutoff: Duration,
    pub(crate) offers: OfferTerms,
    pub(crate) deadlines: Deadlines,
    pub(crate) mail: MailSettings,
    pub(crate) webhooks: WebhookSettings,
    pub(crate) log_level: String,
    pub(crate) log_format: LogFormat,
    pub(crate) limits: Limits,
}

/// The short form of one issuer: `keys` with `tokens.issuer` and `tokens.audience`.
#[derive(Clone, Debug)]
pub(crate) struct PortalKeys {
    pub(crate) jwks: PathBuf,
    pub(crate) issuer: String,
    pub(crate) audience: String,
}

/// What becomes of the audit's records.
#[derive(Clone, Debug)]
pub(crate) struct AuditSettings {
    pub(crate) checkpoints: PathBuf,
    pub(crate) every: Duration,
    pub(crate) records: u64,
    /// Days.
    pub(crate) keep_reads: u32,
    /// Days.
    pub(crate) keep_changes: u32,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// For eyes.
    Text,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err("json, text or auto is needed"),
        }
    }
}

/// Bounds on what one server takes on.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) connections: u32,
    pub(crate) header_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) drain: Duration,
    pub(crate) queue: usize,
    pub(crate) readers: usize,
    pub(crate) person_burst: u32,
    pub(crate) person_rate: u32,
    pub(crate) churn: ChurnTerms,
    pub(crate) client_burst: u32,
    pub(crate) client_rate: u32,
    pub(crate) address_burst: u32,
    pub(crate) address_rate: u32,
    pub(crate) client_tokens: u32,
}

impl Settings {
    /// Reads every value.
    ///
    /// # Errors
    ///
    /// Names the first setting that cannot be used, its value and who set it.
    pub(crate) fn read(
        values: &Values,
        issuers: Vec<IssuerTable>,
        webhooks: Vec<WebhookTable>,
    ) -> Result<Self, SettingsError> {
        let field = |name| values.get(name).map(|value| Field { name, value });
        let store: StoreUrl = field("store")?.parse()?;
        let signing_key = field("signing_key")?.path().unwrap_or_else(|| store.key_path());
        let checkpoints = field("audit.checkpoints")?.path();
        Ok(Self {
            listen: field("listen")?.parse()?,
            metrics: field("metrics")?.optional()?,
            proxies: Proxies {
                networks: networks(&field("trusted_proxies")?)?,
                header: field("proxy_header")?.parse()?,
            },
            base_path: base_path(&field("base_path")?)?,
            portal: portal_keys(values)?,
            issuers: issuers.into_iter().map(checked_issuer).collect::<Result<_, _>>()?,
            token_cache: field("tokens.cache")?.count(10_000_000)? as usize,
            contact_keys: contact_keys(&field("contact_keys")?, &store),
            token_endpoint: field("token_endpoint")?.parse()?,
            public_url: field("public_url")?.public_url()?,
            token_ttl: field("token_ttl")?.duration()?,
            audit_reads: field("audit_reads")?.parse()?,
            node: node(&field("node")?)?,
            audit: AuditSettings {
                checkpoints: checkpoints.unwrap_or_else(|| store.checkpoints_path(&signing_key)),
                every: field("audit.checkpoint_every")?.duration()?,
                records: field("audit.checkpoint_records")?.count(1_000_000)?.into(),
                keep_reads: field("audit.keep_reads")?.count(36_600)?,
                keep_changes: field("audit.keep_changes")?.count(36_600)?,
            },
            signing_key,
            store,
            publish_every: field("publish_every")?.duration()?,
            holds: HoldTerms {
                time: span(field("hold_time")?.duration()?),
                extensions: field("hold_extensions")?.number(1000)?,
                per_person: field("holds_per_person")?.number(1000)?,
            },
            cancel_cutoff: field("cancel_cutoff")?.duration_or_none()?,
            offers: OfferTerms { time: span(field("offer_time")?.duration()?) },
            deadlines: deadlines(&field("service_deadlines")?)?,
            mail: MailSettings::read(values)?,
            webhooks: WebhookSettings::read(values, webhooks)?,
            log_level: log_level(&field("log.level")?)?,
            log_format: field("log.format")?.parse()?,
            limits: Limits {
                connections: field("limits.connections")?.count(1_000_000)?,
                header_timeout: field("limits.header_timeout")?.duration()?,
                body_timeout: field("limits.body_timeout")?.duration()?,
                idle_timeout: field("limits.idle_timeout")?.duration()?,
                drain: field("limits.drain")?.duration()?,
                queue: field("limits.queue")?.count(1_000_000)? as usize,
                readers: field("limits.readers")?.count(256)? as usize,
                person_burst: field("limits.person_burst")?.count(1_000_000)?,
                person_rate: field("limits.person_rate")?.count(1_000_000)?,
                churn: ChurnTerms {
                    most: field("limits.cancellations")?.number(10_000)?,
                    within: span(field("limits.cancellations_within")?.duration()?),
                },
                client_burst: field("limits.client_burst")?.count(1_000_000)?,
                client_rate: field("limits.client_rate")?.number(1_000_000)?,
                address_burst: field("limits.address_burst")?.count(1_000_000)?,
                address_rate: field("limits.address_rate")?.number(1_000_000)?,
                client_tokens: field("limits.client_tokens")?.count(1_000_000)?,
            },
        })
    }
}

/// A time span as the domain has it. Settings are at most a year long, which always fits.
fn span(span: Duration) -> SignedDuration {
    SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
}

/// The name given, or the host's.
fn node(field: &Field<'_>) -> Result<NodeName, SettingsError> {
    if !field.value.text.is_empty() {
        return field.parse();
    }
    let host = rustix::system::uname();
    let name = host.nodename().to_str().ok().and_then(NodeName::of_host);
    name.ok_or_else(|| field.fault("the host has no name that would do; name the node, as zapis-1"))
}

/// Pairs as `CODE=DAYS`, with `*` for every other specialty.
fn deadlines(field: &Field<'_>) -> Result<Deadlines, SettingsError> {
    let mut deadlines = Deadlines::default();
    for pair in field.value.text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let read = pair.split_once('=').map(|(code, days)| (code.trim(), days.trim().parse::<u16>()));
        let Some((code, Ok(days))) = read.filter(|(code, _)| !code.is_empty()) else {
            return Err(field.fault("pairs of a specialty's code (or *) and days are needed, as 2=14, *=60"));
        };
        match code {
            "*" => deadlines.others = Some(days),
            code => drop(deadlines.by_specialty.insert(SpecialtyCode(code.to_owned()), days)),
        }
    }
    Ok(deadlines)
}

fn portal_keys(values: &Values) -> Result<Option<PortalKeys>, SettingsError> {
    let text = |name| values.get(name).map(|value| Field { name, value }.text());
    let Some(jwks) = text("keys")?.map(PathBuf::from) else { return Ok(None) };
    match (text("tokens.issuer")?, text("tokens.audience")?) {
        (Some(issuer), Some(audience)) => Ok(Some(PortalKeys { jwks, issuer, audience })),
        _ => {
            let what = "set TALON_TOKENS_ISSUER and TALON_TOKENS_AUDIENCE as well (tokens.issuer and tokens.audience \
                        in the file): keys are believed for one issuer and one audience only";
            Err(SettingsError::new("keys", what.to_owned()))
        }
    }
}

fn checked_issuer(issuer: IssuerTable) -> Result<IssuerTable, SettingsError> {
    let fault = |what: String| Err(SettingsError::new(&format!("issuers {:?}", issuer.name), what));
    if issuer.jwks.is_some() == issuer.shared_secret_file.is_some() {
        return fault("either jwks or shared_secret_file is needed, and not both".to_owned());
    }
    if issuer.name.is_empty() || issuer.audience.is_empty() {
        return fault("name and audience must not be empty".to_owned());
    }
    for channel in issuer.channels.iter().flatten() {
        if talon_domain::access::Channel::from_code(channel).is_none() {
            return fault(format!("there is no channel {channel:?}"));
        }
    }
    Ok(issuer)
}

/// A database has no place beside it: there a file is named, the same for every node.
fn contact_keys(field: &Field<'_>, store: &StoreUrl) -> Option<PathBuf> {
    if field.value.text == "none" { None } else { field.path().or_else(|| store.contact_keys_path()) }
}

/// Networks with commas between them.
pub(super) fn networks(field: &Field<'_>) -> Result<Vec<Network>, SettingsError> {
    let texts = field.value.text.split(',').map(str::trim).filter(|text| !text.is_empty());
    texts.map(|text| text.parse().map_err(|error| field.fault(error))).collect()
}

fn base_path(field: &Field<'_>) -> Result<Base, SettingsError> {
    Base::parse(&field.value.text).map_err(|error| field.fault(error))
}

fn log_level(field: &Field<'_>) -> Result<String, SettingsError> {
    match field.value.text.parse::<tracing_subscriber::EnvFilter>() {
        Ok(_) => Ok(field.value.text.clone()),
        Err(_) => Err(field.fault("error, warn, info, debug or trace is needed")),
    }
}
