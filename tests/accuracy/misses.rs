//! Cases that the program did not do well on.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use crate::case::{Case, Label};

#[derive(Default)]
pub(crate) struct Misses<'a>(Vec<(&'a Case, String)>);

impl<'a> Misses<'a> {
    pub(crate) fn add(&mut self, case: &'a Case, output: String) {
        self.0.push((case, output));
    }

    /// Prints where each stands in the file of cases, and nothing of its text.
    pub(crate) fn print(&self) {
        for (case, _) in &self.0 {
            let what = match case.label {
                Label::Pos => "missed",
                Label::Neg => "not kept",
            };
            println!("  {what}: {}/{} line {}", case.source, case.rule, case.at);
        }
    }

    /// Writes texts and outputs as JSON lines. The texts belong to others: no file inside the repository takes them.
    pub(crate) fn write(&self, path: &Path) {
        let folder = std::path::absolute(path).unwrap().parent().unwrap().canonicalize().unwrap();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
        assert!(!folder.starts_with(repository), "misses are written outside the repository only");
        let mut file = std::fs::File::create(path).unwrap();
        for (case, output) in &self.0 {
            let row = json!({
                "source": case.source, "rule": case.rule, "label": format!("{:?}", case.label),
                "line": case.at, "text": case.text, "output": output,
            });
            writeln!(file, "{row}").unwrap();
        }
    }
}
