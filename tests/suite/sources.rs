//! Sources of secrets: what they give, what they are called, how they are declared.

use std::fs;
use std::time::Duration;

use keepmum::Redactor;
use keepmum::source::{Declared, EnvFile, Scope, Source, in_scope};
use tempfile::TempDir;

/// Plain words; built from two, so that a search for it finds no test.
pub(crate) const VALUE: &str = concat!("correct-horse", "-battery-7");

/// The source of an entry as it stands in `keepmum.toml`.
pub(crate) fn declared(toml: &str) -> Declared {
    toml::from_str(toml).unwrap_or_else(|error| panic!("{toml}: {}", error.message()))
}

fn refused(toml: &str) -> String {
    toml::from_str::<Declared>(toml).expect_err(toml).message().to_owned()
}

fn names(source: &mut dyn Source) -> Vec<String> {
    let fetched = source.fetch().unwrap();
    fetched.secrets.iter().map(|secret| secret.name().to_owned()).collect()
}

/// What a redactor that knows what `source` gives makes of `input`.
fn redacted(source: &mut dyn Source, input: &str) -> String {
    let secrets = source.fetch().unwrap().secrets;
    let builder = secrets.into_iter().try_fold(Redactor::builder(), |all, one| all.known(one));
    builder.unwrap().build().unwrap().redact_str(input).into_owned()
}

#[test]
fn an_entry_tells_name_scope_and_times() {
    let entry = declared(
        "kind = 'file'\nname = 'tls'\npath = 'key'\nenvironment = ['staging', 'production']\n\
         optional = true\nrefresh = '1h 30m'\noverlap = '2days'",
    );
    assert_eq!((entry.kind(), entry.name(), entry.is_optional()), ("file", "tls", true));
    assert_eq!(entry.refresh(), Some(Duration::from_secs(5400)));
    assert_eq!(entry.overlap(), Some(Duration::from_secs(2 * 86_400)));
    let own = vec!["staging".to_owned(), "production".to_owned()];
    assert_eq!(entry.scope(), &Scope::Environments(own));
    let plain = declared("kind = 'environment'\nname = 'env'");
    assert_eq!((plain.scope(), plain.is_optional()), (&Scope::Everywhere, false));
    assert_eq!((plain.refresh(), plain.overlap()), (None, None));
}

#[test]
fn an_entry_that_means_nothing_is_refused() {
    for (toml, why) in [
        ("name = 'a'", "missing field `kind`"),
        ("kind = 'file'\npath = 'x'", "missing field `name`"),
        ("kind = 'file'\nname = 'a'", "missing field `path`"),
        ("kind = 'fil'\nname = 'a'", "kind: use environment"),
        ("kind = 'file'\nname = 'a b'\npath = 'x'", "name: use"),
        ("kind = 'file'\nname = 'a'\npath = 'x'\nenvironment = []", "it names none"),
        ("kind = 'file'\nname = 'a'\npath = 'x'\nrefresh = '5'", "write a duration"),
        ("kind = 'file'\nname = 'a'\npath = 'x'\nrefresh = '0s'", "write a duration"),
        ("kind = 'file'\nname = 'a'\npth = 'x'", "unknown field `pth`, expected `path`, `kind`"),
        ("kind = 'file'\nname = 'a'\npath = 'x'\noptionl = true", "`optional`"),
    ] {
        let said = refused(toml);
        assert!(said.contains(why), "{toml}: {said}");
    }
}

#[test]
fn a_kind_of_another_build_is_told_apart_from_an_unknown_one() {
    for kind in ["vault", "aws", "gcp"] {
        let entry = format!("kind = '{kind}'\nname = 'a'");
        if let Err(error) = toml::from_str::<Declared>(&entry) {
            let said = error.message();
            assert!(!said.contains("use environment"), "{said}");
        }
    }
}

fn scoped(environment: &str) -> Declared {
    Declared::env_file("x").named("one").belonging_to([environment])
}

#[test]
fn a_process_gets_the_sources_of_its_environment_alone() {
    let all = vec![scoped("dev"), scoped("production"), Declared::env_file("y").named("two")];
    let own = in_scope(all.clone(), Some("production")).unwrap();
    assert_eq!(own.len(), 2);
    assert!(own.iter().all(|source| source.scope().admits(Some("production"))));
    let unnamed = in_scope(all.clone(), None).unwrap_err();
    assert!(unnamed.is_denied() && unnamed.to_string().contains("dev, production"), "{unnamed}");
    let mistyped = in_scope(all, Some("prodution")).unwrap_err();
    assert!(mistyped.is_missing() && mistyped.to_string().contains("production"), "{mistyped}");
    assert_eq!(in_scope(vec![Declared::env_file("y")], None).unwrap().len(), 1);
}

#[test]
fn two_sources_of_one_environment_have_two_names() {
    let twice = in_scope(vec![scoped("dev"), scoped("dev")], Some("dev")).unwrap_err();
    assert!(twice.is_malformed() && twice.to_string().contains("`one`"), "{twice}");
    let unnamed = vec![Declared::env_file("x"), Declared::env_file("y")];
    assert_eq!(in_scope(unnamed, None).unwrap().len(), 2);
}

#[test]
fn secrets_are_called_by_source_and_path() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(".env"), format!("DB_PASSWORD={VALUE}\n")).unwrap();
    let entry = "kind = 'env-file'\nname = 'prod'\npath = '.env'";
    let mut source = declared(entry).relative_to(folder.path()).open().unwrap();
    assert_eq!(source.name(), "prod");
    assert_eq!(redacted(&mut *source, VALUE), "[REDACTED:prod.DB_PASSWORD]");
    let mut bare = EnvFile::new(folder.path().join(".env"));
    assert_eq!(names(&mut bare), ["DB_PASSWORD"]);
}
