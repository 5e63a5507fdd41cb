//! The route.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::post,
};
use crossbeam_channel::Sender;
use tokio::{net::TcpListener, sync::oneshot};

use super::{request::Booking, token::Key, writer::Job};
use crate::clock;

struct Floor {
    key: Key,
    queue: Sender<Job>,
}

/// Serves on a free port and says which, as Talon does.
pub(super) async fn serve(key: Key, queue: Sender<Job>) -> anyhow::Result<()> {
    let router = Router::new()
        .route("/iemk/directions/entry", post(async |floor, headers, body| answer(floor, headers, body).await))
        .with_state(Arc::new(Floor { key, queue }));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

async fn answer(State(floor): State<Arc<Floor>>, headers: HeaderMap, body: Bytes) -> Response {
    match book(&floor, &headers, &body).await {
        Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(status) => status.into_response(),
    }
}

async fn book(floor: &Floor, headers: &HeaderMap, body: &[u8]) -> Result<String, StatusCode> {
    let now = clock::now();
    let header = headers.get(AUTHORIZATION).ok_or(StatusCode::FORBIDDEN)?;
    let person = floor.key.person(header.as_bytes(), now.as_second()).ok_or(StatusCode::FORBIDDEN)?;
    let booking = Booking::read(person, body, now).ok_or(StatusCode::BAD_REQUEST)?;
    let (reply, answer) = oneshot::channel();
    floor.queue.try_send(Job { booking, reply }).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let answer = answer.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let (entry, ticket) = answer.ok_or(StatusCode::CONFLICT)?;
    Ok(format!(r#"{{"Entry_id":"{entry}","Ticket":"{ticket}"}}"#))
}
