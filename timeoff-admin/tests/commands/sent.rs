//! Commands that the test itself puts onto the log.

use std::str::FromStr;
use std::sync::Arc;
use std::time::SystemTime;

use timeoff_contract::{Contract, TopicNames};
use timeoff_ledger::{Asked, Command, Entitlement, PersonId, PolicyText, Request};
use timeoff_log::{KafkaSettings, Log, LogUrl};
use timeoff_models::{Departments, Ticks};
use timeoff_testkit::on_runtime;
use uuid::Uuid;

use crate::office::{GRACE, Office};

/// The partition of IT among the departments that are meant when none are named.
const IT: i32 = 1;

impl Office {
    /// Grace asks IT for something, and it is done.
    pub(crate) fn asks_it(&self, request: Request) {
        let id = Uuid::now_v7();
        let command = Command {
            asked: Asked {
                command_id: id.try_into().unwrap(),
                by: GRACE.parse().unwrap(),
                at: Ticks::of(SystemTime::now().into()),
            },
            request,
        };
        on_runtime(async {
            let contract = self.contract().await;
            let writer = contract.command_writer().await.unwrap();
            let record = writer.record(IT, &command.to_record());
            contract.log().append(vec![record]).await.unwrap();
        });
        self.run(&["commands", "wait", &id.to_string()]).done();
    }

    /// From now on this policy holds in IT.
    pub(crate) fn sets_policy(&self, text: &str) {
        let policy = PolicyText(text.into());
        self.asks_it(Request::SetPolicy {
            policy,
            expected_version: None,
        });
    }

    /// Somebody can take annual leave in the year 2090.
    pub(crate) fn grants(&self, email: &str, minutes: u32) {
        let person = self.person(email);
        let person = PersonId::from_str(person["person_id"].as_str().unwrap()).unwrap();
        let entitlement = Box::new(Entitlement {
            id: Uuid::now_v7().try_into().unwrap(),
            person,
            leave_type: "annual".parse().unwrap(),
            minutes,
            from: "2090-01-01".parse().unwrap(),
            until: "2090-12-31".parse().unwrap(),
        });
        self.asks_it(Request::GrantEntitlement { entitlement });
    }

    /// Queues an application of so many hours from a day on, and returns its id.
    pub(crate) fn asks_for(&self, email: &str, hours: &str, start: &str) -> String {
        let mut arguments = timeoff_testkit::submit(email, "IT", hours).to_vec();
        if let Some(place) = arguments.iter().position(|&one| one == "--start") {
            arguments[place + 1] = start;
        }
        arguments.extend(["--output", "json"]);
        let queued = self.bench.run("employee-service", &arguments).done();
        let queued = crate::office::json(&queued);
        queued[0]["id"].as_str().unwrap().to_owned()
    }

    async fn contract(&self) -> Contract {
        let bench = &self.bench;
        let url: LogUrl = bench.log.parse().unwrap();
        let log = Log::open(&url, &KafkaSettings::default()).await.unwrap();
        let topic = |name: &str| Arc::from(name);
        let topics = TopicNames {
            applications: topic(&bench.applications),
            results: topic(&bench.results),
            dead_letters: topic(&bench.dead_letters),
            commands: topic(&bench.commands),
            ledger: topic(&bench.ledger),
        };
        let departments = Departments::default();
        Contract::open_with_ledger(&log, topics, departments)
            .await
            .unwrap()
    }
}
