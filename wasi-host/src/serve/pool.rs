//! Who computes when: a queue, as many running instances as there are cores, and a few that wait for the
//! next message of their conversation.
//!
//! A conversation that goes on gets the instance that holds it, so that only what is new is read. Any
//! other gets an instance of its own: two conversations never go through the same one.

use super::instance::{Event, Instance, Launch};
use super::metrics::Metrics;
use akio_openai::{ApiError, Asked, Done};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, timeout_at};

/// Pieces that may wait for a slow reader before the instance does.
const BUFFERED: usize = 16;

/// What a client gets of an answer.
#[derive(Debug)]
pub enum Piece {
    /// Text, not empty.
    Text(String),
    /// The end.
    Done(Done),
}

/// The instances of a server.
pub struct Pool {
    launch: Launch,
    /// Instances that may compute.
    slots: Semaphore,
    /// Those that do not, the one that did last at the end.
    idle: Mutex<VecDeque<Instance>>,
    keep: usize,
    waiting: AtomicUsize,
    queue: usize,
    time: Duration,
    metrics: Arc<Metrics>,
}

/// How many of each there are.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Instances that compute.
    pub parallel: usize,
    /// Requests that wait.
    pub queue: usize,
    /// Instances that wait for their conversation to go on.
    pub keep: usize,
    /// Time of one answer.
    pub time: Duration,
}

impl Pool {
    pub fn new(launch: Launch, limits: Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            launch,
            slots: Semaphore::new(limits.parallel),
            idle: Mutex::default(),
            keep: limits.keep,
            waiting: AtomicUsize::new(0),
            queue: limits.queue,
            time: limits.time,
            metrics,
        }
    }

    /// Requests that wait for their turn.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Instances that hold a conversation and do nothing.
    pub fn idle(&self) -> usize {
        self.idle_instances().len()
    }

    /// Instances that compute.
    pub fn busy(&self, parallel: usize) -> usize {
        parallel.saturating_sub(self.slots.available_permits())
    }

    /// Begins an answer. It goes on in a task of its own, which ends with the answer, with its time, or when
    /// the receiver is dropped.
    ///
    /// # Errors
    /// Status 503 if too many requests wait.
    pub fn answer(
        self: &Arc<Self>,
        asked: Asked,
    ) -> Result<Receiver<Result<Piece, ApiError>>, ApiError> {
        let place = Place::take(self)?;
        let (sender, receiver) = mpsc::channel(BUFFERED);
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = tokio::select! {
                biased;
                () = sender.closed() => None,
                outcome = pool.run(place, asked, &sender) => Some(outcome),
            };
            match outcome {
                Some(Ok(())) => {}
                // A reader that does not read is told nothing, and so is one that has gone.
                Some(Err(error)) => drop(sender.try_send(Err(error))),
                None => pool.metrics.cancelled(),
            }
        });
        Ok(receiver)
    }

    async fn run(
        &self,
        place: Place,
        mut asked: Asked,
        sender: &Sender<Result<Piece, ApiError>>,
    ) -> Result<(), ApiError> {
        // Semaphores serve whoever came first.
        let _slot = self.slots.acquire().await.map_err(|_| stopping())?;
        drop(place);
        let began = Instant::now();
        let deadline = began + self.time;
        let too_long = |_| {
            ApiError::new(
                504,
                "timeout",
                format!("the answer took longer than {:?}", self.time),
            )
        };
        let mut instance = self.instance(asked.messages.as_deref())?;
        timeout_at(deadline, instance.ask(&asked.request))
            .await
            .map_err(too_long)??;
        let mut said = String::new();
        loop {
            let event = timeout_at(deadline, instance.next())
                .await
                .map_err(too_long)??;
            let text = match event {
                Event::Prefill {} | Event::Overflow {} => continue,
                Event::Text { text } => text,
                Event::Error { code, message } => return Err(ApiError::of_module(&code, message)),
                Event::Done(done) => {
                    said.push_str(&done.text);
                    self.metrics.answered(&done, began.elapsed());
                    // A call is chosen beside the conversation that the instance holds.
                    if done.call.is_none()
                        && let Some(mut messages) = asked.messages.take()
                    {
                        messages.push(json!({ "role": "assistant", "content": said }));
                        instance.said = messages;
                    }
                    if !instance.said.is_empty() {
                        self.keep(instance);
                    }
                    // Whoever has gone by now misses nothing that matters here.
                    let _ = sender.send(Ok(Piece::Done(done))).await;
                    return Ok(());
                }
            };
            if !text.is_empty() {
                said.push_str(&text);
                // A reader that does not read does not hold an instance for ever either.
                let sent = timeout_at(deadline, sender.send(Ok(Piece::Text(text)))).await;
                if sent.map_err(too_long)?.is_err() {
                    self.metrics.cancelled();
                    return Ok(());
                }
            }
        }
    }

    /// The instance that holds the beginning of this conversation, or a new one.
    fn instance(&self, messages: Option<&[Value]>) -> Result<Instance, ApiError> {
        if let Some(messages) = messages {
            let mut idle = self.idle_instances();
            let holds = |instance: &Instance| {
                !instance.said.is_empty() && messages.starts_with(&instance.said)
            };
            if let Some(at) = idle.iter().rposition(holds)
                && let Some(instance) = idle.remove(at)
            {
                return Ok(instance);
            }
        }
        self.metrics.started();
        Instance::start(&self.launch)
            .map_err(|why| ApiError::failed(format!("no instance could be started: {why}")))
    }

    /// Keeps an instance for the next message, and ends the one that has waited longest if there are too many.
    fn keep(&self, instance: Instance) {
        let mut idle = self.idle_instances();
        idle.push_back(instance);
        if idle.len() > self.keep {
            idle.pop_front();
        }
    }

    fn idle_instances(&self) -> MutexGuard<'_, VecDeque<Instance>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopping() -> ApiError {
    ApiError::new(503, "stopping", "the server is being stopped")
}

/// A place in the queue.
struct Place(Arc<Pool>);

impl Place {
    fn take(pool: &Arc<Pool>) -> Result<Self, ApiError> {
        // Requests that find a free slot pass through the queue too.
        let free = pool.slots.available_permits();
        if pool.waiting.fetch_add(1, Ordering::Relaxed) < pool.queue.saturating_add(free) {
            return Ok(Self(Arc::clone(pool)));
        }
        pool.waiting.fetch_sub(1, Ordering::Relaxed);
        Err(ApiError::new(
            503,
            "queue_full",
            format!(
                "{} requests are waiting already; try again later",
                pool.queue
            ),
        ))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
