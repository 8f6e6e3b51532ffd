//! Progress bars, on a terminal only.

use std::io::{IsTerminal, stderr, stdout};
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};

use super::messages::Color;

/// A bar over the bytes of `files` while the output goes elsewhere, or a hidden one.
pub(crate) fn bar(files: &[PathBuf], color: Color) -> ProgressBar {
    let sizes: Option<u64> =
        files.iter().map(|file| Some(std::fs::metadata(file).ok()?.len())).sum();
    let shown = stderr().is_terminal() && !stdout().is_terminal() && !files.is_empty();
    let (Some(total), true) = (sizes, shown) else { return ProgressBar::hidden() };
    let template = if color.is_on() {
        "{bytes}/{total_bytes} {bar:40.green} {bytes_per_sec}, {eta} left"
    } else {
        "{bytes}/{total_bytes} {bar:40} {bytes_per_sec}, {eta} left"
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}

/// A bar over a number of files, which are reported on when it is gone, or a hidden one.
pub(crate) fn files(count: usize, color: Color) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = if color.is_on() { "{bar:40.green}" } else { "{bar:40}" };
    let style = ProgressStyle::with_template(&format!("{{pos}}/{{len}} files {bar} {{eta}} left"));
    ProgressBar::new(count as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
