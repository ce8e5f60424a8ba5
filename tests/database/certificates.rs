//! Certificates, made for one server.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
};

/// What the server shows and keeps, as PEM, and what its clients trust.
pub(crate) struct Certificates {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) root: Certificate,
}

/// Makes a certificate for `localhost` and 127.0.0.1, and the root that has signed it.
pub(crate) fn make() -> Certificates {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let params = CertificateParams::new(names).expect("they are names");
    let key = KeyPair::generate().expect("a key");
    let issuer = issuer();
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    Certificates {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
        root: issuer.as_ref().clone(),
    }
}

fn issuer() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).expect("no name is wrong");
    // OpenSSL takes a certificate for self-signed if it has its issuer's name.
    let name = "the authority of a test";
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a certificate")
}
