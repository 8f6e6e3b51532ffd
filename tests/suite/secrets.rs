//! The program and its known secrets: `[[source]]`, environments, `keepmum secrets`.

use std::fs;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::cli::{plain, text};
use crate::sources::{OP, VALUE, script};

/// A folder with a `keepmum.toml`.
fn folder(config: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("keepmum.toml"), config).unwrap();
    folder
}

/// Filters `input` in `folder`, with `variables` as the environment.
fn filter(folder: &TempDir, args: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    fs::write(folder.path().join("input"), input).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args(args).arg("input").current_dir(folder.path()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

/// Sources of two environments; opening production's leaves a mark.
const SCOPED: &str = "
[[source]]
kind = 'env-file'
name = 'dev'
environment = ['dev', 'test']
path = 'dev.env'

[[source]]
kind = 'command'
name = 'production'
environment = 'production'
argv = ['sh', '-c', 'touch mark; echo battery-staple-production']
format = 'value'
";

fn scoped(config: &str) -> TempDir {
    let folder = folder(&format!("{config}{SCOPED}"));
    fs::write(folder.path().join("dev.env"), format!("DB={VALUE}\n")).unwrap();
    folder
}

#[test]
fn a_process_never_opens_the_sources_of_another_environment() {
    let line = format!("{VALUE} battery-staple-production");
    let dev = "[REDACTED:dev.DB] battery-staple-production";
    for (config, args, variables) in [
        ("", &["--environment=dev"][..], &[][..]),
        ("", &[], &[("KEEPMUM_ENVIRONMENT", "test")]),
        ("environment = 'dev'\n", &[], &[]),
        ("environment = 'production'\n", &[], &[("KEEPMUM_ENVIRONMENT", "dev")]),
        ("", &["--environment=dev"], &[("KEEPMUM_ENVIRONMENT", "production")]),
    ] {
        let folder = scoped(config);
        let output = filter(&folder, args, variables, &line);
        assert_eq!(text(&output.stdout), dev, "{config} {}", text(&output.stderr));
        assert!(!folder.path().join("mark").exists(), "{config} {args:?} {variables:?}");
    }
    let folder = scoped("");
    let output = filter(&folder, &["--environment=production"], &[], &line);
    assert_eq!(text(&output.stdout), format!("{VALUE} [REDACTED:production]"));
    assert!(folder.path().join("mark").exists());
}

#[test]
fn a_process_without_an_environment_does_not_start() {
    for (args, why) in [
        (&[][..], "none was named; known are dev, production, test; name it by --environment"),
        (&["--environment=prodution"], "no source belongs to the environment `prodution`"),
        (&["--environment="], "none was named"),
    ] {
        let folder = scoped("");
        let output = filter(&folder, args, &[], VALUE);
        assert_eq!(
            (output.status.code(), text(&output.stdout).as_str()),
            (Some(2), ""),
            "{args:?}"
        );
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
        assert!(!folder.path().join("mark").exists());
    }
}

#[test]
fn what_is_asked_about_rules_opens_no_source() {
    let folder = scoped("environment = 'production'\n");
    assert!(plain(&["rules", "list"], &folder).status.success());
    assert!(!folder.path().join("mark").exists());
}

const FAILING: &str = "
[[source]]
kind = 'command'
name = 'down'
argv = ['sh', '-c', 'echo correct-horse >&2; exit 7']
format = 'json'
";

#[test]
fn a_source_that_fails_refuses_the_start_unless_it_is_optional() {
    let output = filter(&folder(FAILING), &[], &[], "a line");
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""));
    assert!(said.contains("source `down`: `sh` failed: exit status: 7"), "{said}");
    let output = filter(&folder(&format!("{FAILING}optional = true\n")), &[], &[], "a line");
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), "a line"));
    assert!(said.contains("warning: source `down`") && said.contains("without it"), "{said}");
    assert!(!said.contains("horse"), "{said}");
}

#[test]
fn a_mistyped_key_of_a_source_is_met_with_the_nearest() {
    for (key, right) in [("optionl = true", "optional"), ("timout = '5s'", "timeout")] {
        let output =
            plain(&["config", "check"], &folder(&format!("stats = true\n{FAILING}{key}\n")));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2));
        assert!(said.contains(&format!("did you mean `{right}`")), "{said}");
        assert!(said.contains("keepmum.toml:"), "{said}");
    }
}

#[test]
fn op_is_found_in_the_path() {
    let folder = folder("[[source]]\nkind = '1password'\nname = 'op'\nvault = 'production'\n");
    script(&folder.path().join("op"), OP);
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let output = filter(&folder, &[], &[("PATH", &path)], "pw: correct-horse-db");
    assert_eq!(text(&output.stdout), "pw: [REDACTED:op.db.password]", "{}", text(&output.stderr));
}

#[test]
fn secrets_are_listed_without_their_values() {
    let config = "env-file = ['dev.env']\n[[source]]\nkind = 'file'\nname = 'tls'\npath = 'key'\nrefresh = '5m'\n";
    let folder = folder(config);
    fs::write(folder.path().join("dev.env"), format!("DB={VALUE}\nMODE=on\n")).unwrap();
    fs::write(folder.path().join("key"), "battery-staple-key\n").unwrap();
    let output = plain(&["secrets", "list", "--format=json"], &folder);
    let rows: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["DB", "MODE", "tls"]);
    assert_eq!((&rows[0]["kind"], &rows[0]["generation"]), (&"env-file".into(), &1.into()));
    assert!(rows[0]["source"].as_str().unwrap().ends_with("dev.env"));
    assert!(rows[0]["forms"].as_u64().unwrap() >= 1 && rows[1]["forms"] == 0);
    assert!(rows[0]["next_refresh_seconds"].is_null());
    let next = rows[2]["next_refresh_seconds"].as_u64().unwrap();
    assert!((1..=300).contains(&next), "{next}");
    let table = text(&plain(&["secrets", "list"], &folder).stdout);
    assert!(table.starts_with("NAME  SOURCE") && table.contains("tls"), "{table}");
    for said in [&output.stdout, &output.stderr, table.as_bytes()].map(text) {
        assert!(!said.contains("horse") && !said.contains("staple"), "{said}");
    }
}

/// Values that are wrong in every way, and a sample.
fn bad() -> TempDir {
    let folder = folder("env-file = ['a.env', 'b.env']\n");
    fs::write(
        folder.path().join("a.env"),
        format!("DB={VALUE}\nURL=postgres://app:{VALUE}@db\nMODE=on\n"),
    )
    .unwrap();
    fs::write(
        folder.path().join("b.env"),
        format!("DB={VALUE}\nCOPY={VALUE}\nUSER=admin\nNONE=\n"),
    )
    .unwrap();
    fs::write(folder.path().join("sample"), format!("on {VALUE} on admin\n{VALUE}\n")).unwrap();
    folder
}

#[test]
fn bad_and_colliding_secrets_are_named() {
    let folder = bad();
    let output = plain(&["secrets", "check", "sample"], &folder);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for line in [
        "secret `MODE` is not looked for: its value is shorter than 4 bytes",
        "secret `USER` is not looked for: its value is a common word",
        "secret `NONE` is not looked for: its value is empty",
        "secret `DB` has a value that stands inside that of `URL`",
        "secret `COPY` has the same value as `DB`",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("`DB` has the same value as `DB`"), "{said}");
    let counted: Vec<Vec<&str>> = said
        .lines()
        .skip_while(|line| !line.starts_with("NAME"))
        .map(|l| l.split_whitespace().take(2).collect())
        .collect();
    for row in [["MODE", "2"], ["USER", "1"], ["NONE", "0"], ["URL", "0"]] {
        assert!(counted.contains(&row.to_vec()), "{row:?}: {said}");
    }
    assert!(!said.contains("horse"), "{said}");
}

#[test]
fn a_sample_can_come_by_standard_input_and_be_told_as_json() {
    let folder = bad();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args(["secrets", "check", "-", "--format=json"]).current_dir(folder.path()).env_clear();
    command.stdin(fs::File::open(folder.path().join("sample")).unwrap());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let rows: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mode = rows.iter().find(|row| row["name"] == "MODE" && row["hits"].is_u64()).unwrap();
    let size = fs::metadata(folder.path().join("sample")).unwrap().len() as f64;
    assert_eq!((&mode["hits"], mode["hits_per_mb"].as_f64()), (&2.into(), Some(2e6 / size)));
    assert!(rows.iter().any(|row| row["name"] == "COPY" && row["other"] == "DB"));
}

#[test]
fn good_secrets_are_called_good() {
    let folder = folder("env-file = ['a.env']\n");
    fs::write(folder.path().join("a.env"), format!("DB={VALUE}\nKEY=battery-staple-8\n")).unwrap();
    let output = plain(&["secrets", "check"], &folder);
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(0), "known secrets: 2, all good\n")
    );
    let missing = plain(&["secrets", "check", "no-such-sample"], &folder);
    assert_eq!(missing.status.code(), Some(3));
}
