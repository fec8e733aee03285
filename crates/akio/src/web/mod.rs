//! The wasm-bindgen module: classes that take and give JSON, and the place of the model.
//!
//! Nothing is decided here. JavaScript pulls: `start`, then `next` until `done`; to stop is to stop
//! pulling, and to say so by `stop`. [`Session`] is a conversation, `agent` does tasks with tools.

mod agent;
mod errors;

use akio_agent::Options;
use akio_engine::tokenizer::Special;
use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::Crypto;

use crate::{
    embedded,
    info::Info,
    json::{EventJson, Request, SessionOptions},
};
use errors::{agent_error, bad_request, damaged, slot_error};

/// Where the model lies: address and length. A module that carries only code wants the bytes copied
/// there before the first session is opened.
#[wasm_bindgen]
pub fn model_place() -> Result<Vec<u32>, JsValue> {
    let (address, len) = embedded::place().map_err(slot_error)?;
    Ok(vec![address, len])
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
        let seed = getrandom::u64().map_err(bad_request)?;
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

    /// A promise of whether the model is still the one that was packed. The host's own sha256 does the
    /// work, several times faster than one compiled to WebAssembly and without blocking.
    pub fn verify(&self) -> Promise {
        let packed = *self.agent.packed();
        future_to_promise(async move {
            let crypto =
                Reflect::get(&js_sys::global(), &"crypto".into())?.unchecked_into::<Crypto>();
            let digest = crypto
                .subtle()
                .digest_with_str_and_u8_array("SHA-256", packed.content())?;
            let digest = Uint8Array::new(&JsFuture::from(digest).await?).to_vec();
            Ok(packed.has_sha256(&digest).into())
        })
    }
}
