//! The part of the command line that says how the service knows who asks.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use axum::http::{HeaderName, header};
use ipnet::IpNet;
use timeoff_cli::UsageError;
use url::Url;

use crate::who::{Oidc, SignIn, Transport, is_this_machine};

/// How the service knows who asks.
#[derive(Debug, clap::Args)]
pub(crate) struct SignInArgs {
    /// How it knows who asks: demo takes anybody for whoever they say they are, and only on a loopback address; proxy
    /// believes a reverse proxy's header; oidc sends browsers to an OpenID Connect provider. API tokens count with each.
    #[arg(long, value_enum, value_name = "HOW")]
    sign_in: Way,
    /// The address is reachable from this machine only, though it is no loopback one: the port of a container that is
    /// published on 127.0.0.1. So --sign-in demo may listen on it.
    #[arg(long)]
    only_local: bool,
    /// Reverse proxies whose headers are believed: an address, or a network as 10.1.0.0/16. Can be given several times.
    /// A proxy must replace X-Forwarded-Proto, and with --sign-in proxy the header that says who asks. Whoever can send
    /// from such an address can be anybody: on 127.0.0.1, every program of this machine.
    #[arg(long, value_name = "ADDRESS", value_parser = network)]
    trusted_proxy: Vec<IpNet>,
    /// The header in which the reverse proxy says whose e-mail address it has checked.
    #[arg(long, value_name = "NAME", default_value = "X-Forwarded-Email")]
    proxy_header: HeaderName,
    /// The address at which browsers find this service. An http one must be on this machine, to try things out.
    #[arg(long, value_name = "URL")]
    public_url: Option<Url>,
    /// With --sign-in oidc, the provider's issuer, to the letter: what comes before /.well-known/openid-configuration.
    #[arg(long, value_name = "URL")]
    oidc_issuer: Option<String>,
    /// With --sign-in oidc, the provider's name for this service. There, allow PUBLIC-URL/sign-in/callback.
    #[arg(long, value_name = "ID")]
    oidc_client_id: Option<String>,
    /// With --sign-in oidc, the file of the secret that the provider has given this service, if it has.
    #[arg(long, value_name = "FILE")]
    oidc_client_secret_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Way {
    Demo,
    Proxy,
    Oidc,
}

impl SignInArgs {
    /// The way in words: what was made in one does not count in another.
    pub(crate) fn way(&self) -> String {
        match (self.sign_in, &self.oidc_issuer) {
            (Way::Demo, _) => "demo".to_owned(),
            (Way::Proxy, _) => "proxy".to_owned(),
            (Way::Oidc, issuer) => {
                let issuer = issuer.as_deref().unwrap_or_default();
                format!("oidc --oidc-issuer {issuer}")
            }
        }
    }

    /// Where requests come from.
    pub(crate) fn transport(&self) -> Transport {
        Transport {
            trusted: self.trusted_proxy.clone(),
            public: self.public_url.clone(),
        }
    }

    /// How people sign in at a service that listens there.
    ///
    /// # Errors
    ///
    /// A [`UsageError`] if the options contradict each other or the address, or something is missing; if the secret's file
    /// cannot be read.
    pub(crate) fn sign_in(&self, listen: SocketAddr) -> anyhow::Result<SignIn> {
        let oidc = [
            ("--oidc-issuer", self.oidc_issuer.is_some()),
            ("--oidc-client-id", self.oidc_client_id.is_some()),
            (
                "--oidc-client-secret-file",
                self.oidc_client_secret_file.is_some(),
            ),
        ];
        if self.sign_in != Way::Oidc
            && let Some((option, _)) = oidc.iter().find(|(_, is_given)| *is_given)
        {
            return Err(usage(format!("{option} is for --sign-in oidc only")));
        }
        if self.only_local && self.sign_in != Way::Demo {
            return Err(usage("--only-local is for --sign-in demo only"));
        }
        if let Some(public) = &self.public_url {
            is_public_url(public)?;
        }
        let is_loopback = self.only_local || listen.ip().is_loopback();
        match self.sign_in {
            Way::Demo if !is_loopback => Err(usage(format!(
                "--sign-in demo takes anybody for whoever they say they are, so it listens on a loopback address only, \
                 and {listen} is none; use --sign-in proxy or oidc"
            ))),
            Way::Demo => Ok(SignIn::Demo),
            Way::Proxy if self.trusted_proxy.is_empty() => Err(usage(
                "--sign-in proxy needs to know whose header to believe: add --trusted-proxy ADDRESS",
            )),
            Way::Proxy
                if [header::AUTHORIZATION, header::COOKIE, header::HOST]
                    .contains(&self.proxy_header) =>
            {
                Err(usage(format!(
                    "--proxy-header {}: browsers send that themselves; have the proxy use another one",
                    self.proxy_header
                )))
            }
            Way::Proxy => Ok(SignIn::Proxy(self.proxy_header.clone())),
            Way::Oidc => self.oidc(),
        }
    }

    fn oidc(&self) -> anyhow::Result<SignIn> {
        let missing = |option: &str| usage(format!("--sign-in oidc needs {option}"));
        let issuer = self.oidc_issuer.clone();
        let issuer = issuer.ok_or_else(|| missing("--oidc-issuer URL"))?;
        let is_issuer = |url: &Url| url.query().is_none() && url.fragment().is_none();
        match Url::parse(&issuer).ok().filter(is_issuer) {
            Some(url) => is_protected("--oidc-issuer", &url)?,
            None => {
                return Err(usage(format!(
                    "--oidc-issuer {issuer} is not an address without a query"
                )));
            }
        }
        let client_id = self.oidc_client_id.clone().filter(|id| !id.is_empty());
        let client_id = client_id.ok_or_else(|| missing("--oidc-client-id ID"))?;
        let public = self.public_url.as_ref();
        let public =
            public.ok_or_else(|| missing("--public-url URL, where browsers find this service"))?;
        if public.scheme() == "https" && self.trusted_proxy.is_empty() {
            return Err(missing(
                "--trusted-proxy ADDRESS: the reverse proxy that has the certificate, and says what came by https",
            ));
        }
        let secret = self.oidc_client_secret_file.as_deref().map(secret_in);
        let oidc = Oidc::new(issuer, client_id, secret.transpose()?, public)?;
        Ok(SignIn::Oidc(Arc::new(oidc)))
    }
}

/// The secret in a file, without the line's end.
fn secret_in(path: &Path) -> anyhow::Result<String> {
    let step = || format!("could not read the client's secret in {}", path.display());
    let secret = std::fs::read_to_string(path).with_context(step)?;
    let secret = secret.trim();
    ensure!(!secret.is_empty(), "{}: the file is empty", step());
    Ok(secret.to_owned())
}

/// Whether browsers can find the service there.
fn is_public_url(url: &Url) -> anyhow::Result<()> {
    is_protected("--public-url", url)?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_origin = Transport::csrf_of(url).is_ok();
    match is_bare && url.username().is_empty() && url.password().is_none() && is_origin {
        true => Ok(()),
        false => Err(usage(format!(
            "--public-url {url} must be https:// with a host, and no more than a port after it"
        ))),
    }
}

/// What is sent there must not be read on the way, so the address is an https one, or on this machine.
fn is_protected(option: &str, url: &Url) -> anyhow::Result<()> {
    let is_here = url.host_str().is_some_and(is_this_machine);
    match url.scheme() {
        "https" if url.host().is_some() => Ok(()),
        "http" if is_here => Ok(()),
        _ => Err(usage(format!(
            "{option} {url} must begin with https://, or be on this machine"
        ))),
    }
}

fn usage(message: impl Into<String>) -> anyhow::Error {
    UsageError(message.into()).into()
}

/// An address, or a network. Not everything: then nobody would have to be a proxy.
fn network(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<std::net::IpAddr>();
    let parsed = address.map(|address| IpNet::from(address.to_canonical()));
    let network = parsed.or_else(|_| text.parse()).map_err(|_| {
        "not an address such as 10.1.2.3, nor a network such as 10.1.0.0/16".to_owned()
    })?;
    match network.prefix_len() {
        0 => Err("these are all addresses: name the reverse proxy's".to_owned()),
        _ => Ok(network),
    }
}
