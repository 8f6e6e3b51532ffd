//! Files in which secrets are at home.

use std::path::Path;
use std::sync::LazyLock;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::agents::PLACES;

/// Whether a file is one that secrets belong in, by its name: `.env`, a private key, a store of credentials. What reads it
/// would no longer work without them. Examples of such files are none.
///
/// ```
/// use std::path::Path;
/// use keepmum::sweep::is_home;
///
/// assert!(is_home(Path::new("app/.env.production")));
/// assert!(!is_home(Path::new("app/.env.example")));
/// ```
pub fn is_home(path: &Path) -> bool {
    static SETS: LazyLock<[GlobSet; 2]> =
        LazyLock::new(|| [set(&PLACES.homes.names), set(&PLACES.homes.except)]);
    let [homes, except] = &*SETS;
    path.file_name().is_some_and(|name| homes.is_match(name) && !except.is_match(name))
}

fn set(globs: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(GlobBuilder::new(glob).case_insensitive(true).build().expect("tested"));
    }
    set.build().expect("tested")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        let homes = [".env", ".env.local", "prod.env", "id_ed25519", "server.KEY", "auth.json"];
        let others =
            [".env.example", "id_ed25519.pub", "notes.md", "session.jsonl", "monkey", "env.md"];
        assert!(homes.iter().all(|name| is_home(Path::new(name))));
        assert!(others.iter().all(|name| !is_home(Path::new(name))));
    }
}
