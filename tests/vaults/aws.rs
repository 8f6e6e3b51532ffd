//! AWS Secrets Manager, as moto, which is filled by AWS's own client for Python.

use crate::again::{in_environment, kind, resolves};
use crate::peers::Moto;
use crate::{OTHER, VALUE, declared, names, redacted};

/// One secret of every kind.
const FILL: &str = r#"
value, other = os.environ['VALUE'], os.environ['OTHER']
make = client.create_secret
make(Name='prod/app/db', SecretString='{"user": "someone", "password": "%s"}' % other, Tags=[{'Key': 'team', 'Value': 'payments'}])
client.put_secret_value(SecretId='prod/app/db', SecretString='{"user": "someone", "password": "%s"}' % value)
make(Name='prod/app/smtp', SecretString='smtp-' + value)
make(Name='prod/application', SecretString='application-' + value)
make(Name='shared/key', SecretBinary=b'binary-walnut-harbour', Tags=[{'Key': 'team', 'Value': 'payments'}])
make(Name='shared/other', SecretString='other-' + value, Tags=[{'Key': 'team', 'Value': 'payments-eu'}])
"#;

fn filled() -> Option<Moto> {
    let moto = Moto::start()?;
    moto.run(FILL, &[("VALUE", VALUE), ("OTHER", OTHER)]);
    Some(moto)
}

#[test]
fn secrets_are_read_by_name_prefix_and_tag() {
    let Some(moto) = filled() else { return };
    in_environment("aws::inside", &moto.environment());
}

#[test]
#[ignore = "run by others, in their environment"]
fn inside() {
    if std::env::var_os("AWS_ENDPOINT_URL").is_none() {
        return;
    }
    by_name_with_the_previous_value();
    by_prefix_and_by_tag();
    what_is_not_there_is_told();
}

fn read(keys: &str) -> Vec<keepmum::Secret> {
    declared(&format!("kind = 'aws'\nname = 'a'\n{keys}")).fetch().unwrap().secrets
}

fn by_name_with_the_previous_value() {
    let secrets = read("names = ['prod/app/db', 'shared/key']");
    let each = ["a.prod-app-db", "a.prod-app-db-password", "a.prod-app-db-user"];
    let expected = [each[0], each[0], each[1], each[1], each[2], each[2], "a.shared-key"];
    assert_eq!(names(&secrets), expected);
    let now_and_before = format!("{VALUE} {OTHER} binary-walnut-harbour");
    assert_eq!(
        redacted(secrets, &now_and_before),
        "[REDACTED:a.prod-app-db-password] [REDACTED:a.prod-app-db-password] [REDACTED:a.shared-key]"
    );
}

fn by_prefix_and_by_tag() {
    assert_eq!(
        names(&read("prefixes = ['prod/app/s', 'prod/appl']")),
        ["a.prod-app-smtp", "a.prod-application"]
    );
    let mut of_the_team = names(&read("tags = { team = 'payments' }")).join(" ");
    of_the_team.retain(|c| c != ' ');
    assert!(
        of_the_team.ends_with("a.shared-key") && !of_the_team.contains("other"),
        "{of_the_team}"
    );
    assert_eq!(
        names(&read("prefixes = ['shared/']\ntags = { team = 'payments' }")),
        ["a.shared-key"]
    );
    assert_eq!(names(&read("names = ['shared/key']\nprefixes = ['shared/k']")), ["a.shared-key"]);
}

fn what_is_not_there_is_told() {
    let error = |keys: &str| {
        let mut source = declared(&format!("kind = 'aws'\nname = 'a'\n{keys}"));
        source.fetch().unwrap_err()
    };
    assert_eq!(kind(&error("names = ['nothing']")), "missing");
    let port = crate::peers::free_port();
    let away = error(&format!("names = ['prod/app/db']\nendpoint = 'http://127.0.0.1:{port}'"));
    assert_eq!(kind(&away), "unavailable", "{away}");
}

#[test]
fn without_credentials_it_is_denied() {
    let Some(moto) = filled() else { return };
    let mut variables = moto.environment();
    variables.retain(|(name, _)| !name.contains("ACCESS_KEY"));
    variables.push(("AWS_CONFIG_FILE", "/nonexistent".to_owned()));
    variables.push(("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent".to_owned()));
    resolves("aws:prod/app/db#password", "denied", &variables);
}

#[test]
fn a_reference_is_one_value() {
    let Some(moto) = filled() else { return };
    let smtp = format!("smtp-{VALUE}");
    for (reference, expected) in [
        ("aws:prod/app/db#password", VALUE),
        ("aws:prod/app/smtp", smtp.as_str()),
        ("aws:prod/app/db#other", "missing"),
        ("aws:prod/app/smtp#key", "malformed"),
        ("aws:nothing", "missing"),
        ("aws:#key", "malformed"),
    ] {
        resolves(reference, expected, &moto.environment());
    }
}
