//! TLS: certificates that can be replaced while connections go on, HTTP/1.1 only.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SupportedProtocolVersion, version};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::{TlsMinimum, read_private_file};

/// The certificate of the endpoint.
#[derive(Debug)]
pub struct Certificate {
    chain_file: PathBuf,
    key_file: PathBuf,
    current: ArcSwap<CertifiedKey>,
}

impl Certificate {
    /// Reads chain and key.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn read(chain_file: &Path, key_file: &Path) -> Result<Arc<Self>, String> {
        let current = ArcSwap::from_pointee(certified_key(chain_file, key_file)?);
        Ok(Arc::new(Self { chain_file: chain_file.to_owned(), key_file: key_file.to_owned(), current }))
    }

    /// Reads both files again; new connections get what they hold now. On an error the old ones stay.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn reload(&self) -> Result<(), String> {
        self.current.store(Arc::new(certified_key(&self.chain_file, &self.key_file)?));
        Ok(())
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

/// The version that was agreed on, as policies write it.
#[must_use]
pub fn version(connection: &rustls::ServerConnection) -> &'static str {
    match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => "1.2",
        _ => "1.3",
    }
}

/// The configuration of a listener.
///
/// # Errors
/// One sentence.
pub fn server_config(certificate: Arc<Certificate>, minimum: TlsMinimum) -> Result<Arc<ServerConfig>, String> {
    let versions: &[&SupportedProtocolVersion] = match minimum {
        TlsMinimum::Tls12 => &[&version::TLS13, &version::TLS12],
        TlsMinimum::Tls13 => &[&version::TLS13],
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .map_err(|e| format!("TLS cannot be set up: {e}"))?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certified_key(chain_file: &Path, key_file: &Path) -> Result<CertifiedKey, String> {
    let shown = chain_file.display();
    let text = std::fs::read(chain_file).map_err(|e| format!("cannot read the certificate file {shown}: {e}"))?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|e| format!("the certificate file {shown} is not valid PEM: {e}"))?;
    if chain.is_empty() {
        return Err(format!("the certificate file {shown} holds no certificate"));
    }
    let key = read_private_file(key_file)?;
    let key = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|e| format!("the key file {} holds no private key: {e}", key_file.display()))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|e| format!("certificate {shown} and key {} do not work: {e}", key_file.display()))
}
