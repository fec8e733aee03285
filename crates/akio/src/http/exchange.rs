//! Bodies of requests and responses through the streams of `wasi:io`.

use akio_openai::{ApiError, BODY_SIZE};
use serde_json::Value;
use wasip2::{
    http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam},
    io::streams::{OutputStream, StreamError},
};

/// Most bytes that one call of `blocking-write-and-flush` takes.
const WRITE: usize = 4096;
/// Most bytes that one call reads.
const READ: u64 = 64 << 10;

/// The client does not listen any more.
pub(super) struct Gone;

/// The body of a request in JSON. A page of another origin cannot send one without asking first, and
/// nothing here answers that question.
pub(super) fn read_json(request: &IncomingRequest) -> Result<Vec<u8>, ApiError> {
    let is_json = request
        .headers()
        .get("content-type")
        .first()
        .and_then(|value| std::str::from_utf8(value).ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(ApiError::not_json());
    }
    let too_large = |()| ApiError::too_large();
    let body = request.consume().map_err(too_large)?;
    let stream = body.stream().map_err(too_large)?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(READ) {
            Ok(part) if bytes.len() + part.len() <= BODY_SIZE => bytes.extend(part),
            Ok(_) => return Err(ApiError::too_large()),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(_)) => return Err(ApiError::too_large()),
        }
    }
}

/// A response that is being written.
pub(super) struct Reply {
    stream: OutputStream,
    body: OutgoingBody,
}

impl Reply {
    /// A whole response.
    pub(super) fn json(response: ResponseOutparam, status: u16, body: &Value) -> Result<(), Gone> {
        let mut reply = Self::open(response, status, "application/json")?;
        reply.write(body.to_string().as_bytes())?;
        reply.end()
    }

    /// A stream of events.
    pub(super) fn events(response: ResponseOutparam) -> Result<Self, Gone> {
        Self::open(response, 200, "text/event-stream")
    }

    fn open(response: ResponseOutparam, status: u16, kind: &str) -> Result<Self, Gone> {
        let headers = Fields::new();
        headers
            .set("content-type", &[kind.as_bytes().to_vec()])
            .map_err(|_| Gone)?;
        headers
            .set("cache-control", &[b"no-cache".to_vec()])
            .map_err(|_| Gone)?;
        let outgoing = OutgoingResponse::new(headers);
        outgoing.set_status_code(status).map_err(|()| Gone)?;
        let body = outgoing.body().map_err(|()| Gone)?;
        ResponseOutparam::set(response, Ok(outgoing));
        let stream = body.write().map_err(|()| Gone)?;
        Ok(Self { stream, body })
    }

    /// One event of a stream; the data is one line.
    pub(super) fn event(&mut self, data: &str) -> Result<(), Gone> {
        self.write(format!("data: {data}\n\n").as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        bytes
            .chunks(WRITE)
            .try_for_each(|part| self.stream.blocking_write_and_flush(part))
            .map_err(|_| Gone)
    }

    pub(super) fn end(self) -> Result<(), Gone> {
        drop(self.stream);
        OutgoingBody::finish(self.body, None).map_err(|_| Gone)
    }
}
