//! Threads for calls that block, and for clients that one owner polls.

use crate::error::LogError;
use crate::remedy::Remedy;

use super::cluster::Cluster;

/// Runs a blocking call on a thread for blocking calls.
pub(crate) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, LogError> + Send + 'static,
) -> Result<T, LogError> {
    tokio::task::spawn_blocking(call)
        .await
        .unwrap_or(Err(LogError::Closed))
}

/// Starts a thread with its own runtime, for a client that one owner polls.
pub(crate) fn spawn_owner<F: Future<Output = ()>>(
    name: &str,
    cluster: &Cluster,
    owner: impl FnOnce() -> F + Send + 'static,
) -> Result<(), LogError> {
    let unavailable = |error: std::io::Error| LogError::Unavailable {
        log: cluster.address().into(),
        step: "start a thread".into(),
        remedy: Some(Remedy::CheckLimits),
        source: error.into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(unavailable)?;
    let counted = cluster.count_thread();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _counted = counted;
            runtime.block_on(owner());
            // Does not wait for a library call that never returns.
            runtime.shutdown_background();
        })
        .map_err(unavailable)?;
    Ok(())
}
