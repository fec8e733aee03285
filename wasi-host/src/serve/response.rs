//! Answers as HTTP responses: whole, or as a stream of events.

use super::pool::Piece;
use akio_openai::{ApiError, Head, response::DONE};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use std::convert::Infallible;
use tokio::sync::mpsc::Receiver;

/// An error as a response.
pub struct Refusal(pub ApiError);

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.0.body())).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

type Pieces = Receiver<Result<Piece, ApiError>>;

/// The whole answer.
///
/// # Errors
/// Those of the answer.
pub async fn whole(head: &Head, mut pieces: Pieces) -> Result<Response, ApiError> {
    let mut text = String::new();
    while let Some(piece) = pieces.recv().await {
        match piece? {
            Piece::Text(piece) => text.push_str(&piece),
            Piece::Done(done) => return Ok(Json(head.whole(text, &done)).into_response()),
        }
    }
    Err(without_end())
}

/// The answer as it comes. Its errors have a status if they come before the first piece.
///
/// # Errors
/// Those before the first piece.
pub async fn streamed(
    head: Head,
    mut pieces: Pieces,
    with_usage: bool,
) -> Result<Response, ApiError> {
    let first = pieces.recv().await.unwrap_or_else(|| Err(without_end()))?;
    let opening = head.opening();
    let rest = stream::unfold(pieces, |mut pieces| async {
        Some((pieces.recv().await?, pieces))
    });
    let events = stream::once(async { Ok(first) })
        .chain(rest)
        .map(move |piece| match piece {
            Ok(Piece::Text(text)) => vec![data(&head.text(&text))],
            Ok(Piece::Done(done)) => {
                let chunks = head.ending(&done, with_usage);
                let mut events: Vec<Event> = chunks.iter().map(data).collect();
                events.push(Event::default().data(DONE));
                events
            }
            Err(error) => vec![data(&error.body())],
        });
    let events = stream::iter(opening)
        .map(|chunk| vec![data(&chunk)])
        .chain(events)
        .flat_map(stream::iter)
        .map(Ok::<_, Infallible>);
    Ok(Sse::new(events).into_response())
}

fn data(value: &Value) -> Event {
    Event::default().data(value.to_string())
}

fn without_end() -> ApiError {
    ApiError::failed("the answer came without an end")
}
