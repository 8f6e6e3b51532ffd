//! Programs in C that use the library, and the README's.

use std::path::{Path, PathBuf};

use crate::linked::{Mode, good, program};

#[test]
fn the_interface_holds_what_it_says() {
    for mode in Mode::all() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program(&source("interface.c"), mode);
        command.arg(folder.path());
        good(command, &format!("{mode:?}"));
    }
}

#[test]
fn threads_share_a_redactor() {
    for mode in Mode::all() {
        good(program(&source("threads.c"), mode), &format!("{mode:?}"));
    }
}

#[test]
fn the_example_of_the_readme_runs() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let example = readme.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("example.c");
    std::fs::write(&path, example).unwrap();
    for mode in Mode::all() {
        let output = good(program(&path, mode), &format!("{mode:?}"));
        assert_eq!(output.stdout, b"password: [REDACTED:db-password]!\n");
    }
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c").join(name)
}
