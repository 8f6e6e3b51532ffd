//! Names of options that were meant otherwise. The host tells the value behind a name, and no names: so those are asked for that
//! a slip of the finger makes of the right ones, and some that one might guess.

use std::ffi::CString;

use crate::options::Options;

/// All that there are.
const KNOWN: [&str; 4] = ["config", "hide", "skip", "tags"];

/// What somebody might guess.
const GUESSED: [(&str, &str); 14] = [
    ("config_file", "config"),
    ("configuration", "config"),
    ("fields", "hide"),
    ("hidden", "hide"),
    ("hide_field", "hide"),
    ("hide_fields", "hide"),
    ("hide_keys", "hide"),
    ("redact", "hide"),
    ("redact_fields", "hide"),
    ("exclude", "skip"),
    ("ignore", "skip"),
    ("skip_fields", "skip"),
    ("skip_keys", "skip"),
    ("match_tags", "tags"),
];

/// Refuses a section that has such a name.
pub(crate) fn refuse(options: &impl Options) -> Result<(), String> {
    let guessed = GUESSED.iter().map(|(name, meant)| ((*name).to_owned(), *meant));
    let slips = KNOWN.into_iter().flat_map(|meant| slips(meant).map(move |name| (name, meant)));
    for (name, meant) in guessed.chain(slips) {
        let Ok(key) = CString::new(name) else { continue };
        if options.value(&key).is_some() {
            let name = key.to_string_lossy();
            return Err(format!("there is no option `{name}`; did you mean `{meant}`?"));
        }
    }
    Ok(())
}

/// What is one letter away from `name`: too many, too few, another one, or two that changed places.
fn slips(name: &'static str) -> impl Iterator<Item = String> {
    let letters = || ('a'..='z').chain(['_', '-']).map(String::from);
    let cut = move |at: usize| name.split_at(at);
    let without = (0..name.len()).map(move |at| [cut(at).0, cut(at + 1).1].concat());
    let swapped = (1..name.len()).map(move |at| {
        let (before, behind) = (cut(at - 1).0, cut(at + 1).1);
        [before, &name[at..=at], &name[at - 1..at], behind].concat()
    });
    let with = (0..=name.len())
        .flat_map(move |at| letters().map(move |letter| [cut(at).0, &letter, cut(at).1].concat()));
    let other = (0..name.len()).flat_map(move |at| {
        letters().map(move |letter| [cut(at).0, &letter, cut(at + 1).1].concat())
    });
    without.chain(swapped).chain(with).chain(other).filter(|slip| !KNOWN.contains(&&**slip))
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    /// A section with one option.
    struct Has(&'static CStr);

    impl Options for Has {
        fn value(&self, key: &CStr) -> Option<Vec<u8>> {
            (key == self.0).then(Vec::new)
        }
    }

    #[test]
    fn a_slip_is_met_with_what_was_meant() {
        for (name, meant) in [
            (c"hides", "hide"),
            (c"hid", "hide"),
            (c"ihde", "hide"),
            (c"hidd", "hide"),
            (c"skips", "skip"),
            (c"tag", "tags"),
            (c"cofnig", "config"),
            (c"fields", "hide"),
        ] {
            let error = refuse(&Has(name)).expect_err("refused");
            assert!(error.ends_with(&format!("did you mean `{meant}`?")), "{error}");
        }
    }

    #[test]
    fn what_is_right_or_the_host_s_is_not_asked_for() {
        for name in
            [c"config", c"hide", c"skip", c"tags", c"match", c"name", c"alias", c"log_level"]
        {
            assert_eq!(refuse(&Has(name)), Ok(()), "{name:?}");
        }
    }
}
