//! The committed header is what cbindgen makes of the source.

use std::path::Path;
use std::process::Command;

const SOURCES: &[&str] = &["status", "buffer", "redactor", "stream"];

#[test]
fn the_header_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let builder = SOURCES.iter().fold(cbindgen::Builder::new().with_config(config), |all, one| {
        all.with_src(root.join(format!("src/{one}.rs")))
    });
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    let header = for_c(&String::from_utf8(header).unwrap());
    let path = root.join("keepmum.h");
    if std::env::var_os("KEEPMUM_BLESS").is_some() {
        std::fs::write(&path, &header).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == header, "run KEEPMUM_BLESS=1 cargo test -p keepmum-c header");
}

/// Without what the comments say to Rust alone.
fn for_c(header: &str) -> String {
    let mut out = String::new();
    let mut safety = false;
    for line in header.lines() {
        safety = line == "// # Safety" || safety && line.starts_with("//");
        if safety {
            continue;
        }
        if !line.starts_with("//") && out.ends_with("\n//\n") {
            out.truncate(out.len() - "//\n".len());
        }
        out += line;
        out.push('\n');
    }
    out
}

#[test]
fn compilers_of_c_and_of_cpp_take_the_header() {
    for language in ["-xc", "-xc++"] {
        let done = Command::new("cc")
            .args([
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Werror",
                "-fsyntax-only",
                language,
                "keepmum.h",
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(done.unwrap().success(), "{language}");
    }
}
