//! Queues the sample, and waits until it is carried out.

use std::collections::HashSet;

use anyhow::{Context, bail};
use timeoff_contract::Contract;
use timeoff_ledger::{CommandId, Event, Fact};
use timeoff_log::{NewRecord, ReadEvent, ReadFrom};

use super::Sample;

impl Sample {
    /// Puts all of it onto the log.
    ///
    /// # Errors
    ///
    /// If the log does not take it.
    pub(crate) async fn queue(&self, contract: &Contract) -> anyhow::Result<()> {
        let writer = contract.application_writer().await?;
        let applications = self.applications.iter();
        let applications =
            applications.map(|applied| writer.record(&applied.id, &applied.application));
        // A command about an application that is not there would be refused, so these come first.
        append(contract, applications.collect()).await?;
        let writer = contract.command_writer().await?;
        let commands = self.commands.iter();
        let commands =
            commands.map(|(partition, command)| writer.record(*partition, &command.to_record()));
        append(contract, commands.collect()).await
    }

    /// Waits until the managers have carried out all of its commands.
    ///
    /// # Errors
    ///
    /// If one is refused, or the ledger cannot be read.
    pub(crate) async fn carried_out(&self, contract: &Contract) -> anyhow::Result<()> {
        let commands = self.commands.iter();
        let mut open: HashSet<CommandId> = commands
            .map(|(_, command)| command.asked.command_id)
            .collect();
        let ledger = &contract.topics().ledger;
        let step = || format!("could not read {ledger}");
        let reader = contract.log().read(ledger, ReadFrom::Beginning).await;
        let mut reader = reader.with_context(step)?;
        while !open.is_empty() {
            let record = match reader.next().await.with_context(step)? {
                ReadEvent::Record(record) => record,
                ReadEvent::Unreachable { reason } => return Err(reason).with_context(step),
                ReadEvent::CaughtUp | ReadEvent::Hidden { .. } | ReadEvent::Reachable => continue,
            };
            let event = contract.read_ledger(&record).await.with_context(step)?;
            let event = Event::from_record(event, contract.departments()).with_context(step)?;
            if let Fact::CommandRefused { reason, .. } = &event.fact {
                bail!(
                    "the sample is not as it should be, a command was refused: {}",
                    reason.0
                );
            }
            if let Some(id) = event.cause.command_id {
                open.remove(&id);
            }
        }
        Ok(())
    }
}

async fn append(contract: &Contract, records: Vec<NewRecord>) -> anyhow::Result<()> {
    let appended = contract.log().append(records).await;
    appended.context("could not queue the sample")?;
    Ok(())
}
