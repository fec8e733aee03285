//! What a client is told when there is no answer, in the shape of OpenAI's errors.

use serde_json::{Value, json};

/// An error of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status of the response.
    pub status: u16,
    /// A stable name for programs.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl ApiError {
    /// An error with this status, name and text.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// The request is at fault.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "bad_request", message)
    }

    /// The body is not said to be JSON.
    pub fn not_json() -> Self {
        let message = "send JSON, with the header 'Content-Type: application/json'";
        Self::new(415, "unsupported_media_type", message)
    }

    /// The body did not come, or is longer than [`BODY_SIZE`](crate::BODY_SIZE).
    pub fn too_large() -> Self {
        let limit = crate::BODY_SIZE >> 20;
        let message = format!("the body could not be read, or is longer than {limit} MiB");
        Self::new(413, "too_large", message)
    }

    /// The path takes another method.
    pub fn wrong_method() -> Self {
        Self::new(405, "method_not_allowed", "this path takes another method")
    }

    /// A name of a model that is not the one that there is.
    pub fn no_such_model(name: &str) -> Self {
        let message = format!("there is one model here, {name}");
        Self::new(404, "model_not_found", message)
    }

    /// The instance is at fault, or ended.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(500, "instance_failed", message)
    }

    /// What the module says about a request.
    pub fn of_module(code: &str, message: String) -> Self {
        match code {
            "bad_request" | "empty_prompt" | "bad_constraint" => Self::new(400, code, message),
            // The name that clients look for.
            "prompt_too_long" => Self::new(400, "context_length_exceeded", message),
            _ => Self::new(500, code, message),
        }
    }

    /// The body of the response, and of the last event of a stream that fails.
    pub fn body(&self) -> Value {
        let kind = match self.status {
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
