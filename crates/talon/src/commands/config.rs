//! `talon config`: what is in force, and where it came from.

use crate::{
    cli::ServerArgs,
    failure::Outcome,
    output::say,
    settings::{Loaded, StoreUrl},
};

pub(crate) const EXAMPLES: &str = "\
The output is a settings file: each value is followed by where it came from. No setting holds a
secret; secrets are in the files that settings name.

Examples:
  talon config
  TALON_LISTEN=0.0.0.0:80 talon config --config /etc/talon.toml";

pub(crate) fn run(args: ServerArgs) -> Outcome {
    let Loaded { values, settings } = args.load()?;
    for (key, value) in values.iter() {
        let line = match StoreUrl::shown(&value.text).as_str() {
            "" => format!("# {} is not set", key.name),
            text => format!("{} = {}", key.name, toml::Value::from(text)),
        };
        say(&format!("{line:<44} # {} ({}): {}", value.origin, key.variable(), key.about))?;
    }
    for issuer in &settings.issuers {
        say(&format!("\n[[issuers]]\n{}", issuer_lines(issuer)))?;
    }
    for hook in &settings.webhooks.hooks {
        say(&format!("\n[[webhooks]]\n{}", webhook_lines(&hook.table)))?;
    }
    Ok(())
}

fn webhook_lines(table: &crate::settings::WebhookTable) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut lines = vec![format!("name = {}", quoted(&table.name)), format!("url = {}", quoted(&table.url))];
    lines.push(format!("secret_file = {}", quoted(&table.secret_file.display().to_string())));
    lines.extend(table.events.clone().map(|events| format!("events = {}", toml::Value::from(events))));
    lines.extend(table.authority.as_ref().map(|path| format!("authority = {}", quoted(&path.display().to_string()))));
    lines.join("\n")
}

fn issuer_lines(issuer: &crate::settings::IssuerTable) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut lines =
        vec![format!("name = {}", quoted(&issuer.name)), format!("audience = {}", quoted(&issuer.audience))];
    if let Some(channels) = &issuer.channels {
        lines.push(format!("channels = {}", toml::Value::from(channels.clone())));
    }
    for (key, path) in [("jwks", &issuer.jwks), ("shared_secret_file", &issuer.shared_secret_file)] {
        lines.extend(path.as_ref().map(|path| format!("{key} = {}", quoted(&path.display().to_string()))));
    }
    lines.join("\n")
}
