//! Findings as SARIF 2.1.0, for code scanning services.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeMap;

use keepmum::{Confidence, Origin, Rule};
use serde_json::{Value, json};

use super::Found;

/// The whole document. `complete` says whether every input could be read.
pub(super) fn document(found: &[Found], rules: &[Rule], complete: bool) -> String {
    let used: BTreeMap<&str, Origin> = found.iter().map(|f| (f.rule.as_str(), f.origin)).collect();
    let rules: Vec<Value> =
        used.iter().map(|(id, origin)| descriptor(id, *origin, rules)).collect();
    let index = |f: &Found| used.keys().position(|id| *id == f.rule);
    let results: Vec<Value> = found.iter().map(|f| result(f, index(f))).collect();
    let driver = json!({
        "name": "keepmum",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    let invocations = json!([{"executionSuccessful": complete}]);
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver},
            "columnKind": "utf16CodeUnits",
            "invocations": invocations,
            "results": results,
        }],
    });
    format!("{document}\n")
}

/// A rule, or a known secret by its name.
fn descriptor(id: &str, origin: Origin, rules: &[Rule]) -> Value {
    let rule = rules.iter().find(|rule| origin == Origin::Rule && rule.id == id);
    let text = match (rule, origin) {
        (Some(rule), _) if !rule.description.is_empty() => &rule.description,
        (_, Origin::Secret) => "A known secret",
        (_, Origin::Limit) => "Bytes that were too many to be decided",
        _ => id,
    };
    let level = match rule.map(|rule| rule.confidence) {
        Some(Confidence::Low) => "warning",
        _ => "error",
    };
    let mut value = json!({
        "id": id,
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": level},
    });
    if let Some(reference) = rule.and_then(|rule| rule.reference.as_ref()) {
        value["helpUri"] = json!(reference);
    }
    value
}

/// `index` is that of its rule in the list of rules.
fn result(f: &Found, index: Option<usize>) -> Value {
    let mut result = json!({
        "ruleId": f.rule,
        "ruleIndex": index,
        "message": {"text": format!("{} of {} bytes", f.rule, f.length)},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": uri(&f.path)},
                "region": {"startLine": f.line, "startColumn": f.utf16_column},
            },
        }],
        "partialFingerprints": {"keepmum/v1": f.fingerprint},
    });
    if let Some(layer) = &f.layer {
        result["properties"] = json!({"layer": layer.json()});
    }
    result
}

/// A relative path as a relative reference, an absolute one as a file's URI. What a URI cannot hold is percent-encoded.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    path.bytes().fold(scheme.to_owned(), |mut out, byte| {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
