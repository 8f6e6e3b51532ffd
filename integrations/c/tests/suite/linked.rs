//! C sources, compiled and linked with the library.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// How a program is linked and run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Static,
    Shared,
    /// With AddressSanitizer, which looks for leaks too, and UndefinedBehaviorSanitizer.
    Sanitized,
    Valgrind,
}

impl Mode {
    /// All that this machine has.
    pub(crate) fn all() -> impl Iterator<Item = Mode> {
        let valgrind = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
        let all = [Mode::Static, Mode::Shared, Mode::Sanitized, Mode::Valgrind];
        all.into_iter().filter(move |mode| *mode != Mode::Valgrind || valgrind.is_ok())
    }
}

/// Compiles `source` and gives how it is run.
pub(crate) fn program(source: &Path, mode: Mode) -> Command {
    let built = built();
    let name = format!("{}-{mode:?}", source.file_stem().unwrap().display());
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-I"]);
    cc.arg(env!("CARGO_MANIFEST_DIR")).arg(source).arg("-o").arg(&program);
    if mode == Mode::Sanitized {
        cc.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    }
    if mode == Mode::Shared {
        let path = format!("-Wl,-rpath,{}", built.display());
        cc.arg("-L").arg(built).args(["-Wl,-Bdynamic", "-lkeepmum", &path, "-lpthread"]);
    } else {
        cc.arg(built.join("libkeepmum.a")).args(["-lpthread", "-ldl", "-lm"]);
    }
    let done = cc.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    match mode {
        Mode::Valgrind => {
            let mut command = Command::new("valgrind");
            let leaks = ["--leak-check=full", "--errors-for-leak-kinds=definite"];
            command.args(["-q", "--error-exitcode=99"]).args(leaks).arg(program);
            command
        }
        _ => Command::new(program),
    }
}

/// Runs it; shows what it said if it failed.
pub(crate) fn good(mut command: Command, what: &str) -> Output {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {}\n{said}", output.status);
    output
}

/// Where the library lies, built as this test is. Cargo builds no library of C for a test by itself.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().and_then(Path::parent).unwrap().to_owned();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package=keepmum-c"]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        cargo.arg("--target-dir").arg(folder.parent().unwrap());
        let done = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(done.unwrap().success());
        folder
    })
}
