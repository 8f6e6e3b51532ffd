//! What the program says on standard error.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;

/// When messages are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether to colour what goes to standard error.
    pub(crate) fn is_on(self) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !refused && io::stderr().is_terminal()
            }
        }
    }
}

/// How much a message matters; the word that it begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Error,
    Warning,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Error => "error",
            Kind::Warning => "warning",
        }
    }

    fn paint(self) -> &'static str {
        match self {
            Kind::Error => "\x1b[1;31m",
            Kind::Warning => "\x1b[1;33m",
        }
    }
}

/// One line on standard error. A terminal that is gone is no reason to stop.
pub(crate) fn say(color: Color, kind: Kind, text: &str) {
    let (paint, plain) = if color.is_on() { (kind.paint(), "\x1b[0m") } else { ("", "") };
    let _ = writeln!(io::stderr().lock(), "keepmum: {paint}{}:{plain} {text}", kind.word());
}
