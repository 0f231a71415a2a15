//! Who vouches for a mail server.

use crate::delivery::BuildError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tokio_rustls::TlsConnector;

/// The most a certificate file may hold.
const CERTIFICATE_BYTES: u64 = 1024 * 1024;

/// What is needed for TLS; the system's authorities are read when they are first asked for.
#[derive(Clone, Default)]
pub struct Tls {
    /// Instead of the system's.
    authorities: Option<Arc<RootCertStore>>,
    ready: Arc<OnceLock<Arc<ClientConfig>>>,
}

impl Tls {
    /// Reads the certificates of a PEM file, if there is one.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, BuildError> {
        let authorities = ca_file.map(authorities).transpose()?.map(Arc::new);
        Ok(Self { authorities, ready: Arc::default() })
    }

    pub fn connector(&self) -> Result<TlsConnector, rustls::Error> {
        if let Some(ready) = self.ready.get() {
            return Ok(TlsConnector::from(ready.clone()));
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = match &self.authorities {
            Some(own) => builder.with_root_certificates(own.clone()),
            None => builder.with_platform_verifier()?,
        };
        Ok(TlsConnector::from(self.ready.get_or_init(|| Arc::new(config.with_no_client_auth())).clone()))
    }
}

fn authorities(file: &Path) -> Result<RootCertStore, BuildError> {
    let invalid = |why: String| BuildError::Invalid(format!("delivery.mail.ca_file: {}: {why}", file.display()));
    let size = std::fs::metadata(file).map_err(|error| invalid(error.kind().to_string()))?.len();
    if size > CERTIFICATE_BYTES {
        return Err(invalid("is larger than 1 MB".to_owned()));
    }
    let pem = std::fs::read(file).map_err(|error| invalid(error.kind().to_string()))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let unreadable = || invalid("holds a certificate that cannot be read".to_owned());
        store.add(certificate.map_err(|_| unreadable())?).map_err(|_| unreadable())?;
    }
    if store.is_empty() {
        return Err(invalid("holds no certificate in PEM".to_owned()));
    }
    Ok(store)
}
