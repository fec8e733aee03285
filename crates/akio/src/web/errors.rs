//! Errors as JavaScript sees them: an `Error` with a `code`, and a `pointer` where a JSON Schema is at fault.

use akio_agent::{
    AgentError,
    extract::ExtractError,
    memory::MemoryError,
    tools::{ToolError, WorldErrorKind},
};
use akio_engine::{ConstraintError, EngineError, packed::PackError};
use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::{embedded::SlotError, json::agent::ToolRefusal};

/// An `Error` with a `code`.
fn error(code: &str, message: impl ToString) -> JsValue {
    let error = js_sys::Error::new(&message.to_string());
    // Setting a property of an object that was just made cannot fail.
    let _ = Reflect::set(&error, &"code".into(), &code.into());
    error.into()
}

pub(super) fn bad_request(message: impl ToString) -> JsValue {
    error("bad_request", message)
}

pub(super) fn damaged(cause: PackError) -> JsValue {
    error("bad_model", cause)
}

pub(super) fn slot_error(cause: SlotError) -> JsValue {
    let code = match cause {
        SlotError::Empty => "no_model",
        SlotError::NoRoom => "out_of_memory",
        _ => "bad_model",
    };
    error(code, cause)
}

pub(super) fn agent_error(cause: AgentError) -> JsValue {
    let pointer = match &cause {
        AgentError::Engine(EngineError::Constraint(ConstraintError::Schema {
            pointer, ..
        })) => Some(pointer.as_str()),
        _ => None,
    };
    with_pointer(cause.code(), &cause, pointer)
}

/// Of a tool that is to be granted.
pub(super) fn refusal(cause: &ToolRefusal) -> JsValue {
    let pointer = match cause {
        ToolRefusal::Grant(error) => error.pointer(),
        ToolRefusal::Unknown(_) => None,
    };
    with_pointer("bad_tool", cause, pointer)
}

/// Of files and the memory, outside of a task: there the model is told.
pub(super) fn tool_error(cause: &ToolError) -> JsValue {
    let code = match cause {
        ToolError::Path { .. } | ToolError::Outside { .. } => "bad_path",
        ToolError::NotFound { .. } => "not_found",
        ToolError::TooLarge { .. } => "too_large",
        ToolError::Binary(_) | ToolError::NotUtf8 { .. } => "not_text",
        ToolError::Memory(_) => "bad_memory",
        ToolError::World(error) => match error.kind {
            WorldErrorKind::NotFound => "not_found",
            WorldErrorKind::Full => "too_large",
            WorldErrorKind::NotGranted | WorldErrorKind::Other => "bad_request",
        },
        _ => "bad_request",
    };
    error(code, cause)
}

pub(super) fn memory_error(cause: &MemoryError) -> JsValue {
    let code = match cause {
        MemoryError::NoSuchFact(_) => "not_found",
        MemoryError::Full => "too_large",
        MemoryError::TooLarge | MemoryError::Line { .. } => "bad_memory",
        MemoryError::Empty | MemoryError::TooLong => "bad_request",
    };
    error(code, cause)
}

pub(super) fn extract_error(cause: &ExtractError) -> JsValue {
    match cause {
        ExtractError::Schema { pointer, .. } => {
            with_pointer("bad_constraint", cause, Some(pointer))
        }
        ExtractError::TooLong => error("too_large", cause),
        _ => error("no_value", cause),
    }
}

fn with_pointer(code: &str, message: impl ToString, pointer: Option<&str>) -> JsValue {
    let thrown = error(code, message);
    if let Some(pointer) = pointer {
        let _ = Reflect::set(&thrown, &"pointer".into(), &pointer.into());
    }
    thrown
}
