//! The thread that owns a group member, and settles for it.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::client::{Cluster, spawn_owner};
use super::member::{Ended, Member, Step};
use super::settle::Ledger;
use crate::error::LogError;
use crate::subscription::{Command, MemberChannels, Membership, Subscription};

pub(super) async fn join(
    cluster: Arc<Cluster>,
    membership: Membership,
) -> Result<Subscription, LogError> {
    let (subscription, channels) = Subscription::new();
    let (started, has_started) = oneshot::channel();
    let to_close = subscription.commands();
    spawn_owner("kafka-member", &cluster.clone(), move || async move {
        match Service::start(&cluster, &membership, channels) {
            Ok(service) => {
                let _ = started.send(Ok(()));
                tokio::select! {
                    () = service.run() => {}
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

/// Asks the member to leave when its log is closed. Never returns: the service ends when the member has left.
async fn close_with_log(cluster: &Cluster, commands: &mpsc::WeakUnboundedSender<Command>) {
    cluster.closing().await;
    // If no sender is left, the subscription has been dropped, and the member knows that already.
    if let Some(commands) = commands.upgrade() {
        let (reply, _) = oneshot::channel();
        let _ = commands.send(Command::Close { reply });
    }
    std::future::pending().await
}

struct Service {
    member: Member,
    ledger: Ledger,
}

impl Service {
    fn start(
        cluster: &Arc<Cluster>,
        membership: &Membership,
        channels: MemberChannels,
    ) -> Result<Service, LogError> {
        let ledger = Ledger::new(cluster.clone(), &membership.group, channels.leaving.clone());
        let member = Member::join(cluster, membership, channels)?;
        Ok(Service { member, ledger })
    }

    async fn run(mut self) {
        loop {
            match self.member.step().await {
                Ok(Step::Next) => {}
                Ok(Step::Settle(batch)) => self.ledger.settle(&mut self.member, batch).await,
                Ok(Step::Leave) | Err(Ended) => return self.member.leave(),
            }
        }
    }
}
