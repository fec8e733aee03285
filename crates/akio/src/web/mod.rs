//! The wasm-bindgen module: classes that take and give JSON, and the place of the model.
//!
//! Nothing is decided here. JavaScript pulls: `start`, then `next` until `done`; to stop is to stop
//! pulling, and to say so by `stop`. [`Session`] is a conversation, `agent` does tasks with tools.

mod agent;
mod errors;

use akio_agent::Options;
use akio_engine::tokenizer::Special;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::{
    embedded,
    info::Info,
    json::{EventJson, Request, SessionOptions},
};
use errors::{agent_error, bad_request, damaged, slot_error};

/// Where the model lies, or where one of `len` bytes is to lie: address and length. A module that carries
/// only code wants the bytes copied there before the first session is opened.
#[wasm_bindgen]
pub fn model_place(len: u32) -> Result<Vec<u32>, JsValue> {
    let (address, len) = embedded::place_for(len).map_err(slot_error)?;
    Ok(vec![address, len])
}

/// Helps another thread, with which this one shares its memory, as long as it lives. Without shared memory there is
/// nothing to do.
#[wasm_bindgen]
pub fn help() {
    #[cfg(feature = "threads")]
    akio_engine::pool::work()
}

/// A conversation with the model inside this module.
#[wasm_bindgen]
pub struct Session {
    agent: akio_agent::Session<'static>,
}

#[wasm_bindgen]
impl Session {
    /// Opens a session; the options are JSON: `{"context"?: number, "overflow"?: "stop" | "evict"}`.
    #[wasm_bindgen(constructor)]
    pub fn new(options_json: &str) -> Result<Self, JsValue> {
        let options: SessionOptions = serde_json::from_str(options_json).map_err(bad_request)?;
        let packed = embedded::model().map_err(slot_error)?;
        let options = Options {
            context: options.context.unwrap_or_default(),
            overflow: options.overflow.unwrap_or_default(),
        };
        let agent = akio_agent::Session::open(packed, options).map_err(agent_error)?;
        Ok(Self { agent })
    }

    /// What the module and its model are, as JSON.
    pub fn info(&self) -> Result<String, JsValue> {
        let model = Info::of(self.agent.packed()).map_err(damaged)?;
        let info = Info {
            context: self.agent.context(),
            ..model
        };
        serde_json::to_string(&info).map_err(bad_request)
    }

    /// Begins an answer to a request in JSON: `messages` or `raw`, and the parameters.
    pub fn start(&mut self, request_json: &str) -> Result<(), JsValue> {
        let request: Request = serde_json::from_str(request_json).map_err(bad_request)?;
        let seed = seed()?;
        let (prompt, params) = request.into_parts(seed).map_err(bad_request)?;
        self.agent.start(prompt, params).map_err(agent_error)
    }

    /// The next event of the answer, as JSON.
    pub fn next(&mut self) -> Result<String, JsValue> {
        let event = self.agent.next().map_err(agent_error)?;
        serde_json::to_string(&EventJson::from(event)).map_err(bad_request)
    }

    /// Ends the answer; what came so far stays in the conversation.
    pub fn stop(&mut self) {
        self.agent.stop();
    }

    /// Number of tokens of a text.
    pub fn count_tokens(&self, text: &str) -> usize {
        self.agent.count_tokens(text)
    }

    /// Number of tokens that the model reads for messages in JSON.
    pub fn count_messages(&self, messages_json: &str) -> Result<usize, JsValue> {
        let messages = serde_json::from_str(messages_json).map_err(bad_request)?;
        self.agent.count_messages(messages).map_err(agent_error)
    }

    /// Tokens of a text.
    pub fn tokenize(&self, text: &str) -> Vec<u32> {
        self.agent.tokenizer().encode(text, Special::AsText)
    }

    /// Whether the model is still the one that was packed.
    pub fn verify(&self) -> bool {
        self.agent.packed().verify().is_ok()
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_random(bytes: &Uint8Array) -> Result<(), JsValue>;
}

/// A random number. The bytes are JavaScript's own, since it fills no memory that threads share.
fn seed() -> Result<u64, JsValue> {
    let random = Uint8Array::new_with_length(8);
    fill_with_random(&random)?;
    let mut bytes = [0; 8];
    random.copy_to(&mut bytes);
    Ok(u64::from_le_bytes(bytes))
}
