//! Turns applications and results into records.

use std::sync::Arc;

use timeoff_log::{LogError, NewRecord};
use timeoff_models::generated::{LeaveApplicationProcessed, LeaveApplicationReceived};
use timeoff_models::{ApplicationId, Decision, Departments, LeaveApplication, Withdrawal};

use super::{Contract, ContractError, ReceivedApplication};
use crate::avro::{Encoder, Key, Processed, Received};

/// Turns applications into records.
pub struct ApplicationWriter {
    topic: Arc<str>,
    departments: Departments,
    keys: Encoder<Key>,
    values: Encoder<Received>,
}

/// Turns decisions into records.
pub struct ResultWriter {
    topic: Arc<str>,
    partitions: i32,
    keys: Encoder<Key>,
    values: Encoder<Processed>,
}

impl Contract {
    /// Registers the schemas that applications are written with.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the registry does not take them.
    pub async fn application_writer(&self) -> Result<ApplicationWriter, LogError> {
        let topic = &self.topics.applications;
        Ok(ApplicationWriter {
            keys: Encoder::register(&self.schemas, topic).await?,
            values: Encoder::register(&self.schemas, topic).await?,
            topic: topic.clone(),
            departments: self.departments.clone(),
        })
    }

    /// Registers the schemas that results are written with.
    ///
    /// # Errors
    ///
    /// [`ContractError::TooFewDepartments`] if the applications topic has a partition without a department: a manager
    /// who is assigned it would take every record in it for impossible. [`LogError::Unavailable`] if the registry does
    /// not take the schemas.
    pub async fn result_writer(&self) -> Result<ResultWriter, ContractError> {
        self.check_it_has_a_department(self.partitions_of(&self.topics.applications) - 1)?;
        let topic = &self.topics.results;
        Ok(ResultWriter {
            keys: Encoder::register(&self.schemas, topic).await?,
            values: Encoder::register(&self.schemas, topic).await?,
            partitions: self.partitions_of(topic),
            topic: topic.clone(),
        })
    }
}

impl ApplicationWriter {
    /// The record that queues an application, in its department's partition.
    pub fn record(&self, id: &ApplicationId<'_>, application: &LeaveApplication) -> NewRecord {
        let partition = self
            .departments
            .partition_of(&application.department)
            .expect("an application is made with one of the configured departments");
        NewRecord {
            topic: self.topic.clone(),
            partition,
            key: Some(self.keys.encode(&id.as_str().into())),
            value: Some(
                self.values
                    .encode(&LeaveApplicationReceived::from(application)),
            ),
            headers: Vec::new(),
        }
    }
}

impl ResultWriter {
    /// The record of an application's result: the same key, and the same partition unless the results topic has fewer.
    pub fn record(&self, received: ReceivedApplication<'_>, decision: &Decision) -> NewRecord {
        let ReceivedApplication {
            id,
            wire,
            partition,
            ..
        } = received;
        self.result(&id, partition, &decision.on(*wire))
    }

    /// The record of the result of an application that was withdrawn.
    pub fn withdrawal(
        &self,
        received: ReceivedApplication<'_>,
        withdrawal: &Withdrawal,
    ) -> NewRecord {
        let ReceivedApplication {
            id,
            wire,
            partition,
            ..
        } = received;
        self.result(&id, partition, &withdrawal.on(*wire))
    }

    fn result(
        &self,
        id: &ApplicationId<'_>,
        partition: i32,
        result: &LeaveApplicationProcessed<'_>,
    ) -> NewRecord {
        NewRecord {
            topic: self.topic.clone(),
            partition: partition % self.partitions,
            key: Some(self.keys.encode(&id.as_str().into())),
            value: Some(self.values.encode(result)),
            headers: Vec::new(),
        }
    }
}
