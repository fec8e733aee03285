//! `akio serve`: the model behind HTTP, in the shape of OpenAI's API.
//!
//! [`akio_openai`] knows what clients send and expect, [`pool`] decides who computes when, in [`instance`]s
//! that are processes of their own, and [`response`] writes the answer. Nothing here touches wasmtime.

mod args;
mod instance;
mod metrics;
mod page;
mod pool;
mod response;
mod routes;

use crate::bundle::{Bundle, Part};
use crate::error::HostError;
use crate::options::Options;
use crate::platform;
use crate::secret;
use args::Args;
use clap::{Command, CommandFactory};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use instance::Launch;
use metrics::Metrics;
use pool::{Limits, Pool};
use routes::Server;
use std::env;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// Time of one answer where `--timeout` does not say.
const ANSWER_TIME: Duration = Duration::from_secs(600);
/// Time that a client has to send the head of a request, from the connection or the response before.
const HEADER_TIME: Duration = Duration::from_secs(60);
/// Connections at the same time.
const CONNECTIONS: usize = 512;

/// Its command line.
pub fn command() -> Command {
    Args::command()
}

/// Serves what is in `bundle` until it is told to stop. `args` are those from `serve` on.
///
/// # Errors
/// [`HostError::Usage`] for wrong flags; [`HostError::NoKey`] for a sealed model whose key is not given; [`HostError::Io`] where it cannot listen;
/// [`HostError::Instance`] if the module does not start.
pub fn run(args: &[String], options: &Options, bundle: &Bundle) -> Result<(), HostError> {
    let Some(args) = Args::parse(args)? else {
        return Ok(());
    };
    if !options.dirs.is_empty() || !options.env.is_empty() || options.limits.output.is_some() {
        return Err(HostError::Usage(
            "serve grants nothing: leave out --dir, --env and --max-output".into(),
        ));
    }
    // Its instances have no terminal to ask on.
    if bundle.length(Part::Sealed) > 0 && !secret::is_given(options.key_file.as_deref()) {
        return Err(HostError::NoKey);
    }
    // All it does is to pass bytes on; the instances compute.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(HostError::io("cannot start the server"))?;
    runtime.block_on(serve(args, options))
}

async fn serve(args: Args, options: &Options) -> Result<(), HostError> {
    let mut pipe_args = Vec::new();
    if let Some(context) = args.ctx {
        pipe_args.push(format!("--ctx={context}"));
    }
    let launch = Launch {
        program: env::current_exe().map_err(HostError::io("cannot find this executable"))?,
        max_memory: options.limits.memory,
        key_file: options.key_file.clone(),
        args: pipe_args,
    };
    let info = launch.info().await.map_err(HostError::Instance)?;
    let page = args.web.as_deref().map(page::Page::open).transpose()?;
    let address = (args.host.as_str(), args.port);
    let cannot_listen = || HostError::io(format!("cannot listen on {}:{}", args.host, args.port));
    let listener = TcpListener::bind(address).await.map_err(cannot_listen())?;
    let address = listener.local_addr().map_err(cannot_listen())?;
    let api_key = args
        .api_key
        .or_else(|| env::var("AKIO_API_KEY").ok().filter(|key| !key.is_empty()));
    announce(address, api_key.is_some());

    let parallel = args
        .parallel
        .or_else(|| available_parallelism().ok())
        .map_or(1, NonZero::get);
    let metrics = Arc::new(Metrics::default());
    let limits = Limits {
        parallel,
        queue: args.queue,
        keep: args.keep,
        time: options.limits.time.unwrap_or(ANSWER_TIME),
    };
    let pool = Arc::new(Pool::new(launch, limits, Arc::clone(&metrics)));
    let server = Server {
        pool,
        metrics,
        model: info["name"].as_str().unwrap_or("akio").to_owned(),
        license: info["license"].as_str().unwrap_or_default().to_owned(),
        api_key: api_key.as_deref().map(routes::digest),
        name: args.host,
        max_tokens: args.max_tokens,
        parallel,
        created: unix_time(),
    };
    accept(listener, routes::router(server, page), args.grace).await
}

/// Takes connections until a signal comes, then lets those with a request in progress end.
async fn accept(listener: TcpListener, router: axum::Router, grace: u64) -> Result<(), HostError> {
    let stop = stop_signal()?;
    tokio::pin!(stop);
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            // The system has no more room for now.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let connection = http.serve_connection(TokioIo::new(stream), service.clone());
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // Clients that go in the middle of something are told nothing.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    say("stopping; answers in progress may end, a second signal stops them");
    let again = stop_signal()?;
    tokio::select! {
        _ = timeout(Duration::from_secs(grace), graceful.shutdown()) => {}
        () = again => {}
    }
    // What still runs ends with the runtime, instances included.
    Ok(())
}

/// Comes with the next signal to stop.
fn stop_signal() -> Result<impl Future<Output = ()>, HostError> {
    platform::stop_signal().map_err(HostError::io("cannot listen for signals"))
}

fn announce(address: SocketAddr, has_key: bool) {
    if !address.ip().is_loopback() {
        say(if has_key {
            "warning: other machines can reach this server, and neither their requests nor the key are encrypted"
        } else {
            "warning: anyone who can reach this machine can use this server; consider --api-key"
        });
    }
    say(&format!("listening on http://{address}"));
}

/// One line on stderr, if somebody listens there.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "akio: {text}");
}

fn unix_time() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}
