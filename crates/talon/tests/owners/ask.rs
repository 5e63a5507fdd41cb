//! Requests, and answers without what belongs to one request alone.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, header};
use serde_json::Value;
use talon_testkit::Client;

/// The headers in which one answer differs from another to the same request.
const OF_ONE: [&str; 2] = ["date", "x-request-id"];

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: Method,
    /// With its query string.
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Content,
}

#[derive(Clone, Debug)]
enum Content {
    None,
    Json(Value),
    Form(String),
}

impl Ask {
    /// A GET without anything.
    pub(crate) fn to(target: impl Into<String>) -> Self {
        Self { method: Method::GET, target: target.into(), headers: Vec::new(), body: Content::None }
    }

    /// By another method.
    pub(crate) fn by(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// With more in its query string.
    pub(crate) fn saying(self, query: &str) -> Self {
        let sign = if self.target.contains('?') { '&' } else { '?' };
        Self { target: format!("{}{sign}{query}", self.target), ..self }
    }

    /// With a JSON body.
    pub(crate) fn with(self, body: Value) -> Self {
        Self { body: Content::Json(body), ..self }
    }

    /// With a form for a body.
    pub(crate) fn with_form(self, body: String) -> Self {
        Self { body: Content::Form(body), ..self }
    }

    /// With one more header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// As the owner of a token.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// With this before its path.
    pub(crate) fn under(self, base: &str) -> Self {
        Self { target: format!("{base}{}", self.target), ..self }
    }

    /// Saying of oneself, wherever a request can say something, that one is this person and may do everything.
    pub(crate) fn claiming(self, person: &str) -> Self {
        let mut claiming = self.saying(&format!("person={person}&patient_id={person}&role=admin"));
        if let Content::Json(body) = &mut claiming.body {
            for name in ["person", "patient_id", "owner", "sub"] {
                body[name] = person.into();
            }
            body["role"] = "admin".into();
        }
        claiming.header("x-person-id", person).header("x-role", "admin")
    }

    /// What is answered, and the request's id in the answer.
    pub(crate) async fn send(&self, client: &mut Client) -> (Told, String) {
        let mut request = Request::builder().method(self.method.clone()).uri(&self.target);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let (media, body) = match &self.body {
            Content::None => (None, String::new()),
            Content::Json(body) => (Some("application/json"), body.to_string()),
            Content::Form(body) => (Some("application/x-www-form-urlencoded"), body.clone()),
        };
        if let Some(media) = media {
            request = request.header(header::CONTENT_TYPE, media);
        }
        let answer = client.send(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap();
        let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
        let mut headers: Vec<(String, String)> = answer
            .headers
            .iter()
            .filter(|(name, _)| !OF_ONE.contains(&name.as_str()))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.sort();
        let body = String::from_utf8(answer.body.to_vec()).unwrap().replace(&id, "{{id}}");
        (Told { status: answer.status.as_u16(), headers, body }, id)
    }

    /// As [`Self::send`], on a connection of its own, without the id.
    pub(crate) async fn ask(&self, address: SocketAddr) -> Told {
        self.send(&mut Client::new(address)).await.0
    }
}

/// An answer, without the request's id and the date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Told {
    /// The body, if it is JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Why it was refused; empty if it was not.
    pub(crate) fn reason(&self) -> String {
        self.json()["Reason"].as_str().unwrap_or_default().to_owned()
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
