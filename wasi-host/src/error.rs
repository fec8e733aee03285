//! What can go wrong in the host itself, each with its exit code.

use akio_delta::DeltaError;
use akio_pack::PackToolError;
use akio_seal::SealError;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// An error of the host. What the guest reports, it reports itself.
#[derive(Debug)]
#[non_exhaustive]
pub enum HostError {
    /// A flag of the host was given wrongly.
    Usage(String),
    /// The executable holds no module.
    NotBundled,
    /// The module in the executable is not the one that was bundled.
    Damaged(String),
    /// The module does not run in this host: another build, processor or interface.
    Incompatible(String),
    /// The module ended by a trap.
    Trap(String),
    /// The module ended because it was refused memory.
    MemoryLimit {
        /// Bytes of linear memory it asked for.
        wanted: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// The module ended, most likely because it has used up this many bytes of memory.
    MemoryFull(usize),
    /// The module ended because it printed more than this many bytes.
    OutputLimit(u64),
    /// The module ended because it ran for longer than this.
    TimeLimit(Duration),
    /// The executable holds no module that another model could be put into.
    NoBareModule,
    /// A model or module was not read, packed or written.
    Model(PackToolError),
    /// A model was not sealed or not opened.
    Seal(SealError),
    /// The model is sealed, and there is nothing to open it with.
    NoKey,
    /// A page has not the parts that a model is put into.
    Page {
        /// The folder or file.
        page: PathBuf,
        /// What is missing.
        why: String,
    },
    /// A file is not what who has the key has signed.
    Signature(String),
    /// An update was not made or not applied.
    Update(DeltaError),
    /// So many things are wrong, and have been said.
    Unwell(usize),
    /// The server's first instance of the module did not start.
    Instance(String),
    /// A file or stream failed.
    Io {
        /// What was being done, as a phrase: `cannot read FILE`.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
}

impl HostError {
    /// The exit code: 1 for wrong usage, 124 at the end of the time, as `timeout` has it, else 3.
    /// 2 for a model, a page, an update or a signature that cannot be used.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Model(PackToolError::Arguments { .. }) => 1,
            Self::Model(PackToolError::Io { .. }) | Self::Seal(SealError::Io(_)) => 3,
            Self::Seal(SealError::WeakSecret) => 1,
            Self::Model(_)
            | Self::Page { .. }
            | Self::Update(_)
            | Self::Seal(_)
            | Self::NoKey
            | Self::Signature(_) => 2,
            Self::TimeLimit(_) => 124,
            _ => 3,
        }
    }

    /// Wraps an I/O error with what was being done.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => write!(f, "{message} (see `akio --help`)"),
            Self::NotBundled => write!(
                f,
                "this executable holds no module, or was cut short; \
                 put one in with `akio-host --bundle MODULE.wasm -o OUT`"
            ),
            Self::Damaged(how) => {
                write!(
                    f,
                    "the module in this executable is damaged: {how}; get a new copy"
                )
            }
            Self::Incompatible(why) => write!(f, "the module cannot run here: {why}"),
            Self::Trap(why) => write!(f, "the module was stopped: {why}"),
            Self::MemoryFull(limit) => write!(
                f,
                "the module has used up the {limit} bytes of memory it may have; \
                 raise the limit with --max-memory"
            ),
            Self::MemoryLimit { wanted, limit } => write!(
                f,
                "the module asked for {wanted} bytes of memory and may have {limit}; \
                 raise the limit with --max-memory"
            ),
            Self::OutputLimit(limit) => write!(
                f,
                "the module printed more than the {limit} bytes it may; \
                 raise the limit with --max-output"
            ),
            Self::TimeLimit(limit) => write!(
                f,
                "the module was stopped after {limit:?}; raise the limit with --timeout"
            ),
            Self::NoBareModule => write!(
                f,
                "this executable holds no module that takes a model; name one with --module"
            ),
            Self::Model(error) => error.fmt(f),
            Self::Update(error) => error.fmt(f),
            Self::Seal(SealError::Io(error)) => write!(f, "cannot read the sealed model: {error}"),
            Self::Seal(error) => error.fmt(f),
            Self::NoKey => write!(
                f,
                "the model is sealed; give its key with --key-file, or its passphrase in AKIO_PASSPHRASE"
            ),
            Self::Page { page, why } => write!(
                f,
                "{} is no page of akio that takes a model: {why}",
                page.display()
            ),
            Self::Signature(why) => f.write_str(why),
            Self::Unwell(1) => write!(f, "one thing is wrong"),
            Self::Unwell(things) => write!(f, "{things} things are wrong"),
            Self::Instance(why) => write!(f, "the module does not start: {why}"),
            Self::Io { what, source } => write!(f, "{what}: {source}"),
        }
    }
}

impl std::error::Error for HostError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Model(error) => Some(error),
            Self::Update(error) => Some(error),
            Self::Seal(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SealError> for HostError {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
}

impl From<PackToolError> for HostError {
    fn from(error: PackToolError) -> Self {
        Self::Model(error)
    }
}
