//! Imports go down only: words ◂ knowledge ◂ engine ◂ surface ◂ sources ◂ configuration ◂ adapters ◂ program.

use std::path::Path;

/// Layers from the lowest; a module may import from its own and from lower ones.
const LAYERS: &[&[&str]] = &[
    &["span", "finding", "error", "limits", "names"],
    &["rule", "check", "allow", "secret"],
    &["detect", "scan", "replace"],
    &["redactor", "stream", "structured"],
    &["source", "store", "audit", "memory", "observer", "guard"],
    &["config", "net"],
    &["subscriber", "otel", "prompt"],
    &["proxy", "serve", "hook", "sweep"],
    &["cli", "main", "lib"],
];

/// What the layers up to the engine must not touch.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::io",
    "std::thread",
    "std::time",
    "tokio",
    "println!",
];

#[test]
fn imports_go_down_only() {
    for (file, text) in sources(Path::new("src")) {
        let own = layer(module(&file)).unwrap_or_else(|| panic!("{file}: name its layer"));
        for imported in text.split("crate::").skip(1) {
            let name: String =
                imported.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if let Some(used) = layer(&name) {
                assert!(used <= own, "{file} imports `{name}`, which lies above it");
            }
        }
    }
}

#[test]
fn the_engine_touches_bytes_and_nothing_else() {
    for (file, text) in sources(Path::new("src")) {
        if layer(module(&file)) <= Some(2) {
            let code = text.split("#[cfg(test)]").next().unwrap_or("");
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            let outside =
                lines.flat_map(|line| OUTSIDE.iter().filter(move |word| line.contains(**word)));
            assert_eq!(outside.collect::<Vec<_>>(), Vec::<&&str>::new(), "{file}");
        }
    }
}

#[test]
fn unsafe_code_stands_in_two_files() {
    let mut with: Vec<_> = sources(Path::new("src"));
    with.retain(|(_, text)| text.contains("unsafe {"));
    with.sort();
    assert_eq!(
        with.into_iter().map(|(file, _)| file).collect::<Vec<_>>(),
        ["src/scan/prefilter/avx2.rs", "src/subscriber/redacting.rs"]
    );
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// `src/scan/tail.rs` belongs to `scan`.
fn module(file: &str) -> &str {
    let inside = file.trim_start_matches("src/");
    inside.split('/').next().unwrap_or("").trim_end_matches(".rs")
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    found
}
