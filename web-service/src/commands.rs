//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use ipnet::IpNet;
use timeoff_cli::{LogArgs, Shutdown, UsageError};
use timeoff_views::Views;
use tokio::net::TcpListener;
use url::Url;

use crate::service::Service;
use crate::who::{self, Accounts, Authentication, Oidc, Rates, SignIn, Transport};
use crate::{api, feed, following, server};

/// Answer programs over HTTP: take in applications, decisions and withdrawals, and say what became of them.
///
/// What is asked of it is put on the log; managers decide it (manager-service serve). What it answers comes from a view
/// of the log, which it folds into a folder of its own. The API is described at /api/docs.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  \
        web-service --sign-in demo\n  \
        web-service --sign-in proxy --trusted-proxy 127.0.0.1\n  \
        web-service --sign-in oidc --oidc-issuer https://id.example.com --oidc-client-id timeoff \
        --public-url https://timeoff.example.com --trusted-proxy 127.0.0.1\n  \
        curl --user ada@example.com: http://127.0.0.1:8080/api/v1/me\n\n\
        Exit code: 0 stopped, 1 failed, 2 wrong usage."
)]
pub struct Arguments {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The folder of the view that it answers from. It is made if it does not exist; no two processes share one.
    #[arg(long, value_name = "FOLDER", default_value = "timeoff-web")]
    views: PathBuf,
    /// The file of sessions and API tokens. It is made if it does not exist; instances on one machine may share one.
    #[arg(long, value_name = "FILE", default_value = "timeoff-accounts.db")]
    accounts: PathBuf,
    /// How it knows who asks: demo takes anybody for whoever they say they are, and only on a loopback address; proxy
    /// believes a reverse proxy's header; oidc sends browsers to an OpenID Connect provider. API tokens count with each.
    #[arg(long, value_enum, value_name = "HOW")]
    sign_in: SignInArg,
    /// The address is reachable from this machine only, though it is no loopback one: the port of a container that is
    /// published on 127.0.0.1. So --sign-in demo may listen on it.
    #[arg(long)]
    only_local: bool,
    /// Reverse proxies whose headers are believed: an address, or a network as 10.1.0.0/16. Can be given several times.
    /// A proxy must replace X-Forwarded-Proto, and with --sign-in proxy the header that says who asks.
    #[arg(long, value_name = "ADDRESS", value_parser = network)]
    trusted_proxy: Vec<IpNet>,
    /// The header in which the reverse proxy says whose e-mail address it has checked.
    #[arg(long, value_name = "NAME", default_value = "X-Forwarded-Email")]
    proxy_header: axum::http::HeaderName,
    /// The address at which browsers find this service. An http one must be on this machine, to try things out.
    #[arg(long, value_name = "URL")]
    public_url: Option<Url>,
    /// With --sign-in oidc, the provider's issuer: the address before /.well-known/openid-configuration.
    #[arg(long, value_name = "URL")]
    oidc_issuer: Option<Url>,
    /// With --sign-in oidc, the provider's name for this service. There, allow PUBLIC-URL/sign-in/callback.
    #[arg(long, value_name = "ID")]
    oidc_client_id: Option<String>,
    /// With --sign-in oidc, the file of the secret that the provider has given this service, if it has.
    #[arg(long, value_name = "FILE")]
    oidc_client_secret_file: Option<PathBuf>,
    /// How many writes of a person are taken in a minute.
    #[arg(long, value_name = "N", default_value = "300")]
    writes_per_minute: NonZeroU32,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum SignInArg {
    Demo,
    Proxy,
    Oidc,
}

impl timeoff_cli::Arguments for Arguments {
    fn log_args(&self) -> &LogArgs {
        &self.log
    }
}

impl Arguments {
    fn sign_in(&self) -> anyhow::Result<SignIn> {
        let oidc = [
            ("--oidc-issuer", self.oidc_issuer.is_some()),
            ("--oidc-client-id", self.oidc_client_id.is_some()),
            (
                "--oidc-client-secret-file",
                self.oidc_client_secret_file.is_some(),
            ),
        ];
        if self.sign_in != SignInArg::Oidc
            && let Some((option, _)) = oidc.iter().find(|(_, is_given)| *is_given)
        {
            return Err(usage(format!("{option} is for --sign-in oidc only")));
        }
        if self.only_local && self.sign_in != SignInArg::Demo {
            return Err(usage("--only-local is for --sign-in demo only"));
        }
        if let Some(public) = &self.public_url {
            is_protected("--public-url", public)?;
            if public.path() != "/" || public.query().is_some() || public.fragment().is_some() {
                return Err(usage(format!(
                    "--public-url {public} must end with the host or the port"
                )));
            }
        }
        match self.sign_in {
            SignInArg::Demo if !self.only_local && !self.listen.ip().is_loopback() => {
                Err(usage(format!(
                    "--sign-in demo takes anybody for whoever they say they are, so it listens on a loopback address only, \
                 and {} is none; use --sign-in proxy or oidc",
                    self.listen
                )))
            }
            SignInArg::Demo => Ok(SignIn::Demo),
            SignInArg::Proxy if self.trusted_proxy.is_empty() => Err(usage(
                "--sign-in proxy needs to know whose header to believe: add --trusted-proxy ADDRESS",
            )),
            SignInArg::Proxy => Ok(SignIn::Proxy(self.proxy_header.clone())),
            SignInArg::Oidc => self.oidc(),
        }
    }

    fn oidc(&self) -> anyhow::Result<SignIn> {
        let missing = |option: &str| usage(format!("--sign-in oidc needs {option}"));
        let issuer = self
            .oidc_issuer
            .clone()
            .ok_or_else(|| missing("--oidc-issuer URL"))?;
        is_protected("--oidc-issuer", &issuer)?;
        let client_id = self.oidc_client_id.clone();
        let client_id = client_id.ok_or_else(|| missing("--oidc-client-id ID"))?;
        let public = self.public_url.as_ref();
        let public =
            public.ok_or_else(|| missing("--public-url URL, where browsers find this service"))?;
        if public.scheme() == "https" && self.trusted_proxy.is_empty() {
            return Err(missing(
                "--trusted-proxy ADDRESS: the reverse proxy that has the certificate, and says what came by https",
            ));
        }
        let secret = self.oidc_client_secret_file.as_ref().map(|path| {
            let read = std::fs::read_to_string(path);
            let read = read.with_context(|| {
                format!("could not read the client's secret in {}", path.display())
            });
            anyhow::Ok(read?.trim().to_owned())
        });
        let secret = secret.transpose()?;
        Ok(SignIn::Oidc(Box::new(Oidc::new(
            issuer, client_id, secret, public,
        )?)))
    }
}

/// What is sent there must not be read on the way, so the address is an https one, or on this machine.
fn is_protected(option: &str, url: &Url) -> anyhow::Result<()> {
    let is_here = url.host_str().is_some_and(who::is_this_machine);
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

/// An address, or a network.
fn network(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<std::net::IpAddr>();
    let parsed = address.map(|address| IpNet::from(address.to_canonical()));
    parsed.or_else(|_| text.parse()).map_err(|_| {
        "not an address such as 10.1.2.3, nor a network such as 10.1.0.0/16".to_owned()
    })
}

/// Carries out a command line: serves until it is asked to stop.
///
/// # Errors
///
/// If it cannot listen, or the log or the view cannot be opened. The error is written for a person to read.
pub async fn run(arguments: Arguments, shutdown: Shutdown) -> anyhow::Result<()> {
    let authentication = Authentication {
        sign_in: arguments.sign_in()?,
        transport: Transport {
            trusted: arguments.trusted_proxy.clone(),
            public: arguments.public_url.clone(),
        },
        accounts: Accounts::open(&arguments.accounts)?,
        rates: Rates::new(arguments.writes_per_minute),
    };
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("could not listen on {}", arguments.listen))?;
    let address = listener.local_addr()?;
    let notices = arguments.log.notices();
    let opening = async {
        let contract = arguments.log.open_with_ledger(false).await?;
        let views = Views::open(&arguments.views, &contract).context("could not open the view")?;
        let service = Service::new(
            contract,
            &arguments.views,
            views.come(),
            authentication,
            shutdown.clone(),
        )
        .await?;
        anyhow::Ok((views, Arc::new(service)))
    };
    let (views, service) = tokio::select! {
        opened = opening => opened?,
        () = shutdown.requested() => return Ok(()),
    };
    notices.say(&format!(
        "Listening on http://{address}; the API is described at http://{address}/api/docs."
    ));
    let routes = api::routes(service.clone());
    tokio::select! {
        served = server::serve(listener, routes, &shutdown) => served,
        () = feed::tell(&service) => Ok(()),
        ended = following::follow(views, &service, &arguments.views, &notices) => ended,
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        timeoff_cli::command::<Arguments>().debug_assert();
    }
}
