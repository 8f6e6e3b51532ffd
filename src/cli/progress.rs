//! The progress bar: for files, on a terminal, while the output goes elsewhere.

use std::io::{IsTerminal, stderr, stdout};
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over the bytes of `files`, or a hidden one.
pub(crate) fn bar(files: &[PathBuf]) -> ProgressBar {
    let sizes: Option<u64> =
        files.iter().map(|file| Some(std::fs::metadata(file).ok()?.len())).sum();
    let shown = stderr().is_terminal() && !stdout().is_terminal() && !files.is_empty();
    let (Some(total), true) = (sizes, shown) else { return ProgressBar::hidden() };
    let template = if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        "{bytes}/{total_bytes} {bar:40} {bytes_per_sec}, {eta} left"
    } else {
        "{bytes}/{total_bytes} {bar:40.green} {bytes_per_sec}, {eta} left"
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}
