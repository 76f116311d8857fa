//! TLS: certificates that are read again when they change.

use crate::config::Config;
use std::{
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::SystemTime,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::CryptoProvider,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
        version::TLS13,
    },
};
use x509_cert::{
    Certificate,
    der::Decode,
    ext::pkix::{BasicConstraints, SubjectAltName, name::GeneralName},
};

/// Why there is no TLS. The message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}. Is it readable for the relay's user?")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} is not a {wanted} in PEM")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should be.
        wanted: &'static str,
    },
    /// Certificate and key do not go together, or are of a kind that is not served.
    #[error("the certificate cannot be served: {0}. Do tls.cert and tls.key belong together?")]
    Pair(rustls::Error),
    /// The new certificate has ended already.
    #[error("the new certificate has ended already")]
    Ended,
}

/// What connections are accepted with; another takes its place when the files change.
#[derive(Debug)]
pub(crate) struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Current>,
    /// What was looked at last, whether it holds or not.
    tried: Mutex<Option<Seen>>,
}

#[derive(Debug, Clone)]
struct Current {
    config: Arc<ServerConfig>,
    served: Served,
}

/// By what a change is noticed.
type Seen = [(SystemTime, u64); 2];

/// What became of a look at the files.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reloaded {
    /// They are as they were.
    Unchanged,
    /// New connections get the new certificate.
    New,
}

impl Tls {
    /// Reads the files, if there are to be any.
    pub(crate) fn open(config: &Config) -> Result<Option<Self>, TlsError> {
        let (Some(certificate), Some(key)) = (config.tls.certificate.clone(), config.tls.key.clone()) else {
            return Ok(None);
        };
        // Before they are read: a change in between is noticed the next time.
        let tried = Mutex::new(seen(&certificate, &key));
        let current = RwLock::new(read(&certificate, &key)?);
        Ok(Some(Self { certificate, key, current, tried }))
    }

    /// Accepts with what counts now.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.current().config.into()
    }

    /// When the certificate ends, in milliseconds since 1970.
    pub(crate) fn not_after(&self) -> u64 {
        self.current().served.not_after
    }

    /// Looks at the files, and takes what is new. What does not hold changes nothing: the old certificate serves on. Blocks.
    pub(crate) fn reload(&self, now: u64) -> Result<Reloaded, TlsError> {
        let seen = seen(&self.certificate, &self.key);
        {
            let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
            if *tried == seen {
                return Ok(Reloaded::Unchanged);
            }
            *tried = seen;
        }
        let new = read(&self.certificate, &self.key)?;
        if new.served.not_after <= now {
            return Err(TlsError::Ended);
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(Reloaded::New)
    }

    fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What clients will see of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// When it ends, in milliseconds since 1970.
    pub not_after: u64,
    /// For which names and addresses it is.
    pub names: Vec<String>,
    /// Whether it is one to issue others with; clients take none such for a server's.
    pub is_issuer: bool,
}

impl Served {
    /// Whether it is for this name; `*` stands for its first part.
    #[must_use]
    pub fn is_for(&self, name: &str) -> bool {
        let rest = name.split_once('.').map(|(_, rest)| rest);
        self.names
            .iter()
            .map(|known| known.to_lowercase())
            .any(|known| known == name || known.strip_prefix("*.").is_some_and(|known| Some(known) == rest))
    }
}

/// The certificate of a configuration, if it has one and a relay could serve it.
///
/// # Errors
/// [`TlsError`], with what to do.
pub fn certificate(config: &Config) -> Result<Option<Served>, TlsError> {
    Ok(Tls::open(config)?.map(|tls| tls.current().served))
}

fn read(certificate: &Path, key: &Path) -> Result<Current, TlsError> {
    let not_pem = |wanted| move |path: &Path| TlsError::Pem { path: path.to_owned(), wanted };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(certificate, error, "certificate chain"))?;
    let first = chain.first().ok_or_else(|| not_pem("certificate chain")(certificate))?;
    let served = Certificate::from_der(first)
        .and_then(|first| served(&first))
        .map_err(|_| not_pem("certificate chain")(certificate))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error, "private key"))?;
    // TLS 1.3 alone: whoever speaks this protocol has it.
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Current { config: Arc::new(config), served })
}

fn served(certificate: &Certificate) -> x509_cert::der::Result<Served> {
    let body = certificate.tbs_certificate();
    let not_after = body.validity().not_after.to_unix_duration().as_millis();
    let is_issuer = body.get_extension::<BasicConstraints>()?.is_some_and(|(_, constraints)| constraints.ca);
    let names = body.get_extension::<SubjectAltName>()?.map(|(_, names)| names.0).unwrap_or_default();
    let names = names.iter().filter_map(name).collect();
    Ok(Served { not_after: u64::try_from(not_after).unwrap_or(u64::MAX), names, is_issuer })
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(bytes) => <[u8; 4]>::try_from(bytes.as_bytes())
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(bytes.as_bytes()).map(IpAddr::from))
            .ok()
            .map(|address| address.to_string()),
        _ => None,
    }
}

fn unreadable(path: &Path, error: pem::Error, wanted: &'static str) -> TlsError {
    match error {
        pem::Error::Io(source) => TlsError::File { path: path.to_owned(), source },
        _ => TlsError::Pem { path: path.to_owned(), wanted },
    }
}

/// `ring` keeps the default build small; with AWS-LC the key agreement is hybrid, so that who writes to whom is not read
/// later from what was recorded today.
#[cfg(not(feature = "aws-lc-rs"))]
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(feature = "aws-lc-rs")]
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// What another server is spoken to with: TLS 1.3, and the certificates that this machine trusts, or those of
/// `SSL_CERT_FILE` alone.
#[cfg(feature = "postgres")]
pub(crate) fn client() -> Result<rustls::ClientConfig, String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this machine trusts no certificates; SSL_CERT_FILE names others".into());
    }
    let config = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn seen(certificate: &Path, key: &Path) -> Option<Seen> {
    let look = |path: &Path| {
        let data = fs::metadata(path).ok()?;
        Some((data.modified().ok()?, data.len()))
    };
    Some([look(certificate)?, look(key)?])
}
