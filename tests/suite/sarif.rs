//! What `scan --format sarif` writes, held against the JSON schema of SARIF 2.1.0 and what the standard asks beyond it.
//!
//! The schema is the standard body's; it is read from the sources of the crate `serde-sarif`, where cargo has them.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::cli::{plain, text, tree};

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = std::fs::read_to_string(crate_folder("serde-sarif").join("src/schema.json"));
    // One pattern, of the names of languages, has a bracket too many for the validator.
    let schema = schema.unwrap().replace("{2}]?$", "{2}?$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap()
});

/// The folder of a dependency's sources.
fn crate_folder(name: &str) -> PathBuf {
    let cargo = |args: &[&str]| {
        let output = Command::new(env!("CARGO")).args(args).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        output.stdout
    };
    let version = text(&cargo(&["-vV"]));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata = ["metadata", "--offline", "--format-version=1", "--filter-platform", host];
    let metadata = cargo(&[&metadata[..], &["--manifest-path", manifest]].concat());
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == name).unwrap();
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}

/// Why `document` is no good SARIF.
fn fault(document: &Value) -> Option<String> {
    let invalid = SCHEMA.iter_errors(document).next().map(|error| error.to_string());
    invalid.or_else(|| beyond_the_schema(document).err())
}

/// What the standard asks and a schema cannot say.
fn beyond_the_schema(document: &Value) -> Result<(), String> {
    if document["version"] != "2.1.0" || !document["$schema"].is_string() {
        return Err("no version or schema".into());
    }
    for run in document["runs"].as_array().ok_or("no runs")? {
        let rules = run["tool"]["driver"]["rules"].as_array().ok_or("no rules")?;
        let ids: HashSet<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
        if ids.len() != rules.len() {
            return Err("two rules have one id".into());
        }
        for result in run["results"].as_array().ok_or("no results")? {
            let rule = result["ruleIndex"].as_u64().and_then(|at| rules.get(at as usize));
            if rule.is_none_or(|rule| rule["id"] != result["ruleId"]) {
                return Err("the index leads to no such rule".into());
            }
            let place = &result["locations"][0]["physicalLocation"];
            let region = &place["region"];
            let counted = |key: &str| region[key].as_u64().is_some_and(|at| at >= 1);
            if !counted("startLine") || !counted("startColumn") {
                return Err("no place in the file".into());
            }
            relative(place["artifactLocation"]["uri"].as_str().unwrap_or(""))?;
        }
    }
    Ok(())
}

/// Whether `uri` is a relative reference in which everything else is percent-encoded.
fn relative(uri: &str) -> Result<(), String> {
    let mut rest = uri.bytes();
    while let Some(byte) = rest.next() {
        let escape =
            byte == b'%' && (0..2).all(|_| rest.next().is_some_and(|b| b.is_ascii_hexdigit()));
        if !(escape || byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte)) {
            return Err(format!("`{uri}` holds what has to be encoded"));
        }
    }
    if uri.is_empty() || uri.starts_with('/') {
        return Err(format!("`{uri}` is not relative"));
    }
    Ok(())
}

/// What the program writes for a tree with findings of two rules, one of them in a file with an odd name.
fn document() -> Value {
    let (folder, token) = tree();
    let odd = folder.path().join("a b:c%\u{e9}#?.env");
    std::fs::write(odd, format!("\u{1f980} {token}\npassword = 'Tr0ub4dor-3'\n")).unwrap();
    let output = plain(&["scan", "--format=sarif"], &folder);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains(&token[6..]));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn findings_are_good_sarif() {
    let document = document();
    assert_eq!(fault(&document), None);
    let results = document["runs"][0]["results"].as_array().unwrap();
    let place = |at: usize| &results[at]["locations"][0]["physicalLocation"];
    assert_eq!(results.len(), 3);
    assert_eq!(place(0)["artifactLocation"]["uri"], "a%20b%3Ac%25%C3%A9%23%3F.env");
    // The crab is two units of UTF-16.
    assert_eq!(place(0)["region"], json!({"startLine": 1, "startColumn": 4}));
    assert_eq!(place(1)["region"], json!({"startLine": 2, "startColumn": 13}));
    assert_eq!(place(2)["artifactLocation"]["uri"], "a.env");
    assert_eq!(results[0]["ruleIndex"], results[2]["ruleIndex"]);
}

#[test]
fn no_findings_are_good_sarif() {
    let (folder, _) = tree();
    let output = plain(&["scan", "--format=sarif", ".gitignore"], &folder);
    assert_eq!(output.status.code(), Some(0));
    let document = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(fault(&document), None);
    assert_eq!(document["runs"][0]["results"], json!([]));
}

#[test]
fn an_absolute_path_is_a_file_s_uri() {
    let (folder, _) = tree();
    let path = folder.path().canonicalize().unwrap().join("a.env").display().to_string();
    let output = plain(&["scan", "--format=sarif", &path], &folder);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(SCHEMA.is_valid(&document));
    let place = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], format!("file://{path}"));
}

/// A validator that lets everything pass would prove nothing.
#[test]
fn a_document_with_one_wrong_value_is_refused() {
    let good = document();
    let result = "/runs/0/results/0";
    let region = "/runs/0/results/0/locations/0/physicalLocation/region";
    let uri = "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri";
    let wrong = [
        ("/version", json!("2.0.0")),
        ("/$schema", json!("no uri")),
        ("/runs/0/tool", json!({})),
        ("/runs/0/tool/driver/name", json!(null)),
        ("/runs/0/columnKind", json!("bytes")),
        ("/runs/0/tool/driver/rules/0/defaultConfiguration/level", json!("fatal")),
        ("/runs/0/tool/driver/rules/1/helpUri", json!(7)),
        (result, json!({"ruleId": "a"})),
        ("/runs/0/results/0/message", json!({})),
        ("/runs/0/results/0/partialFingerprints", json!({"a": 1})),
        ("/runs/0/results", json!("none")),
        (region, json!({"startLine": 0, "startColumn": 1})),
        (region, json!({"startLine": 1, "startColumn": 0})),
        (region, json!({"startLine": 1, "startColumn": 1, "colour": "red"})),
        (uri, json!("a b.env")),
        (uri, json!("/a.env")),
        (uri, json!("a%2.env")),
        ("/runs/0/results/0/ruleIndex", json!(-2)),
        ("/runs/0/results/0/ruleIndex", json!(99)),
        (
            "/runs/0/tool/driver/rules/1/id",
            good["runs"][0]["tool"]["driver"]["rules"][0]["id"].clone(),
        ),
    ];
    for (pointer, value) in wrong {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = value.clone();
        assert!(fault(&bad).is_some(), "{pointer}: {value}");
    }
}
