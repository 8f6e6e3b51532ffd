//! Options of a `[FILTER]` section.

use std::ffi::CStr;

/// Who knows what the section says.
pub(crate) trait Options {
    /// The value of an option, if it is there.
    fn value(&self, key: &CStr) -> Option<Vec<u8>>;
}

/// The value of an option that has to be there.
pub(crate) fn required(options: &impl Options, key: &CStr) -> Result<String, String> {
    match text(options, key)? {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(format!("option `{}` is missing", name(key))),
    }
}

/// What stands between the commas of an option; nothing if it is not there.
pub(crate) fn list(options: &impl Options, key: &CStr) -> Result<Vec<String>, String> {
    let Some(value) = text(options, key)? else { return Ok(Vec::new()) };
    let list: Vec<String> = value.split(',').map(|item| item.trim().to_owned()).collect();
    match list.iter().any(|item| !item.chars().any(char::is_alphanumeric) && item != "*") {
        true => Err(format!("option `{}` has an item that names nothing", name(key))),
        false => Ok(list),
    }
}

fn text(options: &impl Options, key: &CStr) -> Result<Option<String>, String> {
    let Some(value) = options.value(key) else { return Ok(None) };
    let text = String::from_utf8(value);
    let text = text.map_err(|_| format!("option `{}` is no UTF-8", name(key)))?;
    Ok(Some(text.trim().to_owned()))
}

fn name(key: &CStr) -> String {
    key.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Is(&'static [u8]);

    impl Options for Is {
        fn value(&self, _: &CStr) -> Option<Vec<u8>> {
            Some(self.0.to_vec())
        }
    }

    #[test]
    fn lists_have_names_and_nothing_else() {
        assert_eq!(
            list(&Is(b" session id ,pin"), c"hide"),
            Ok(vec!["session id".into(), "pin".into()])
        );
        for wrong in [&b""[..], b"a,,b", b"a, --", b"\xff"] {
            let error = list(&Is(wrong), c"hide").expect_err("refused");
            assert!(error.starts_with("option `hide` "), "{error}");
        }
        assert!(required(&Is(b" "), c"config").is_err());
    }
}
