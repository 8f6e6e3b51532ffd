//! The program, from outside.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::cases::cases;

const VALUE: &str = "correct-horse-battery-7";

fn keepmum(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.arg("--no-config").args(args).env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// A folder with an env file that names [`VALUE`].
fn folder() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("demo.env");
    fs::write(&path, format!("DB_PASSWORD={VALUE}\n")).unwrap();
    (folder, path.display().to_string())
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_case_runs_through_the_filter() {
    for case in cases() {
        let folder = TempDir::new().unwrap();
        for (at, value) in case.secrets.iter().enumerate() {
            fs::write(folder.path().join(format!("s{at}")), value).unwrap();
        }
        let secrets = format!("--secrets-file={}", folder.path().display());
        let mut args = vec!["--replacement=fixed:#", secrets.as_str()];
        match (case.paranoid, case.rules) {
            (true, _) => args.push("--profile=paranoid"),
            (false, true) => {}
            (false, false) => args.push("--only-known"),
        }
        let output = run(keepmum(&args), &case.input());
        assert_eq!(text(&output.stdout), text(&case.output()), "{}", case.name);
        assert!(output.status.success());
    }
}

/// Scenario 33.
#[test]
fn every_other_byte_stays() {
    let (_folder, env) = folder();
    let all: Vec<u8> = (0..=255).collect();
    let input = [&all[..], b"\r\n", VALUE.as_bytes(), b"\r", &all].concat();
    let expected = [&all[..], b"\r\n[REDACTED:DB_PASSWORD]\r", &all].concat();
    assert_eq!(run(keepmum(&["--env-file", &env]), &input).stdout, expected);
}

#[test]
fn a_line_of_many_mebibytes_passes() {
    let input = vec![b'x'; 20 << 20];
    assert!(run(keepmum(&[]), &input).stdout == input);
}

#[test]
fn a_prompt_is_shown_before_the_input_ends() {
    let mut child = keepmum(&[]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"Enter a value: ").unwrap();
    let mut shown = [0; 15];
    child.stdout.as_mut().unwrap().read_exact(&mut shown).unwrap();
    assert_eq!(&shown, b"Enter a value: ");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_held_beginning_is_shown_after_silence() {
    let (_folder, env) = folder();
    let mut child = keepmum(&["--env-file", &env, "--idle-release=10"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"corr").unwrap();
    let mut shown = [0; 4];
    child.stdout.as_mut().unwrap().read_exact(&mut shown).unwrap();
    assert_eq!(&shown, b"corr");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// Scenario 29.
#[test]
fn sigterm_ends_the_input_and_the_output_in_order() {
    let (_folder, env) = folder();
    let mut child = keepmum(&["--env-file", &env, "--idle-release=off"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("a\n{}", &VALUE[..12]).as_bytes()).unwrap();
    let mut shown = [0; 2];
    child.stdout.as_mut().unwrap().read_exact(&mut shown).unwrap();
    assert_eq!(signal(&child, "TERM"), 0);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(143), "[REDACTED:DB_PASSWORD]".into())
    );
    drop(stdin);
}

pub(crate) fn signal(child: &Child, name: &str) -> i32 {
    let status = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
    status.unwrap().code().unwrap_or(1)
}

#[test]
fn nobody_reading_is_success() {
    let mut child = keepmum(&[]).spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let chunk = vec![b'x'; 1 << 16];
    for _ in 0..1000 {
        if stdin.write_all(&chunk).is_err() {
            break;
        }
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Scenario 30.
#[test]
fn a_full_disk_is_told() {
    let mut command = keepmum(&[]);
    command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let output = run(command, b"hello\n");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("standard output"));
}

#[test]
fn a_missing_file_is_named() {
    let output = run(keepmum(&["no-such-file"]), b"");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("no-such-file"));
}

#[test]
fn files_keep_their_order_with_jobs() {
    let (folder, env) = folder();
    let mut args = vec!["--jobs=3".to_owned(), format!("--env-file={env}")];
    let mut expected = String::new();
    for at in 0..9 {
        let path: PathBuf = folder.path().join(format!("{at}.log"));
        fs::write(&path, format!("{at} {VALUE}\n").repeat(10_000 / (at + 1))).unwrap();
        expected += &format!("{at} [REDACTED:DB_PASSWORD]\n").repeat(10_000 / (at + 1));
        args.push(path.display().to_string());
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert!(text(&run(keepmum(&args), b"").stdout) == expected);
}

#[test]
fn a_report_tells_places_and_no_values() {
    let (folder, env) = folder();
    let path = folder.path().join("found.jsonl");
    let report = format!("--report={}", path.display());
    let output = run(
        keepmum(&["--env-file", &env, &report, "--stats"]),
        format!("a\nb {VALUE}\n").as_bytes(),
    );
    let rows = fs::read_to_string(&path).unwrap();
    let row: serde_json::Value = serde_json::from_str(rows.trim()).unwrap();
    assert_eq!(
        (&row["name"], &row["line"], &row["offset"]),
        (&"DB_PASSWORD".into(), &2.into(), &4.into())
    );
    assert!(!rows.contains(VALUE) && !text(&output.stderr).contains(VALUE));
    assert!(text(&output.stderr).contains("1 redactions"));
}

#[test]
fn json_stays_json() {
    let folder = tempfile::tempdir().unwrap();
    let env = folder.path().join(".env");
    fs::write(&env, "PIN=48151623\nPHRASE='a \"quoted\" phrase'\n").unwrap();
    let (env, report) = (env.display().to_string(), folder.path().join("found.jsonl"));
    let line = r#"{"at": 48151623, "text": "a \u0022quoted\" phrase"}"#;
    let redacted = r#"{"at": "[REDACTED:PIN]", "text": "[REDACTED:PHRASE]"}"#;
    let input = format!("{line}\nno JSON 48151623\n{line}\n");
    let expected = format!("{redacted}\nno JSON [REDACTED:PIN]\n{redacted}\n");
    let report_to = format!("--report={}", report.display());
    let output = run(keepmum(&["--json", "--env-file", &env, &report_to]), input.as_bytes());
    assert_eq!((text(&output.stdout), text(&output.stderr)), (expected.clone(), String::new()));
    let rows = fs::read_to_string(&report).unwrap();
    let places: Vec<_> = rows
        .lines()
        .map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap())
        .map(|row| (row["line"].as_u64().unwrap(), row["offset"].as_u64().unwrap() as usize))
        .collect();
    let second = line.len() + 1;
    assert_eq!(places[..3], [(1, 7), (1, 26), (2, second + 8)]);
    assert_eq!(places.len(), 5);

    let (file, config) = (folder.path().join("app.log"), folder.path().join("keepmum.toml"));
    fs::write(&file, &input).unwrap();
    fs::write(&config, "json = true\n").unwrap();
    let file = file.display().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args([
        "--config",
        &config.display().to_string(),
        "--env-file",
        &env,
        "--jobs=2",
        &file,
        &file,
    ]);
    command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    assert_eq!(text(&run(command, b"").stdout), expected.repeat(2));
}

#[test]
fn variables_are_chosen_by_the_whole_name() {
    let mut command = keepmum(&["--secrets-from-env", "--only-known"]);
    command
        .env("A_SECRET", "value-of-a-secret")
        .env("B_SECRETS", "value-of-b-secrets")
        .env("C_TOKEN", "true");
    let output = run(command, b"value-of-a-secret value-of-b-secrets true");
    assert_eq!(text(&output.stdout), "[REDACTED:A_SECRET] value-of-b-secrets true");
    assert!(text(&output.stderr).contains("C_TOKEN"));
}

#[test]
fn an_unknown_key_is_met_with_the_nearest() {
    let (folder, _) = folder();
    let path = folder.path().join("keepmum.toml");
    fs::write(&path, "stats = true\nreplacment = 'mask'\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args(["config", "check"]).arg(&path).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(
        message.contains("keepmum.toml:2") && message.contains("did you mean `replacement`"),
        "{message}"
    );
}

#[test]
fn a_configuration_is_in_force() {
    let (folder, _) = folder();
    let path = folder.path().join("keepmum.toml");
    let config = "env-file = ['demo.env']\nreplacement = 'mask'\n[replacements]\nDB_PASSWORD = 'fixed:<pw>'\n\
                  [[allow.values]]\nvalue = 'Tr0ub4dor-3'\nreason = 'an example'\n";
    fs::write(&path, config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.arg("--config").arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped());
    let input = format!("{VALUE} password=Tr0ub4dor-3 password=Tr0ub4dor-4");
    assert_eq!(
        text(&run(command, input.as_bytes()).stdout),
        "<pw> password=Tr0ub4dor-3 password=***********"
    );
}

#[test]
fn a_bad_env_file_is_named_and_not_quoted() {
    let (folder, _) = folder();
    let path = folder.path().join("bad.env");
    fs::write(&path, format!("GOOD=x\n{VALUE} = = '\n")).unwrap();
    let output = run(keepmum(&["--env-file", &path.display().to_string()]), b"");
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("bad.env") && !message.contains("horse"), "{message}");
}

#[test]
fn an_env_file_s_error_names_the_line() {
    let (folder, _) = folder();
    let path = folder.path().join("bad.env");
    fs::write(&path, "# three lines before\n\nGOOD=\"a\nb\"\nno pair\n").unwrap();
    let output = run(keepmum(&["--env-file", &path.display().to_string()]), b"");
    assert!(text(&output.stderr).contains("bad.env:5:"), "{}", text(&output.stderr));
}

#[test]
fn a_report_tells_the_line_where_a_long_secret_begins() {
    let folder = TempDir::new().unwrap();
    let (secret, report) = (folder.path().join("LONG"), folder.path().join("found.jsonl"));
    let value: String = (0..40_000).map(|line| format!("row {line}\n")).collect();
    fs::write(&secret, &value).unwrap();
    let args = [
        "--only-known".to_owned(),
        format!("--secrets-file={}", secret.display()),
        format!("--report={}", report.display()),
    ];
    run(keepmum(&args.each_ref().map(String::as_str)), format!("a\nb\n{value}c\n").as_bytes());
    let rows = fs::read_to_string(&report).unwrap();
    let first: serde_json::Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    assert_eq!((&first["line"], &first["offset"]), (&3.into(), &4.into()), "{rows}");
}

#[test]
fn a_redaction_at_the_end_is_shown_after_silence() {
    let (_folder, env) = folder();
    let args = ["--env-file", &env, "--idle-release=10"];
    let mut child = keepmum(&args).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(VALUE.as_bytes()).unwrap();
    let mut shown = [0; 22];
    child.stdout.as_mut().unwrap().read_exact(&mut shown).unwrap();
    assert_eq!(&shown, b"[REDACTED:DB_PASSWORD]");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn globs_of_both_places_add_up() {
    let (folder, _) = folder();
    let path = folder.path().join("keepmum.toml");
    fs::write(&path, "secrets-from-env = ['ONE']\nonly-known = true\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.arg("--config").arg(&path).arg("--secrets-from-env=TWO");
    command.env("ONE", "value-of-one").env("TWO", "value-of-two");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let output = run(command, b"value-of-one value-of-two");
    assert_eq!(text(&output.stdout), "[REDACTED:ONE] [REDACTED:TWO]");
}

#[test]
fn documents_come_from_the_same_definitions() {
    for (args, word) in [
        (&["man"][..], "idle\\-release"),
        (&["completions", "bash"], "--idle-release"),
        (&["--help"], "143 SIGTERM"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_keepmum")).args(args).output().unwrap();
        assert!(text(&output.stdout).contains(word), "{args:?}");
    }
}

/// Runs the program in `folder`, without an environment but for the path.
pub(crate) fn plain(args: &[&str], folder: &TempDir) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args(args).current_dir(folder.path()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.output().unwrap()
}

/// A tree with one secret, the same in an ignored file, and a binary file.
pub(crate) fn tree() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let token = keepmum::rule::template::expand("glpat-{alnum:20}", 1).unwrap().text;
    fs::write(folder.path().join("a.env"), format!("x\nTOKEN={token}\n")).unwrap();
    fs::write(folder.path().join("ignored.log"), &token).unwrap();
    fs::write(folder.path().join("image.bin"), format!("\0{token}")).unwrap();
    fs::write(folder.path().join(".gitignore"), "*.log\n").unwrap();
    (folder, token)
}

#[test]
fn a_scan_tells_places_and_no_values() {
    let (folder, token) = tree();
    let output = plain(&["scan"], &folder);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "a.env:2:7: gitlab-pat (26 bytes)\n");
    assert!(
        text(&output.stderr).contains("1 secret found in 2 files, 1 binary skipped"),
        "{}",
        text(&output.stderr)
    );
    let all = plain(&["scan", "--no-ignore", "--binary", "--format=json"], &folder);
    assert_eq!(text(&all.stdout).lines().count(), 3);
    assert!(!text(&all.stdout).contains(&token[6..]));
    let none = plain(&["scan", ".gitignore"], &folder);
    assert_eq!((none.status.code(), none.stdout.len()), (Some(0), 0));
    assert_eq!(plain(&["scan", "missing"], &folder).status.code(), Some(2));
}

#[test]
fn a_baseline_accepts_what_it_lists_and_nothing_else() {
    let (folder, token) = tree();
    assert!(plain(&["scan", "--write-baseline=accepted"], &folder).status.success());
    let listed = fs::read_to_string(folder.path().join("accepted")).unwrap();
    assert!(!listed.contains(&token));
    let again = ["scan", "--baseline=accepted", "a.env"];
    assert!(plain(&again, &folder).status.success());
    let path = folder.path().join("a.env");
    let moved = format!("more\nlines\n{}NEW={token}\n", fs::read_to_string(&path).unwrap());
    fs::write(&path, moved).unwrap();
    let output = plain(&again, &folder);
    assert_eq!(text(&output.stdout), "a.env:5:5: gitlab-pat (26 bytes)\n");
}

#[test]
fn a_scan_before_a_commit_reads_what_is_staged() {
    let (folder, _) = tree();
    let git = |args: &[&str]| {
        Command::new("git").args(args).current_dir(folder.path()).output().unwrap();
    };
    git(&["init", "-q"]);
    git(&["add", "a.env"]);
    fs::write(folder.path().join("a.env"), "clean now").unwrap();
    let output = plain(&["scan", "--staged"], &folder);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "a.env:2:7: gitlab-pat (26 bytes)\n");
}

#[test]
fn a_file_larger_than_the_buffer_is_read_in_chunks() {
    const CHUNK: usize = 256 << 10;
    let (folder, token) = tree();
    let mut large = Vec::new();
    let mut expected = String::new();
    // Across, right before, right behind and somewhere between the edges of chunks.
    for (line, start) in
        [CHUNK - 13, 2 * CHUNK - 26, 3 * CHUNK, 4 * CHUNK + 999].into_iter().enumerate()
    {
        large.resize(start - 2, b'y');
        large.extend(b"\n ");
        large.extend(token.as_bytes());
        large.push(b' ');
        expected += &format!("large.txt:{}:2: gitlab-pat (26 bytes)\n", line + 2);
    }
    large.resize(5 * CHUNK, b' ');
    fs::write(folder.path().join("large.txt"), large).unwrap();
    assert_eq!(text(&plain(&["scan", "large.txt"], &folder).stdout), expected);
}

#[test]
fn standard_input_is_scanned_where_it_is_asked_for() {
    let (_folder, token) = tree();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args(["scan", "--no-config", "-"]).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = run(command, format!("a\n b {token}\n").as_bytes());
    assert_eq!(text(&output.stdout), "stdin:2:4: gitlab-pat (26 bytes)\n");
    assert_eq!(output.status.code(), Some(1));
}

/// A file's name is somebody else's text: it ends no line and commands no terminal.
#[test]
fn a_name_with_control_characters_stays_on_its_line() {
    let (folder, token) = tree();
    fs::write(folder.path().join("a\n\u{1b}[2Jb \u{e9}"), &token).unwrap();
    let output = plain(&["scan", "."], &folder);
    let line = "a\\n\\u{1b}[2Jb \u{e9}:1:1: gitlab-pat (26 bytes)\n";
    assert!(text(&output.stdout).starts_with(line), "{}", text(&output.stdout));
    assert!(plain(&["scan", "--write-baseline=accepted", "."], &folder).status.success());
    assert_eq!(fs::read_to_string(folder.path().join("accepted")).unwrap().lines().count(), 3);
    assert!(plain(&["scan", "--baseline=accepted", "."], &folder).status.success());
}

/// Rules, profile and known secrets are chosen for a scan as for the filter.
#[test]
fn a_scan_takes_the_options_of_rules_and_secrets_behind_it() {
    let (folder, token) = tree();
    fs::write(folder.path().join("s.env"), format!("NAMED={token}\n")).unwrap();
    let output = plain(&["scan", "--env-file=s.env", "--only-known", "a.env"], &folder);
    assert_eq!(text(&output.stdout), "a.env:2:7: NAMED (26 bytes)\n", "{}", text(&output.stderr));
    let before = plain(&["--only-known", "scan", "a.env"], &folder);
    assert_eq!(before.status.code(), Some(2));
    assert!(text(&before.stderr).contains("keepmum scan OPTIONS"), "{}", text(&before.stderr));
}

#[test]
fn what_git_says_outside_a_repository_is_one_line() {
    let (folder, _) = tree();
    let output = plain(&["scan", "--staged"], &folder);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("not a git repository") && said.lines().count() == 1, "{said}");
}

#[test]
fn the_index_is_scanned_from_a_folder_in_it_and_whatever_names_there_are() {
    use std::os::unix::ffi::OsStrExt;
    let (folder, token) = tree();
    let odd = std::ffi::OsStr::from_bytes(b"sub/odd \xff.txt");
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join(odd), &token).unwrap();
    for args in [&["init", "-q"][..], &["add", "-A"]] {
        let git = Command::new("git").args(args).current_dir(folder.path()).output().unwrap();
        assert!(git.status.success(), "{}", text(&git.stderr));
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    command.args(["scan", "--no-config", "--staged"]).current_dir(folder.path().join("sub"));
    let output = command.output().unwrap();
    assert_eq!(text(&output.stdout), "odd \u{fffd}.txt:1:1: gitlab-pat (26 bytes)\n");
}

/// One file that cannot be read hides nothing of the others, and no success is claimed.
#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_scanned() {
    let (folder, _) = tree();
    let output = plain(&["scan", "missing", "a.env"], &folder);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "a.env:2:7: gitlab-pat (26 bytes)\n");
    let said = text(&output.stderr);
    assert!(said.contains("missing") && said.contains("1 not read"), "{said}");
    let sarif = plain(&["scan", "--format=sarif", "missing", "a.env"], &folder);
    let sarif: serde_json::Value = serde_json::from_slice(&sarif.stdout).unwrap();
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn rules_are_listed_shown_and_tested() {
    let (folder, _) = tree();
    assert!(text(&plain(&["rules", "list"], &folder).stdout).lines().count() > 300);
    let shown = text(&plain(&["rules", "show", "gitlab-pat"], &folder).stdout);
    assert!(shown.contains("confidence:") && shown.contains("pattern:"), "{shown}");
    let unknown = plain(&["rules", "show", "gitlab-pta"], &folder);
    assert!(text(&unknown.stderr).contains("did you mean `gitlab-pat`"));
    let rule = "[[rule]]\nid='acme-key'\ndescription='d'\npattern='acme_[a-z]{8}'\n";
    let file = folder.path().join("r.toml");
    fs::write(&file, format!("{rule}positive=['acme_{{lower:8}}']\nnegative=['acme_']\n")).unwrap();
    assert!(plain(&["rules", "test", "r.toml"], &folder).status.success());
    fs::write(&file, format!("{rule}positive=['acme-x']\nnegative=['acme_']\n")).unwrap();
    let failed = plain(&["rules", "test", "r.toml"], &folder);
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stdout).contains("FAILED acme-key"));
}

#[test]
fn an_explanation_names_the_rule_and_the_check_and_masks_the_secret() {
    let (folder, token) = tree();
    let accepted = plain(&["rules", "explain", &token], &folder);
    assert_eq!(accepted.status.code(), Some(1));
    assert!(text(&accepted.stdout).contains("gitlab-pat: accepted"));
    assert!(!text(&accepted.stdout).contains(&token[6..]));
    let two =
        plain(&["rules", "explain", &format!("\u{e9} {token} password={}", &token[6..])], &folder);
    assert!(!text(&two.stdout).contains(&token[6..]), "one secret's place shows no other");
    let rejected = plain(&["rules", "explain", "password=changeme"], &folder);
    assert_eq!(rejected.status.code(), Some(0));
    let said = text(&rejected.stdout);
    assert!(said.contains("generic-password: rejected by the check `assigned`"), "{said}");
}

#[test]
fn rules_are_switched_off_narrowed_and_imported() {
    let (folder, _) = tree();
    let config = |toml: &str| fs::write(folder.path().join("keepmum.toml"), toml).unwrap();
    config("disable = ['GitLab']\nprofile = 'precise'\n");
    assert!(plain(&["scan", "a.env"], &folder).status.success());
    config("disable = ['no-such-vendor']\n");
    let refused = plain(&["scan"], &folder);
    assert!(text(&refused.stderr).contains("no rule or vendor `no-such-vendor`"));
    let gitleaks = "[[rules]]\nid='mine'\nregex='glpat-[A-Za-z0-9]{20}'\npath='x'\n";
    fs::write(folder.path().join("g.toml"), gitleaks).unwrap();
    config("disable = ['GitLab']\ngitleaks = ['g.toml']\n");
    let output = plain(&["scan", "a.env"], &folder);
    assert!(text(&output.stdout).contains("gitleaks-mine"), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("differ in 1 point;"));
    let check = text(&plain(&["config", "check"], &folder).stdout);
    assert!(check.contains("rule `mine`: its path is ignored"), "{check}");
    config("[[rule]]\nid='gitlab-pat'\ndescription='d'\npattern='never_[a-z]{9}'\n");
    let overridden = plain(&["scan", "a.env"], &folder);
    assert!(!text(&overridden.stdout).contains("gitlab-pat"));
}

#[test]
fn precise_asks_for_the_checksum_and_balanced_does_not() {
    let folder = TempDir::new().unwrap();
    let expand = |template| keepmum::rule::template::expand(template, 1).unwrap().text;
    let (good, bad) = (expand("ghp_{alnum:30}{crc32}"), expand("ghp_{alnum:36}"));
    fs::write(folder.path().join("a.txt"), format!("{good}\n{bad}\n")).unwrap();
    let found = |args: &[&str]| text(&plain(args, &folder).stdout);
    assert_eq!(found(&["scan"]).lines().count(), 2);
    fs::write(folder.path().join("keepmum.toml"), "profile = 'precise'\n").unwrap();
    assert_eq!(found(&["scan"]), "a.txt:1:1: github-pat (40 bytes)\n");
    fs::remove_file(folder.path().join("keepmum.toml")).unwrap();
    let said = found(&["rules", "explain", &good]);
    assert!(said.contains("the proof `crc32` holds") && !said.contains(&good[4..]), "{said}");
    let said = found(&["rules", "explain", "--format=json", &bad]);
    let row: serde_json::Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(row["proofs"], serde_json::json!({"crc32": false}));
    assert_eq!((&row["accepted"], &row["confidence"]), (&true.into(), &"high".into()));
}

#[test]
fn paranoid_catches_what_no_name_tells() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let token = keepmum::rule::template::expand("{alnum:32}", 1).unwrap().text;
    write("a.txt", &format!("some_long_function_name {token}\n"));
    let found = |args: &[&str]| text(&plain(args, &folder).stdout);
    assert_eq!(found(&["scan", "a.txt"]), "");
    let line = "a.txt:1:25: entropy-token (32 bytes)\n";
    assert_eq!(found(&["scan", "--profile=paranoid", "a.txt"]), line);
    write("keepmum.toml", "profile = 'paranoid'\n");
    assert_eq!(found(&["scan", "a.txt"]), line);
    assert_eq!(found(&["scan", "--only-known", "a.txt"]), "");
    let said = found(&["rules", "explain", &token]);
    assert!(said.contains("entropy-token: accepted, confidence low"), "{said}");
    let said = found(&["rules", "explain", "some_long_function_name"]);
    assert!(said.contains("entropy-token: rejected by the check `random`"), "{said}");
    write("keepmum.toml", "profile = 'paranoid'\ndisable = ['entropy-token']\n");
    assert_eq!(found(&["scan", "a.txt"]), "");
}

#[test]
fn a_gitleaks_file_is_followed_to_the_one_that_it_extends() {
    let (folder, _) = tree();
    let write = |name: &str, toml: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, toml).unwrap();
    };
    write("keepmum.toml", "gitleaks = ['team/own.toml']\n");
    write("team/own.toml", "[extend]\npath = 'base/base.toml'\n");
    write("team/base/base.toml", "[[rules]]\nid = 'acme'\nregex = 'acme_[a-z]{9}'\n");
    write("a.env", "acme_abcdefghi\n");
    let found = text(&plain(&["scan", "a.env"], &folder).stdout);
    assert_eq!(found, "a.env:1:1: gitleaks-acme (14 bytes)\n");
    write("team/base/base.toml", "[extend]\npath = '../own.toml'\n");
    let circle = plain(&["scan", "a.env"], &folder);
    assert_eq!(circle.status.code(), Some(2));
    let said = text(&circle.stderr);
    assert!(said.contains("base.toml: [extend] path `../own.toml`: it extends itself"), "{said}");
}
