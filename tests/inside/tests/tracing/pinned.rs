//! The versions that `src/subscriber/unstable.rs` was read against.

#[test]
fn another_version_of_tracing_core_has_to_be_read_first() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
    let lock = lock.unwrap();
    let (_, version) = lock.split_once("name = \"tracing-core\"\nversion = \"").unwrap();
    let (version, _) = version.split_once('"').unwrap();
    assert_eq!(version, "0.1.36", "read `value_set_all` and `Identifier.0` again, see unstable.rs");
}
