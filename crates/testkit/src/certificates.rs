//! A certificate authority and a server's certificate, made for one test by `openssl`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// What each certificate is for. Said in full: what a system's own file adds would make the server's
/// a certificate authority as well, and that is refused.
const SETTINGS: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
CN = Talon test
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
";

/// PEM files, removed when dropped.
pub struct Certificates {
    authority: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
    _directory: TempDir,
}

impl Certificates {
    /// For a server at 127.0.0.1 or localhost.
    ///
    /// # Panics
    ///
    /// When they cannot be made, with what `openssl` said.
    #[must_use]
    pub fn new() -> Self {
        Self::naming("IP:127.0.0.1,DNS:localhost")
    }

    /// For a server of these names, in the words of `subjectAltName`: `DNS:elsewhere.test`.
    ///
    /// # Panics
    ///
    /// As [`Certificates::new`].
    #[must_use]
    pub fn naming(names: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let path = |name: &str| directory.path().join(name);
        let settings = format!("{SETTINGS}subjectAltName = {names}\n");
        fs::write(path("settings"), settings).expect("the settings can be written");
        let (authority, authority_key) = (path("authority.crt"), path("authority.key"));
        let (certificate, key) = (path("server.crt"), path("server.key"));
        make(&path("settings"), "authority", &authority, &authority_key, &[]);
        let signed_by = [Path::new("-CA"), &authority, Path::new("-CAkey"), &authority_key];
        make(&path("settings"), "server", &certificate, &key, &signed_by);
        Self { authority, certificate, key, _directory: directory }
    }

    /// The authority's certificate: what a client must trust.
    #[must_use]
    pub fn authority(&self) -> &Path {
        &self.authority
    }

    /// The server's certificate.
    #[must_use]
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// The server's key.
    #[must_use]
    pub fn key(&self) -> &Path {
        &self.key
    }

    /// What answers as the server by TLS.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let pem = fs::read(&self.certificate).expect("the certificate can be read");
        let chain = vec![CertificateDer::from_pem_slice(&pem).expect("a certificate")];
        let key = fs::read(&self.key).expect("the key can be read");
        let key = PrivateKeyDer::from_pem_slice(&key).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
        TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).expect("a pair")))
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

fn make(settings: &Path, kind: &str, certificate: &Path, key: &Path, signed_by: &[&Path]) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]);
    openssl.args(["-extensions", kind, "-config"]).arg(settings).arg("-out").arg(certificate).arg("-keyout").arg(key);
    let output = openssl.args(signed_by).output().unwrap_or_else(|error| panic!("openssl cannot be run: {error}"));
    assert!(output.status.success(), "openssl failed:\n{}", String::from_utf8_lossy(&output.stderr));
}
