//! What keeps secrets in memory from reaching a disk: no core dumps, no swap.
//!
//! The rest is done where secrets lie: their buffers are wiped. What that guarantees and what not is written in
//! `docs/memory.md`.

use std::fmt;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};
use rustix::thread::{CapabilitySet, capabilities};

/// Protects the memory of this process from now on, as far as the system allows.
///
/// 1. No core dump is written, and no other process of the same user can read the memory or attach a debugger.
/// 2. All memory, also what is allocated later, is locked: it is not swapped out. Only if locking is not limited: with a
///    limit an allocation beyond it would fail, and the program with it.
///
/// Call it before the first secret is read.
///
/// ```
/// let protection = keepmum::memory::protect();
/// // Nothing that was refused is an error; it is told.
/// for refused in protection.refusals() {
///     eprintln!("{refused}");
/// }
/// ```
pub fn protect() -> Protection {
    let core = getrlimit(Resource::Core);
    Protection {
        core,
        dumps: set_dumpable_behavior(DumpableBehavior::NotDumpable)
            .and_then(|()| setrlimit(Resource::Core, Rlimit { current: Some(0), ..core }))
            .map_err(|error| Refusal::new("core dumps cannot be switched off", error)),
        swap: lock(),
    }
}

/// What is in force.
#[derive(Debug)]
pub struct Protection {
    /// The limit on core files before.
    core: Rlimit,
    dumps: Result<(), Refusal>,
    swap: Result<(), Refusal>,
}

impl Protection {
    /// What the system refused.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        [&self.dumps, &self.swap].into_iter().filter_map(|result| result.as_ref().err())
    }

    /// Whether no core dump is written.
    pub fn is_dump_free(&self) -> bool {
        self.dumps.is_ok()
    }

    /// Whether memory is never swapped out.
    pub fn is_locked(&self) -> bool {
        self.swap.is_ok()
    }

    /// Calls `start`, which starts another program: that one has the limit on core files which was in force before. This
    /// process has it too meanwhile and writes none all the same, for it is not dumpable. Being so, and locks, are not
    /// inherited.
    pub fn lifted<T>(&self, start: impl FnOnce() -> T) -> T {
        let _ = setrlimit(Resource::Core, self.core);
        let started = start();
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..self.core });
        started
    }
}

/// What the system refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    fn new(what: &str, why: impl fmt::Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn lock() -> Result<(), Refusal> {
    let refused = |why: &dyn fmt::Display| Refusal::new("memory can be swapped out", why);
    let limit = getrlimit(Resource::Memlock).current;
    let privileged =
        || capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK));
    if let Some(bytes) = limit.filter(|_| !privileged()) {
        return Err(refused(&format_args!(
            "locking is limited to {bytes} bytes (ulimit -l unlimited, or CAP_IPC_LOCK)"
        )));
    }
    // On fault: reserved memory that nothing was written to takes no room.
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)
        .map_err(|error| refused(&error))
}
