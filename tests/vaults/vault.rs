//! HashiCorp Vault, as OpenBao.

use std::fs;
use std::path::Path;

use keepmum::source::Source;

use crate::again::{kind, resolves};
use crate::peers::{Answer, Bao, Request, StandIn, quoted, script};
use crate::{OTHER, VALUE, declared, names, redacted};

/// The policies that are recommended are the ones that are tested.
const POLICIES: &str = include_str!("../../docs/policies.md");

fn policy() -> &'static str {
    let block = POLICIES.split("```hcl\n").nth(1).unwrap();
    block.split("```").next().unwrap()
}

/// A source of `paths` that reads with the token in `token`.
fn source(bao: &Bao, token: &Path, paths: &str) -> Box<dyn Source> {
    let (address, token) = (bao.address(), quoted(token));
    declared(&format!(
        "kind = 'vault'\nname = 'v'\naddress = '{address}'\npaths = {paths}\n\
         auth = {{ method = 'token', file = {token} }}"
    ))
}

fn value(name: &str, value: &str) -> String {
    format!("{name}={value}")
}

#[test]
fn keys_and_values_of_both_versions_are_read_with_the_rights_of_the_policy() {
    let Some(bao) = Bao::start() else { return };
    bao.run(&["secrets", "enable", "-path=legacy/kv", "-version=1", "kv"]);
    let document = bao.file("document.json");
    fs::write(&document, format!(r#"{{"smtp": {{"password": "{VALUE}"}}, "pin": 482913}}"#))
        .unwrap();
    bao.run(&["kv", "put", "secret/app/mail", &format!("@{}", document.display())]);
    bao.run(&["kv", "put", "-mount=legacy/kv", "old", &value("token", OTHER)]);
    let token = bao.token_for(policy());
    // The first as `vault kv get` takes it, and as policies and HTTP do.
    for path in ["secret/app/mail", "secret/data/app/mail"] {
        let mut source = source(&bao, &token, &format!("['{path}', 'legacy/kv/old']"));
        let fetched = source.fetch().unwrap();
        assert_eq!(fetched.lease, None);
        let expected =
            ["v.legacy-kv-old-token", "v.secret-app-mail-pin", "v.secret-app-mail-smtp.password"];
        assert_eq!(names(&fetched.secrets), expected);
        assert_eq!(
            redacted(fetched.secrets, &format!("{VALUE} {OTHER} 482913")),
            "[REDACTED:v.secret-app-mail-smtp.password] [REDACTED:v.legacy-kv-old-token] \
             [REDACTED:v.secret-app-mail-pin]"
        );
    }
    let mut beyond = source(&bao, &token, "['secret/first']");
    assert_eq!(kind(&beyond.fetch().unwrap_err()), "denied");
}

#[test]
fn a_prefix_stands_for_everything_under_it() {
    let Some(bao) = Bao::start() else { return };
    bao.run(&["secrets", "enable", "-path=legacy/kv", "-version=1", "kv"]);
    bao.run(&["kv", "put", "secret/app/one", &value("a", VALUE)]);
    bao.run(&["kv", "put", "secret/app/deep/two", &value("b", OTHER)]);
    bao.run(&["kv", "put", "secret/app/gone", "c=1"]);
    bao.run(&["kv", "delete", "secret/app/gone"]);
    bao.run(&["kv", "put", "-mount=legacy/kv", "deep/three", "d=1"]);
    let token = bao.token_for(policy());
    let fetched = source(&bao, &token, "['secret/app/', 'legacy/kv/']").fetch().unwrap();
    let expected = ["v.legacy-kv-deep-three-d", "v.secret-app-deep-two-b", "v.secret-app-one-a"];
    assert_eq!(names(&fetched.secrets), expected);
    // A typo must not protect nothing without a word.
    let empty = source(&bao, &token, "['secret/app/none/']").fetch();
    assert_eq!(kind(&empty.unwrap_err()), "missing");
}

#[test]
fn an_app_role_logs_in_and_again_when_its_token_was_revoked() {
    let Some(bao) = Bao::start() else { return };
    bao.run(&["kv", "put", "secret/app/db", &value("password", VALUE)]);
    bao.policy("app", policy());
    bao.run(&["auth", "enable", "approle"]);
    bao.run(&["write", "auth/approle/role/app", "token_policies=app", "token_ttl=10m"]);
    let role = bao.run(&["read", "-field=role_id", "auth/approle/role/app/role-id"]);
    let secret_id =
        bao.run(&["write", "-f", "-field=secret_id", "auth/approle/role/app/secret-id"]);
    let file = bao.file("secret-id");
    fs::write(&file, format!("{secret_id}\n")).unwrap();
    let (address, quoted) = (bao.address(), quoted(&file));
    let mut source = declared(&format!(
        "kind = 'vault'\nname = 'v'\naddress = '{address}'\npaths = ['secret/app/db']\n\
         auth = {{ method = 'approle', role-id = '{role}', secret-id-file = {quoted} }}"
    ));
    for _ in 0..2 {
        assert_eq!(names(&source.fetch().unwrap().secrets), ["v.secret-app-db-password"]);
    }
    bao.run(&["token", "revoke", "-mode=path", "auth/approle"]);
    assert_eq!(names(&source.fetch().unwrap().secrets), ["v.secret-app-db-password"]);
    bao.run(&["token", "revoke", "-mode=path", "auth/approle"]);
    fs::write(&file, "another").unwrap();
    let error = source.fetch().unwrap_err();
    assert!(error.is_denied() && !error.to_string().contains("another"), "{error}");
}

#[test]
fn a_service_account_of_kubernetes_logs_in() {
    let Some(bao) = Bao::start() else { return };
    bao.run(&["kv", "put", "secret/app/db", &value("password", VALUE)]);
    let cluster = StandIn::start(|_: &Request| Answer { status: 201, body: REVIEW.to_owned() });
    let jwt = script(JWT).unwrap();
    let file = bao.file("jwt");
    fs::write(&file, &jwt).unwrap();
    bao.policy("app", policy());
    bao.run(&["auth", "enable", "kubernetes"]);
    bao.run(&[
        "write",
        "auth/kubernetes/config",
        &format!("kubernetes_host=http://127.0.0.1:{}", cluster.port),
        &format!("token_reviewer_jwt={jwt}"),
        "disable_local_ca_jwt=true",
        "kubernetes_ca_cert=none",
    ]);
    bao.run(&[
        "write",
        "auth/kubernetes/role/app",
        "bound_service_account_names=app",
        "bound_service_account_namespaces=default",
        "token_policies=app",
    ]);
    let (address, quoted) = (bao.address(), quoted(&file));
    let with = |role: &str| {
        declared(&format!(
            "kind = 'vault'\nname = 'v'\naddress = '{address}'\npaths = ['secret/app/db']\n\
             auth = {{ method = 'kubernetes', role = '{role}', jwt-file = {quoted} }}"
        ))
    };
    assert_eq!(names(&with("app").fetch().unwrap().secrets), ["v.secret-app-db-password"]);
    assert!(cluster.seen().iter().any(|request| request.body.contains(&jwt)));
    assert_eq!(kind(&with("other").fetch().unwrap_err()), "denied");
}

/// What a cluster says of the service account `app`.
const REVIEW: &str = r#"{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": {
    "authenticated": true, "audiences": ["bao"],
    "user": {"username": "system:serviceaccount:default:app", "uid": "u-1", "groups": ["system:serviceaccounts"]}
}}"#;

/// Its token, signed by nobody: it is the cluster that would look at the signature.
const JWT: &str = r#"
import base64, json, time
part = lambda value: base64.urlsafe_b64encode(value).rstrip(b'=').decode()
now = int(time.time())
account = {'namespace': 'default', 'serviceaccount': {'name': 'app', 'uid': 'u-1'}}
claims = {'sub': 'system:serviceaccount:default:app', 'aud': ['bao'], 'kubernetes.io': account,
          'iss': 'cluster', 'iat': now - 60, 'nbf': now - 60, 'exp': now + 3600}
head = {'alg': 'RS256', 'typ': 'JWT'}
print('.'.join(part(json.dumps(value).encode()) for value in (head, claims)) + '.' + part(b'signature'))
"#;

#[test]
fn a_namespace_is_read_apart() {
    let Some(bao) = Bao::start() else { return };
    bao.run(&["namespace", "create", "team"]);
    bao.run(&["secrets", "enable", "-namespace=team", "-path=secret", "-version=2", "kv"]);
    bao.run(&["kv", "put", "-namespace=team", "secret/app/db", &value("password", VALUE)]);
    let (address, root) = (bao.address(), quoted(&bao.root_file()));
    let with = |namespace: &str| {
        declared(&format!(
            "kind = 'vault'\nname = 'v'\naddress = '{address}'\npaths = ['secret/app/db']\n{namespace}\n\
             auth = {{ method = 'token', file = {root} }}"
        ))
    };
    let fetched = with("namespace = 'team'").fetch().unwrap();
    assert_eq!(redacted(fetched.secrets, VALUE), "[REDACTED:v.secret-app-db-password]");
    assert_eq!(kind(&with("").fetch().unwrap_err()), "missing");
}

#[test]
fn what_is_wrong_is_told_by_kind_and_without_the_token() {
    let Some(mut bao) = Bao::start() else { return };
    let wrong = bao.file("wrong");
    fs::write(&wrong, "mistyped-token").unwrap();
    let absent = bao.file("absent");
    for (token, paths, expected) in [
        (&wrong, "['secret/app']", "denied"),
        (&absent, "['secret/app']", "missing"),
        (&bao.root_file(), "['secret/nothing']", "missing"),
        (&bao.root_file(), "['nowhere/app']", "denied"),
        (&bao.root_file(), "['sys/']", "malformed"),
    ] {
        let error = source(&bao, token, paths).fetch().unwrap_err();
        assert_eq!(kind(&error), expected, "{error}");
        assert!(!error.to_string().contains("mistyped-token"), "{error}");
    }
    let mut good = source(&bao, &bao.root_file(), "['secret/first']");
    assert!(good.fetch().is_ok());
    bao.stop();
    assert_eq!(kind(&good.fetch().unwrap_err()), "unavailable");
}

/// The database is a stand-in: what is tested is what the vault makes there and how long it is kept.
#[test]
fn a_lease_is_renewed_and_read_anew_when_it_is_gone() {
    let Some(bao) = Bao::start() else { return };
    let database = StandIn::start(|request: &Request| Answer {
        status: if request.target.starts_with("/ping") { 204 } else { 200 },
        body: if request.target.starts_with("/ping") { String::new() } else { USERS.to_owned() },
    });
    bao.run(&["secrets", "enable", "database"]);
    bao.run(&[
        "write",
        "database/config/influx",
        "plugin_name=influxdb-database-plugin",
        "host=127.0.0.1",
        &format!("port={}", database.port),
        "username=admin",
        "password=admin",
        "allowed_roles=*",
        "tls=false",
    ]);
    let create = "creation_statements=CREATE USER \"{{username}}\" WITH PASSWORD '{{password}}'";
    bao.run(&[
        "write",
        "database/roles/app",
        "db_name=influx",
        "default_ttl=10m",
        "max_ttl=1h",
        create,
    ]);
    let token = bao.token_for(policy());
    let mut source = source(&bao, &token, "['database/creds/app']");
    let made =
        || database.seen().into_iter().filter(|request| request.target.contains("CREATE+USER"));

    let fetched = source.fetch().unwrap();
    let lease = fetched.lease.unwrap().as_secs();
    assert!((500..=600).contains(&lease), "{lease}");
    assert_eq!(
        names(&fetched.secrets),
        ["v.database-creds-app-password", "v.database-creds-app-username"]
    );
    let statement = made().next().unwrap().target;
    assert!(
        redacted(fetched.secrets, &statement)
            .contains("%27[REDACTED:v.database-creds-app-password]%27")
    );

    let renewed = source.fetch().unwrap();
    assert_eq!(made().count(), 1);
    assert!(redacted(renewed.secrets, &statement).contains("%27[REDACTED:"));

    bao.run(&["lease", "revoke", "-prefix", "database/creds/app"]);
    let anew = source.fetch().unwrap();
    assert_eq!(made().count(), 2);
    let statement = made().next_back().unwrap().target;
    assert!(redacted(anew.secrets, &statement).contains("%27[REDACTED:"));
}

/// The users of the database.
const USERS: &str = r#"{"results": [{"statement_id": 0, "series": [
    {"columns": ["user", "admin"], "values": [["admin", true]]}
]}]}"#;

#[test]
fn a_certificate_is_trusted_if_its_authority_is_named() {
    let Some(bao) = Bao::start_tls() else { return };
    let (address, root) = (bao.address(), quoted(&bao.root_file()));
    let with = |authority: &str| {
        declared(&format!(
            "kind = 'vault'\nname = 'v'\naddress = '{address}'\npaths = ['secret/first']\n{authority}\n\
             auth = {{ method = 'token', file = {root} }}"
        ))
    };
    let file = quoted(&bao.authority());
    assert!(with(&format!("ca-file = {file}")).fetch().is_ok());
    let error = with("").fetch().unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("certificate"), "{error}");
    assert_eq!(kind(&with("ca-file = 'absent'").fetch().unwrap_err()), "malformed");
}

#[test]
fn a_reference_is_one_value() {
    let Some(bao) = Bao::start() else { return };
    bao.run(&["kv", "put", "secret/app/db", &value("password", VALUE), "user=someone"]);
    bao.run(&["kv", "put", "secret/app/single", &value("key", OTHER)]);
    let root = fs::read_to_string(bao.root_file()).unwrap();
    let variables = [("VAULT_ADDR", bao.address()), ("VAULT_TOKEN", root)];
    for (reference, expected) in [
        ("vault:secret/data/app/db#password", VALUE),
        ("vault:secret/app/db#password", VALUE),
        ("vault:secret/app/single", OTHER),
        ("vault:secret/app/db#other", "missing"),
        ("vault:secret/app/other#password", "missing"),
        ("vault:secret/app/db", "malformed"),
        ("vault:secret/app/#password", "malformed"),
        ("vault:", "malformed"),
    ] {
        resolves(reference, expected, &variables);
    }
    let mut wrong = variables.clone();
    wrong[1].1 = "mistyped".to_owned();
    resolves("vault:secret/app/db#password", "denied", &wrong);
}
