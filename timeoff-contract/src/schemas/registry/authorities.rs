//! The certificate authorities that vouch for a registry, besides those that the system trusts.

use std::fs;
use std::io;
use std::path::Path;

use reqwest::Certificate;
use timeoff_log::Authorities;

/// The certificates of a property cannot be used. The message shows neither the property's value nor the contents of
/// what it names.
#[derive(Debug, thiserror::Error)]
#[error("property {property}: {reason}")]
pub(crate) struct InvalidAuthorities {
    property: &'static str,
    reason: String,
}

/// All certificates, in no particular order.
pub(super) fn certificates(
    authorities: &Authorities,
) -> Result<Vec<Certificate>, InvalidAuthorities> {
    let mut certificates = Vec::new();
    if let Some(location) = &authorities.location {
        let invalid = |reason| InvalidAuthorities {
            property: "ssl.ca.location",
            reason,
        };
        let texts = texts_at(Path::new(location.reveal()))
            .map_err(|error| invalid(format!("what it names could not be read: {error}")))?;
        for text in texts {
            certificates.extend(parsed(&text).map_err(invalid)?);
        }
    }
    if let Some(pem) = &authorities.pem {
        let invalid = |reason| InvalidAuthorities {
            property: "ssl.ca.pem",
            reason,
        };
        certificates.extend(parsed(pem.reveal().as_bytes()).map_err(invalid)?);
    }
    Ok(certificates)
}

/// The contents of the file, or of those files in the directory that have a certificate.
fn texts_at(location: &Path) -> io::Result<Vec<Vec<u8>>> {
    if !fs::metadata(location)?.is_dir() {
        return Ok(vec![fs::read(location)?]);
    }
    let mut texts = Vec::new();
    for entry in fs::read_dir(location)? {
        let path = entry?.path();
        if path.is_file() {
            let text = fs::read(&path)?;
            if has_certificate(&text) {
                texts.push(text);
            }
        }
    }
    Ok(texts)
}

fn parsed(text: &[u8]) -> Result<Vec<Certificate>, String> {
    if !has_certificate(text) {
        return Err("there is no PEM certificate in it".to_owned());
    }
    Certificate::from_pem_bundle(text)
        .map_err(|_| "a certificate in it could not be read".to_owned())
}

fn has_certificate(text: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    text.windows(BEGIN.len()).any(|window| window == BEGIN)
}
