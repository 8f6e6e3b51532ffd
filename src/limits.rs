//! Configured maxima. Crossing one is never a reason to let bytes through.

/// Every capacity of the engine, in bytes.
///
/// They are injected, so that a test can run the engine at its smallest. The defaults suit logs, prompts and memory
/// files; see each field for what crossing it does.
///
/// ```
/// use keepmum::Limits;
///
/// let limits = Limits { held: 4096, ..Limits::default() };
/// assert_eq!(limits.longest_secret, 1 << 20);
/// # let _ = limits;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest known secret that is accepted; a longer one is a build error. Default: 1 MiB.
    pub longest_secret: usize,
    /// Longest match of a rule without a tail class; a rule that can match more is a build error. Default: 8 KiB.
    pub rule_bound: usize,
    /// How many bytes of a match the checks see. A match of a rule with a tail class is judged on these and then goes
    /// on without holding bytes. Default: 256.
    pub judged: usize,
    /// Most bytes that a stream holds back. Beyond, the held bytes are replaced by a gap mark with their count.
    /// Default: `longest_secret + rule_bound`.
    pub held: usize,
    /// [`release`](crate::Stream::release) lets a live prefix go that is shorter than this. Default: 8.
    pub released: usize,
    /// At the end of the input, a prefix of a known secret of at least this length is redacted. Default: 8.
    pub ending: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let (longest_secret, rule_bound) = (1 << 20, 8 << 10);
        Self {
            longest_secret,
            rule_bound,
            judged: 256,
            held: longest_secret + rule_bound,
            released: 8,
            ending: 8,
        }
    }
}
