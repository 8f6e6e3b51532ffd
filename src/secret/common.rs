//! Values that stand everywhere and so cannot be hidden.

/// Words that are refused as known secrets unless forced, in lower case.
const WORDS: &[&str] = &[
    "admin",
    "administrator",
    "bearer",
    "changed",
    "changeme",
    "config",
    "debug",
    "default",
    "development",
    "disabled",
    "docker",
    "enabled",
    "error",
    "example",
    "false",
    "guest",
    "http",
    "https",
    "info",
    "localhost",
    "master",
    "mysql",
    "none",
    "null",
    "passwd",
    "password",
    "postgres",
    "prod",
    "production",
    "public",
    "redis",
    "root",
    "secret",
    "service_account",
    "staging",
    "test",
    "testing",
    "token",
    "true",
    "undefined",
    "user",
    "username",
    "value",
    "warn",
    "warning",
];

/// Whether `value` is a common word, whatever its case.
pub(super) fn is_common(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    WORDS.binary_search_by(|word| word.as_bytes().cmp(&lower)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted() {
        assert!(WORDS.is_sorted());
        assert!(is_common(b"LocalHost") && !is_common(b"localhosts"));
    }
}
