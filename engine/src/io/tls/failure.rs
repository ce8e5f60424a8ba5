//! What went wrong in TLS, in words.

use std::fmt;
use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// Makes the error of a session. `name` is that of the server, for a client.
#[cold]
pub(super) fn failure(error: &Error, name: Option<&str>) -> io::Error {
    let peer = Peer(name);
    let why = match error {
        Error::InvalidCertificate(error) => {
            format!(
                "the certificate of {peer} is not accepted: {}",
                reason(error)
            )
        }
        Error::NoCertificatesPresented => format!("{peer} has shown no certificate"),
        Error::AlertReceived(alert) => format!("{peer} has refused: {}", refusal(*alert)),
        Error::InvalidMessage(_) => {
            format!("{peer} does not speak TLS, or the data is damaged: {error}")
        }
        _ => format!("with {peer}: {error}"),
    };
    io::Error::new(io::ErrorKind::InvalidData, format!("tls: {why}"))
}

/// Makes the error of a stream that has ended without the peer saying so.
#[cold]
pub(super) fn cut_off(name: Option<&str>, in_handshake: bool) -> io::Error {
    let peer = Peer(name);
    let why = match in_handshake {
        true => format!("tls: {peer} has closed the connection in the handshake"),
        false => format!(
            "tls: {peer} has closed the connection without close_notify; data may be missing"
        ),
    };
    io::Error::new(io::ErrorKind::UnexpectedEof, why)
}

struct Peer<'a>(Option<&'a str>);

impl fmt::Display for Peer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.unwrap_or("the client"))
    }
}

fn reason(error: &CertificateError) -> String {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidYet, NotValidYetContext,
        Revoked, UnknownIssuer,
    };
    match error {
        Expired | ExpiredContext { .. } => format!("it has expired ({error})"),
        NotValidYet | NotValidYetContext { .. } => format!("it is not valid yet ({error})"),
        NotValidForName => "it is for another name".to_owned(),
        Revoked => "it was revoked".to_owned(),
        UnknownIssuer => "its issuer is not trusted; if it is self-signed, or of an authority of your own, give that certificate to \
                          ClientContext::from_pem"
            .to_owned(),
        BadSignature => "its issuer is trusted by name, but another key has signed it: it may have been made anew".to_owned(),
        _ => error.to_string(),
    }
}

fn refusal(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA => "it does not trust the issuer of our certificate".to_owned(),
        AlertDescription::BadCertificate => "it does not accept our certificate".to_owned(),
        AlertDescription::CertificateExpired => "our certificate has expired".to_owned(),
        AlertDescription::CertificateRequired => "it wants a certificate of the client".to_owned(),
        AlertDescription::HandshakeFailure => "both sides have no method in common".to_owned(),
        AlertDescription::ProtocolVersion => {
            "both sides have no version of TLS in common".to_owned()
        }
        other => format!("{other:?}"),
    }
}
