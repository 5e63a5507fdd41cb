//! The wording: phrases of a language (Fluent) and the layout of a letter (Jinja), each replaceable by a file of the
//! installation's own.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value,
    value::{Kwargs, Serde},
};
use serde::Serialize;
use talon_ticket::Language;
use unic_langid::LanguageIdentifier;

const PLAIN: &str = "letter.txt";
const HTML: &str = "letter.html";

/// What is wrong with the wording.
#[derive(Debug, thiserror::Error)]
pub enum TextsError {
    /// A file cannot be read.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    Unreadable(PathBuf, std::io::Error),
    /// A file is not what it should be.
    #[error("{0}: {1}")]
    Faulty(String, String),
    /// A letter cannot be made of it.
    #[error("a letter {0:?} cannot be made: {1}")]
    Letter(String, String),
}

type Phrases = FluentBundle<FluentResource>;

/// The wording of one language.
pub struct Texts {
    language: Language,
    phrases: Arc<Phrases>,
    layouts: Environment<'static>,
}

impl Texts {
    /// The wording that comes with the program, with what the folder has of its own: phrases of `ru.ftl` or `en.ftl`
    /// one by one, `letter.txt` and `letter.html` as a whole.
    ///
    /// # Errors
    ///
    /// [`TextsError`]
    pub fn load(language: Language, folder: Option<&Path>) -> Result<Self, TextsError> {
        let built_in = match language {
            Language::Russian => include_str!("../texts/ru.ftl"),
            Language::English => include_str!("../texts/en.ftl"),
        };
        let file = format!("{}.ftl", language.code());
        let tag: LanguageIdentifier = language.code().parse().unwrap_or_default();
        let mut phrases = FluentBundle::new_concurrent(vec![tag]);
        // Marks of direction around what is put in would show as boxes in a subject.
        phrases.set_use_isolating(false);
        phrases.add_resource_overriding(resource(&file, built_in.to_owned())?);
        if let Some(own) = own(folder, &file)? {
            phrases.add_resource_overriding(resource(&file, own)?);
        }
        let phrases = Arc::new(phrases);
        let mut layouts = Environment::empty();
        layouts.set_undefined_behavior(UndefinedBehavior::Strict);
        layouts.set_auto_escape_callback(|name| match name {
            HTML => AutoEscape::Html,
            _ => AutoEscape::None,
        });
        for (name, built_in) in
            [(PLAIN, include_str!("../texts/letter.txt")), (HTML, include_str!("../texts/letter.html"))]
        {
            let text = own(folder, name)?.unwrap_or_else(|| built_in.to_owned());
            let faulty = |error: Error| TextsError::Faulty(name.to_owned(), error.to_string());
            layouts.add_template_owned(name, text).map_err(faulty)?;
        }
        let known = Arc::clone(&phrases);
        layouts.add_function("t", move |key: String, values: Kwargs| {
            let mut said = FluentArgs::new();
            for name in values.args() {
                said.set(name.to_owned(), values.get::<&str>(name)?.to_owned());
            }
            say(&known, &key, &said).map_err(|what| Error::new(ErrorKind::InvalidOperation, what))
        });
        Ok(Self { language, phrases, layouts })
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// A phrase with its values.
    ///
    /// # Errors
    ///
    /// It is missing, or wants a value that it is not given.
    pub(crate) fn say(&self, key: &str, values: &[(&'static str, &str)]) -> Result<String, String> {
        let mut said = FluentArgs::new();
        for (name, value) in values {
            said.set(*name, (*value).to_owned());
        }
        say(&self.phrases, key, &said)
    }

    /// A phrase that counts.
    ///
    /// # Errors
    ///
    /// As for [`Texts::say`].
    pub(crate) fn count(&self, key: &str, count: usize) -> Result<String, String> {
        let mut said = FluentArgs::new();
        said.set("count", FluentValue::from(count));
        say(&self.phrases, key, &said)
    }

    /// A letter's text, plain and as HTML.
    ///
    /// # Errors
    ///
    /// What its layout wants and is not given.
    pub(crate) fn lay_out(&self, content: impl Serialize) -> Result<(String, String), String> {
        let content = Value::from(Serde(content));
        let render = |name: &str| -> Result<String, Error> { self.layouts.get_template(name)?.render(content.clone()) };
        let both = render(PLAIN).and_then(|plain| Ok((plain, render(HTML)?)));
        both.map_err(|error| error.to_string())
    }
}

fn say(phrases: &Phrases, key: &str, values: &FluentArgs<'_>) -> Result<String, String> {
    let pattern = phrases.get_message(key).and_then(|message| message.value());
    let pattern = pattern.ok_or_else(|| format!("there is no phrase {key}"))?;
    let mut faults = Vec::new();
    let said = phrases.format_pattern(pattern, Some(values), &mut faults).into_owned();
    match faults.first() {
        None => Ok(said),
        Some(fault) => Err(format!("phrase {key}: {fault}")),
    }
}

fn resource(file: &str, text: String) -> Result<FluentResource, TextsError> {
    FluentResource::try_new(text).map_err(|(_, faults)| {
        let faults = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        TextsError::Faulty(file.to_owned(), faults)
    })
}

fn own(folder: Option<&Path>, file: &str) -> Result<Option<String>, TextsError> {
    let Some(path) = folder.map(|folder| folder.join(file)) else { return Ok(None) };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TextsError::Unreadable(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn russian_counts_as_russians_do() {
        let texts = Texts::load(Language::Russian, None).unwrap();
        let said = |count| texts.count("heading-reminder", count).unwrap();
        assert_eq!(said(1), "Напоминаем, что вы записаны на приём");
        assert!(said(3).ends_with("3 приёма") && said(5).ends_with("5 приёмов") && said(21).ends_with("21 приём"));
    }

    #[test]
    fn both_languages_have_the_same_phrases() {
        let keys = |text: &str| {
            let keys = text.lines().filter_map(|line| line.split_once(" = ").map(|(key, _)| key.to_owned()));
            keys.filter(|key| !key.starts_with(' ')).collect::<Vec<_>>()
        };
        let (russian, english) = (keys(include_str!("../texts/ru.ftl")), keys(include_str!("../texts/en.ftl")));
        assert!(russian.len() > 20);
        assert_eq!(russian, english);
    }

    #[test]
    fn an_installation_words_what_it_likes_and_is_told_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("ru.ftl", "bring = Возьмите карту.\n");
        let texts = Texts::load(Language::Russian, Some(folder.path())).unwrap();
        assert_eq!(texts.say("bring", &[]).unwrap(), "Возьмите карту.");
        assert_eq!(texts.say("others", &[]).unwrap(), "Другие приёмы в этот день", "the rest stays");
        assert!(texts.say("nothing", &[]).is_err());
        write("ru.ftl", "bring = Возьмите { $missing }\n");
        let texts = Texts::load(Language::Russian, Some(folder.path())).unwrap();
        assert!(texts.say("bring", &[]).unwrap_err().contains("bring"));
        write("ru.ftl", "bring Возьмите\n");
        assert!(matches!(Texts::load(Language::Russian, Some(folder.path())), Err(TextsError::Faulty(..))));
        write("ru.ftl", "");
        write("letter.html", "{% for %}");
        assert!(matches!(Texts::load(Language::Russian, Some(folder.path())), Err(TextsError::Faulty(..))));
    }
}
