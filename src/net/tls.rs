//! TLS on both sides, with certificates and keys from files of PEM.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt as _;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::Problem;

/// A chain of certificates and its key.
pub(crate) type Identity<'a> = (&'a Path, &'a Path);

/// A listener's side. With `authorities`, clients have to show a certificate that one of them signed.
pub(crate) fn acceptor(
    identity: Identity<'_>,
    authorities: Option<&Path>,
    alpn: &[&[u8]],
) -> Result<TlsAcceptor, Problem> {
    let (chain, key) = read(identity)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(identity.0, &error))?;
    let builder = match authorities {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots(path)?), provider);
            builder
                .with_client_cert_verifier(verifier.build().map_err(|error| failed(path, &error))?)
        }
    };
    let mut config =
        builder.with_single_cert(chain, key).map_err(|error| failed(identity.0, &error))?;
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Who is trusted to tell who an upstream is.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "serve"),
    expect(dead_code, reason = "a gateway trusts whom the machine trusts")
)]
pub(crate) enum Trust<'a> {
    /// The authorities of the machine, or of the file that `SSL_CERT_FILE` names.
    Machine,
    /// Those of this file.
    File(&'a Path),
    /// None: there will be no TLS.
    Nobody,
}

/// A client's side, which shows `identity` to upstreams that ask.
pub(crate) fn client(
    trust: Trust<'_>,
    identity: Option<Identity<'_>>,
) -> Result<ClientConfig, Problem> {
    let of_machine = |error: &dyn fmt::Display| {
        Problem::new(format_args!("certificates of authorities: {error}"))
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| of_machine(&error))?;
    let builder = match trust {
        Trust::Machine => builder.with_native_roots().map_err(|error| of_machine(&error))?,
        Trust::File(path) => builder.with_root_certificates(roots(path)?),
        Trust::Nobody => builder.with_root_certificates(RootCertStore::empty()),
    };
    let Some(identity) = identity else { return Ok(builder.with_no_client_auth()) };
    let (chain, key) = read(identity)?;
    builder.with_client_auth_cert(chain, key).map_err(|error| failed(identity.0, &error))
}

fn roots(path: &Path) -> Result<RootCertStore, Problem> {
    let mut roots = RootCertStore::empty();
    for certificate in chain(path)? {
        roots.add(certificate).map_err(|error| failed(path, &error))?;
    }
    Ok(roots)
}

fn read(
    (chain_path, key): Identity<'_>,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Problem> {
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|_| failed(key, &"no key in PEM can be read from it"))?;
    Ok((chain(chain_path)?, secret))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    read.ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| failed(path, &"no certificates in PEM can be read from it"))
}

fn failed(path: &Path, error: &dyn fmt::Display) -> Problem {
    Problem::new(format_args!("{}: {error}", path.display()))
}
