//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use timeoff_cli::{LogArgs, Shutdown, UsageError};
use timeoff_views::Views;
use tokio::net::TcpListener;

use crate::service::Service;
use crate::who::SignIn;
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
        web-service --listen 127.0.0.1:8080 --sign-in proxy --trusted-proxy 127.0.0.1\n  \
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
    /// How it knows who asks: demo takes anybody for whoever they say they are, and only on a loopback address; proxy
    /// believes a reverse proxy's header.
    #[arg(long, value_enum, value_name = "HOW")]
    sign_in: SignInArg,
    /// A reverse proxy whose header is believed: its address. Can be given several times.
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Vec<std::net::IpAddr>,
    /// The header in which the reverse proxy says whose e-mail address it has checked.
    #[arg(long, value_name = "NAME", default_value = "X-Forwarded-Email")]
    proxy_header: axum::http::HeaderName,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum SignInArg {
    Demo,
    Proxy,
}

impl timeoff_cli::Arguments for Arguments {
    fn log_args(&self) -> &LogArgs {
        &self.log
    }
}

impl Arguments {
    fn sign_in(&self) -> Result<SignIn, UsageError> {
        match self.sign_in {
            SignInArg::Demo if !self.listen.ip().is_loopback() => Err(UsageError(format!(
                "--sign-in demo takes anybody for whoever they say they are, so it listens on a loopback address only, \
                 and {} is none; use --sign-in proxy",
                self.listen
            ))),
            SignInArg::Demo => Ok(SignIn::Demo),
            SignInArg::Proxy if self.trusted_proxy.is_empty() => Err(UsageError(
                "--sign-in proxy needs to know whose header to believe: add --trusted-proxy ADDRESS".to_owned(),
            )),
            SignInArg::Proxy => Ok(SignIn::Proxy {
                header: self.proxy_header.clone(),
                trusted: self.trusted_proxy.iter().map(|address| address.to_canonical()).collect(),
            }),
        }
    }
}

/// Carries out a command line: serves until it is asked to stop.
///
/// # Errors
///
/// If it cannot listen, or the log or the view cannot be opened. The error is written for a person to read.
pub async fn run(arguments: Arguments, shutdown: Shutdown) -> anyhow::Result<()> {
    let sign_in = arguments.sign_in()?;
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
            sign_in,
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
