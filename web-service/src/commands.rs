//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use timeoff_cli::{LogArgs, Shutdown};
use timeoff_views::Views;
use tokio::net::TcpListener;

use crate::service::Service;
use crate::sign_in_args::SignInArgs;
use crate::who::{Accounts, Authentication, Rates};
use crate::{api, feed, following, server, tail};

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
    #[command(flatten)]
    sign_in: SignInArgs,
    /// How many writes of a person are taken in a minute.
    #[arg(long, value_name = "N", default_value = "300")]
    writes_per_minute: NonZeroU32,
    #[command(flatten)]
    log: LogArgs,
}

impl timeoff_cli::Arguments for Arguments {
    fn log_args(&self) -> &LogArgs {
        &self.log
    }
}

/// Carries out a command line: serves until it is asked to stop.
///
/// # Errors
///
/// If it cannot listen, or the log or the view cannot be opened. The error is written for a person to read.
pub async fn run(arguments: Arguments, shutdown: Shutdown) -> anyhow::Result<()> {
    let sign_in = arguments.sign_in.sign_in(arguments.listen)?;
    let authentication = Authentication {
        accounts: Accounts::open(&arguments.accounts, &arguments.sign_in.way())?,
        transport: arguments.sign_in.transport(),
        rates: Rates::new(arguments.writes_per_minute),
        sign_in,
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
        () = tail::follow(&service) => Ok(()),
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
