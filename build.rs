//! Lists the built-in rule files, so that adding a vendor is adding a file, and has them as JSON, which is read at each start
//! in a fifth of the time.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let folder = Path::new("src/rule/builtin");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder of built-in rules")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let root = env::var("CARGO_MANIFEST_DIR").expect("set by cargo");
    let paths: Vec<PathBuf> =
        names.iter().map(|name| Path::new(&root).join(folder).join(name)).collect();
    let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("builtin_rules.rs"), list(&names, &paths)).expect("a writable OUT_DIR");
    fs::write(out.join("builtin_rules.json"), json(&names, &paths)).expect("a writable OUT_DIR");
}

/// Name and text of each file, as Rust.
fn list(names: &[String], paths: &[PathBuf]) -> String {
    let mut list = String::from("&[\n");
    for (name, path) in names.iter().zip(paths) {
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    list.push(']');
    list
}

/// `[[name, file], …]`, with what each file says.
fn json(names: &[String], paths: &[PathBuf]) -> String {
    let files = names.iter().zip(paths).map(|(name, path)| {
        let text = fs::read_to_string(path).expect("a file that was just listed");
        let file: toml::Value = match toml::from_str(&text) {
            Ok(file) => file,
            Err(error) => panic!("{name}: {error}"),
        };
        (name, file)
    });
    serde_json::to_string(&files.collect::<Vec<_>>()).expect("TOML without dates is JSON")
}
