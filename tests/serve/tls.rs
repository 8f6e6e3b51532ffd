//! TLS to senders and to upstreams.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use keepmum::serve::{Protocol, Serve, Stage};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::connections::any;
use crate::forward::{Receiver, message, packed, value};
use crate::harness::{REDACTED, Running, SECRET, guard, whole, within};

/// An authority, and certificates that it signed, in files of PEM.
struct Files {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Files {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let files = Self { folder: tempfile::tempdir().unwrap(), authority };
        std::fs::write(files.path("ca.pem"), files.authority.pem()).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn authority(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// A certificate for this machine, and its key.
    fn signed(&self, name: &str) -> (PathBuf, PathBuf) {
        let params = CertificateParams::new(["127.0.0.1".to_owned(), name.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        let paths = (self.path(&format!("{name}.pem")), self.path(&format!("{name}.key")));
        std::fs::write(&paths.0, certificate.pem()).unwrap();
        std::fs::write(&paths.1, key.serialize_pem()).unwrap();
        paths
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.authority()).unwrap()).unwrap();
        roots
    }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read((certificate, key): &(PathBuf, PathBuf)) -> Identity {
    let certificate = CertificateDer::from_pem_file(certificate).unwrap();
    (vec![certificate], PrivateKeyDer::from_pem_file(key).unwrap())
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// An upstream that takes only clients with a certificate, and says what it was sent.
async fn upstream(files: &Files) -> std::net::SocketAddr {
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(files.roots()), provider()).build();
    let (chain, key) = read(&files.signed("upstream"));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.unwrap())
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let said = |request: Request<hyper::body::Incoming>| async {
                    Ok::<_, hyper::Error>(Response::new(request.into_body()))
                };
                let server = Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service_fn(said)).await;
            });
        }
    });
    address
}

/// Sends the secret over TLS, and shows a certificate if there is one; what came back.
async fn sent(files: &Files, to: &Running, identity: Option<Identity>) -> Option<(u16, String)> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(files.roots());
    let config = match identity {
        None => config.with_no_client_auth(),
        Some((chain, key)) => config.with_client_auth_cert(chain, key).unwrap(),
    };
    let https = HttpsConnectorBuilder::new().with_tls_config(config).https_only();
    let https = https.enable_all_versions().build();
    let client = Client::builder(TokioExecutor::new()).build(https);
    let request = Request::post(format!("https://{}/", to.address)).body(whole(SECRET)).unwrap();
    let reply = within(client.request(request)).await.ok()?;
    Some(crate::harness::text(reply).await)
}

async fn running(stage: Stage) -> Running {
    Running::start(Serve::builder(guard()).stage(stage)).await
}

fn stage(upstream: std::net::SocketAddr) -> Stage {
    let any = "127.0.0.1:0".parse().unwrap();
    Stage::new(Protocol::Http, any, &format!("https://{upstream}")).unwrap()
}

#[tokio::test]
async fn both_sides_show_who_they_are_and_are_asked_for_it() {
    let files = Files::new();
    let ((certificate, key), client) = (files.signed("stage"), read(&files.signed("sender")));
    let mutual = stage(upstream(&files).await)
        .tls(&certificate, &key)
        .client_ca(&files.authority())
        .upstream_ca(&files.authority())
        .upstream_tls(&certificate, &key);
    let stage = running(mutual).await;
    assert_eq!(sent(&files, &stage, Some(client)).await, Some((200, REDACTED.to_owned())));
    assert_eq!(sent(&files, &stage, None).await, None);
}

#[tokio::test]
async fn an_upstream_that_is_not_who_it_should_be_is_sent_nothing() {
    let (files, others) = (Files::new(), Files::new());
    let (certificate, key) = files.signed("stage");
    let upstream = upstream(&files).await;
    let good = stage(upstream).tls(&certificate, &key);
    for (authority, shown) in [(others.authority(), true), (files.authority(), false)] {
        let mut bad = good.clone().upstream_ca(&authority);
        if shown {
            bad = bad.upstream_tls(&certificate, &key);
        }
        let stage = running(bad).await;
        let (status, _) = sent(&files, &stage, None).await.unwrap();
        assert_eq!(status, 502);
    }
}

#[test]
fn files_that_hold_something_else_are_named() {
    let files = Files::new();
    let (certificate, key) = files.signed("stage");
    let stage = stage(([127, 0, 0, 1], 1).into());
    let missing = Path::new("missing.pem");
    for (bad, named) in [
        (stage.clone().tls(&key, &key), key.as_path()),
        (stage.clone().tls(&certificate, missing), missing),
        (stage.clone().tls(&certificate, &key).client_ca(missing), missing),
        (stage.clone().upstream_ca(missing), missing),
        (stage.client_ca(&files.authority()), Path::new("http:127.0.0.1:0")),
    ] {
        let error = Serve::builder(guard()).stage(bad).build().unwrap_err().to_string();
        assert!(error.contains(named.to_str().unwrap()), "{error}");
    }
}

#[tokio::test]
async fn connections_have_it_on_both_sides_too() {
    let (files, receiver) = (Files::new(), Receiver::new().await);
    let (own, shown) = (files.signed("stage"), files.signed("client"));
    let behind = any(Protocol::Forward, &format!("tcp://{}", receiver.address));
    let behind = behind.tls(&own.0, &own.1).client_ca(&files.authority());
    let behind = running(behind).await;
    let leads = || {
        let stage = any(Protocol::Forward, &format!("tls://{}", behind.address));
        stage.upstream_ca(&files.authority())
    };
    let before = running(leads().upstream_tls(&shown.0, &shown.1)).await;
    let mut client = TcpStream::connect(before.address).await.unwrap();
    client.write_all(&packed(&[message("c", SECRET)])).await.unwrap();
    within(value(&mut client)).await.unwrap();
    assert_eq!(receiver.seen(), [message("c", REDACTED)]);
    // Who shows nothing is not let in.
    let before = running(leads()).await;
    let mut client = TcpStream::connect(before.address).await.unwrap();
    let _ = client.write_all(&packed(&[message("d", SECRET)])).await;
    assert!(within(value(&mut client)).await.is_err());
    assert_eq!(receiver.seen().len(), 1);
}
