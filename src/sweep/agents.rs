//! Where agents keep what they wrote down.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use globset::Glob;
use serde::Deserialize;

/// What `places.toml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Places {
    agent: Vec<Entry>,
    pub(super) homes: Homes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    root: String,
    env: Option<String>,
    paths: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Homes {
    pub(super) names: Vec<String>,
    pub(super) except: Vec<String>,
}

pub(super) static PLACES: LazyLock<Places> =
    LazyLock::new(|| toml::from_str(include_str!("places.toml")).expect("tested"));

/// An agent, and where it keeps things on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agent {
    /// Its name, such as `claude-code`.
    pub id: &'static str,
    /// Files and folders.
    pub places: Vec<Place>,
}

/// A place of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// A file or folder.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
}

/// The agents that are known, with their places as the variables of an environment have it.
///
/// ```
/// let agents = keepmum::sweep::agents(|name| (name == "CODEX_HOME").then(|| "/data/codex".into()));
/// let codex = agents.iter().find(|agent| agent.id == "codex").expect("it is known");
/// assert!(codex.places.iter().any(|place| place.path.ends_with("codex/sessions")));
/// ```
pub fn agents(variable: impl Fn(&str) -> Option<OsString>) -> Vec<Agent> {
    let mut agents: Vec<Agent> = Vec::new();
    for entry in &PLACES.agent {
        let Some(root) = root(entry, &variable) else { continue };
        let places = entry.paths.iter().flat_map(|path| resolved(&root, path));
        match agents.iter_mut().find(|agent| agent.id == entry.id) {
            Some(agent) => agent.places.extend(places),
            None => agents.push(Agent { id: &entry.id, places: places.collect() }),
        }
    }
    agents
}

/// The folder of an entry; none if nothing says where the user's own is.
fn root(entry: &Entry, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(named) = entry.env.as_deref().and_then(set) {
        return Some(named);
    }
    match entry.root.strip_prefix('~') {
        Some(below) => Some(set("HOME")?.join(below.trim_start_matches('/'))),
        None => Some(PathBuf::from(&entry.root)),
    }
}

/// What stands for `path` below `root`: itself, or what its glob matches now.
fn resolved(root: &Path, path: &str) -> Vec<Place> {
    let whole = root.join(path);
    if !path.contains('*') {
        let exists = whole.exists();
        return vec![Place { path: whole, exists }];
    }
    let (folder, name) = (whole.parent().unwrap_or(root), whole.file_name().unwrap_or_default());
    let glob = Glob::new(&name.to_string_lossy()).expect("tested").compile_matcher();
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| glob.is_match(entry.file_name()))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found.into_iter().map(|path| Place { path, exists: true }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_move_places_and_globs_find_what_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["state_5.sqlite", "state_5.sqlite-wal", "auth.json"] {
            std::fs::write(folder.path().join(name), "").expect("written");
        }
        let set = |name: &str| match name {
            "CODEX_HOME" => Some(folder.path().as_os_str().to_owned()),
            "HOME" => Some("/home/nobody-here".into()),
            _ => None,
        };
        let agents = agents(set);
        let of = |id: &str| {
            let agent = agents.iter().find(|agent| agent.id == id).expect("known");
            agent.places.iter().filter(|place| place.exists).count()
        };
        assert_eq!((of("codex"), of("claude-code")), (1, 0));
        let claude = agents.iter().find(|agent| agent.id == "claude-code").expect("known");
        assert_eq!(claude.places[0].path, Path::new("/home/nobody-here/.claude/projects"));
    }

    #[test]
    fn without_a_home_only_what_is_named_is_known() {
        assert!(agents(|_| None).iter().all(|agent| agent.id == "aider"));
    }
}
