//! Lists the built-in rule files, so that adding a vendor is adding a file, and has them as JSON, which is read at each start
//! in a fifth of the time. What is known of their patterns becomes tables, which are not read at all.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

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
    let anchors = fs::read_to_string(folder.join("anchors.json")).expect("the list of anchors");
    let anchors = serde_json::from_str(&anchors).expect("a list of anchors");
    fs::write(out.join("anchors.rs"), tables(&anchors)).expect("a writable OUT_DIR");
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

/// What `anchors.json` holds, as the statics `SETS` and `ENTRIES`, the entries by id.
fn tables(anchors: &Value) -> String {
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let mut rules = list(&anchors["rules"]);
    rules.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
    let sets = list(&anchors["sets"]);
    let mut out = format!("const SETS: [ByteSet; {}] = [\n", sets.len());
    for set in sets {
        let _ = writeln!(out, "    ByteSet::of_words({set}),");
    }
    out.push_str("];\nstatic ENTRIES: &[Entry] = &[\n");
    for rule in rules {
        let heads = list(&rule["heads"]);
        let heads = heads.iter().map(|head| {
            let sets: Vec<String> = list(head).iter().map(|at| format!("SETS[{at}]")).collect();
            format!("&[{}]", sets.join(", "))
        });
        let homes = list(&rule["homes"]);
        let homes = homes.iter().map(|home| {
            format!("Home {{ offset: {}, bucket: {} }}", home["offset"], home["bucket"])
        });
        let (heads, homes) = (heads.collect::<Vec<_>>(), homes.collect::<Vec<_>>());
        let _ = writeln!(
            out,
            "    Entry {{ id: {}, text: {}, tells: {}, behind: {}, run: {}, encoded: &{}, heads: &[{}], homes: &[{}] }},",
            rule["id"],
            rule["text"],
            rule["tells"],
            rule["behind"],
            rule["run"],
            rule["encoded"],
            heads.join(", "),
            homes.join(", "),
        );
    }
    out.push_str("];\n");
    out
}
