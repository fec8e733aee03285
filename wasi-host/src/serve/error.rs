//! What a client is told when there is no answer, in the shape of OpenAI's errors.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error of one request.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// Status of the response.
    pub status: StatusCode,
    /// A stable name for programs.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// The request is at fault.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// The instance is at fault, or ended.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "instance_failed",
            message,
        )
    }

    /// What the module says about a request.
    pub fn of_module(code: &str, message: String) -> Self {
        match code {
            "bad_request" | "empty_prompt" | "bad_constraint" => {
                Self::new(StatusCode::BAD_REQUEST, code, message)
            }
            // The name that clients look for.
            "prompt_too_long" => {
                Self::new(StatusCode::BAD_REQUEST, "context_length_exceeded", message)
            }
            _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, message),
        }
    }

    /// The body of the response, and of the last event of a stream that fails.
    pub fn body(&self) -> Value {
        let kind = match self.status.as_u16() {
            401 | 403 => "authentication_error",
            503 => "overloaded_error",
            400..500 => "invalid_request_error",
            _ => "server_error",
        };
        json!({ "error": {
            "message": self.message, "type": kind, "param": null, "code": self.code,
        }})
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
