//! Lists the built-in rule files, so that adding a vendor is adding a file.

use std::fmt::Write as _;
use std::path::Path;
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
    let mut list = String::from("&[\n");
    for name in names {
        let path = Path::new(&root).join(folder).join(&name);
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    list.push(']');
    let out = env::var("OUT_DIR").expect("set by cargo");
    fs::write(Path::new(&out).join("builtin_rules.rs"), list).expect("a writable OUT_DIR");
}
