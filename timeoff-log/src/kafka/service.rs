//! The thread that owns a group member.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::client::{Cluster, spawn_owner};
use super::member::Owner;
use crate::error::LogError;
use crate::subscription::{Command, Membership, Subscription};

pub(super) async fn join(
    cluster: Arc<Cluster>,
    membership: Membership,
) -> Result<Subscription, LogError> {
    let (subscription, channels) = Subscription::new();
    let (started, has_started) = oneshot::channel();
    let to_close = subscription.commands();
    spawn_owner("kafka-member", &cluster.clone(), move || async move {
        match Owner::start(cluster.clone(), membership, channels) {
            Ok(owner) => {
                let _ = started.send(Ok(()));
                tokio::select! {
                    () = owner.run() => {}
                    () = close_with_log(&cluster, &to_close) => {}
                }
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
    })?;
    has_started.await.unwrap_or(Err(LogError::Closed))?;
    Ok(subscription)
}

/// Has the member leave when its log is closed. Does not return: the member ends in its own way.
async fn close_with_log(cluster: &Cluster, commands: &mpsc::WeakUnboundedSender<Command>) {
    cluster.closing().await;
    // Without a sender, the subscription is dropped already and the member knows it.
    if let Some(commands) = commands.upgrade() {
        let (reply, _) = oneshot::channel();
        let _ = commands.send(Command::Close { reply });
    }
    std::future::pending().await
}
