//! Connections: how many there are, how long they may take, and how they end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::ConnectInfo;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use timeoff_cli::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

/// How many connections there are at a time; others wait until they are accepted.
const CONNECTIONS: usize = 4096;

/// How long a client may take to send a request's header, and how long a connection may be idle.
const HEADER_PATIENCE: Duration = Duration::from_secs(30);

/// How long a client may take to receive what is being sent, without taking any of it.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// The most bytes of a request's header.
const HEADER_BYTES: usize = 16 * 1024;

/// How long to wait before accepting again if the process has no file left for a connection.
const AGAIN: Duration = Duration::from_millis(50);

/// Serves until a stop is requested: then accepts no more, and waits for the requests in flight.
///
/// # Errors
///
/// None: a connection that fails concerns only its client.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            Some(_) = connections.join_next() => continue,
            place = room.clone().acquire_owned() => tokio::select! {
                accepted = listener.accept() => accepted.map(|(stream, peer)| (stream, peer, place)),
                () = shutdown.requested() => break,
            },
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let (routes, shutdown) = (routes.clone(), shutdown.clone());
                connections.spawn(async move {
                    let _place = place;
                    connection(stream, peer, routes, &shutdown).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection; trying again");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
    drop(listener);
    tokio::select! {
        () = async { while connections.join_next().await.is_some() {} } => {}
        () = shutdown.overdue() => {}
    }
    Ok(())
}

async fn connection(stream: TcpStream, peer: SocketAddr, routes: Router, shutdown: &Shutdown) {
    // Answers are written at once; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let service = routes.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(axum::body::Body::new)
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_PATIENCE));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            TowerToHyperService::new(service),
        );
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.requested() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection has ended early");
    }
}
