//! What there is at which path, and who may ask.

use super::metrics::{Metrics, Now};
use super::page::Page;
use super::pool::Pool;
use super::response::{self, Refusal};
use super::unix_time;
use akio_openai::{ApiError, Asked, BODY_SIZE, Head, Kind, request};
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, header, uri::Authority};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// Time in which they must have come.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What requests share.
pub struct Server {
    /// The instances.
    pub pool: Arc<Pool>,
    /// What was counted.
    pub metrics: Arc<Metrics>,
    /// Name of the model.
    pub model: String,
    /// Its licence.
    pub license: String,
    /// [`digest`] of the key that requests must give.
    pub api_key: Option<[u8; 32]>,
    /// The name or address that it was told to listen on.
    pub name: String,
    /// Most tokens of an answer.
    pub max_tokens: Option<u64>,
    /// Instances that may compute at the same time.
    pub parallel: usize,
    /// When it started, in Unix time.
    pub created: u64,
}

type Shared = State<Arc<Server>>;

/// All paths.
pub fn router(server: Server, page: Option<Page>) -> Router {
    let server = Arc::new(server);
    let private = Router::new()
        .route("/v1/chat/completions", post(chat))
        .route("/v1/completions", post(completion))
        .route("/v1/models", get(models))
        .route("/v1/models/{id}", get(model))
        .route("/metrics", get(metrics))
        .route_layer(middleware::from_fn_with_state(
            Arc::clone(&server),
            authorize,
        ));
    let public = Router::new().route("/health", get(health));
    let rest = match page {
        Some(page) => page.router(),
        None => Router::new().fallback(nothing_here),
    };
    private
        .merge(public)
        .method_not_allowed_fallback(wrong_method)
        .fallback_service(rest.with_state(()))
        .layer(middleware::from_fn_with_state(Arc::clone(&server), observe))
        .with_state(server)
}

async fn chat(State(server): Shared, request: Request) -> Result<Response, Refusal> {
    let body = read(request).await?;
    let asked = request::chat(&body, server.max_tokens)?;
    Ok(answer(&server, Kind::Chat, asked).await?)
}

async fn completion(State(server): Shared, request: Request) -> Result<Response, Refusal> {
    let body = read(request).await?;
    let asked = request::completion(&body, server.max_tokens)?;
    Ok(answer(&server, Kind::Text, asked).await?)
}

async fn answer(server: &Server, kind: Kind, asked: Asked) -> Result<Response, ApiError> {
    static ANSWERS: AtomicU64 = AtomicU64::new(1);
    let number = ANSWERS.fetch_add(1, Ordering::Relaxed);
    let head = Head {
        kind,
        id: format!("{}-{}-{number}", kind.prefix(), server.created),
        created: unix_time(),
        model: server.model.clone(),
    };
    let (stream, usage) = (asked.stream, asked.usage);
    let pieces = server.pool.answer(asked)?;
    if stream {
        response::streamed(head, pieces, usage).await
    } else {
        response::whole(&head, pieces).await
    }
}

/// The body of a request in JSON. A page of another origin cannot send one without asking first, and
/// nothing here answers that question.
async fn read(request: Request) -> Result<axum::body::Bytes, ApiError> {
    let json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !json {
        return Err(ApiError::not_json());
    }
    let late = |_| ApiError::new(408, "timeout", "the body took too long to come");
    let body: Body = request.into_body();
    // A length that is announced is not waited for.
    if body.size_hint().lower() > BODY_SIZE as u64 {
        return Err(ApiError::too_large());
    }
    timeout(BODY_TIME, to_bytes(body, BODY_SIZE))
        .await
        .map_err(late)?
        .map_err(|_| ApiError::too_large())
}

async fn models(State(server): Shared) -> Json<Value> {
    Json(json!({ "object": "list", "data": [server.describe()] }))
}

async fn model(State(server): Shared, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    if id == server.model {
        return Ok(Json(server.describe()));
    }
    Err(ApiError::no_such_model(&server.model).into())
}

async fn metrics(State(server): Shared) -> Response {
    let now = Now {
        waiting: server.pool.waiting(),
        busy: server.pool.busy(server.parallel),
        idle: server.pool.idle(),
    };
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, server.metrics.text(&now)).into_response()
}

async fn health(State(server): Shared) -> Json<Value> {
    Json(json!({
        "status": "ok",
        "model": server.model,
        "waiting": server.pool.waiting(),
    }))
}

async fn nothing_here() -> Refusal {
    Refusal(ApiError::new(
        404,
        "not_found",
        "there is nothing at this path; see /v1/chat/completions, /v1/completions, /v1/models, /health and /metrics",
    ))
}

async fn wrong_method() -> Refusal {
    Refusal(ApiError::wrong_method())
}

impl Server {
    fn describe(&self) -> Value {
        akio_openai::response::model(&self.model, &self.license, self.created)
    }

    /// Whether a request was sent to this server by a name that is surely its own. A page whose name was
    /// made to resolve to this machine sends that name. A key is proof enough.
    fn is_meant(&self, headers: &HeaderMap) -> bool {
        if self.api_key.is_some() {
            return true;
        }
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .and_then(|host| host.parse::<Authority>().ok());
        host.is_some_and(|authority| {
            let name = authority.host();
            let address = name.trim_start_matches('[').trim_end_matches(']');
            name.eq_ignore_ascii_case("localhost")
                || name.eq_ignore_ascii_case(&self.name)
                || address.parse::<IpAddr>().is_ok()
        })
    }
}

/// Refuses requests that are not meant for this server, and counts the others.
async fn observe(State(server): Shared, request: Request, next: Next) -> Response {
    if !server.is_meant(request.headers()) {
        return Refusal(ApiError::new(
            403,
            "wrong_host",
            "the Host header names neither localhost nor an address; use one of them, or --api-key",
        ))
        .into_response();
    }
    let path = match request.uri().path() {
        path @ ("/v1/chat/completions"
        | "/v1/completions"
        | "/v1/models"
        | "/health"
        | "/metrics") => path.to_owned(),
        _ => "other".to_owned(),
    };
    let response = next.run(request).await;
    server.metrics.responded(&path, response.status().as_u16());
    response
}

/// Asks for the key, if there is one.
async fn authorize(State(server): Shared, request: Request, next: Next) -> Response {
    if let Some(expected) = server.api_key {
        let given = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        // How long it takes to compare hashes says nothing about the key.
        if given.map(digest) != Some(expected) {
            return Refusal(ApiError::new(
                401,
                "invalid_api_key",
                "give the server's key in the header 'Authorization: Bearer KEY'",
            ))
            .into_response();
        }
    }
    next.run(request).await
}

/// What is kept of a key.
pub fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}
