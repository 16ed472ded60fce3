//! Commands and ledger events as they go onto a log and come from it.

use std::borrow::Cow;

use tempfile::TempDir;
use timeoff_contract::{
    AnyCommand, Contract, ContractError, DecodeError, ReceivedCommand, TopicNames, UnknownCommand,
    read_patiently,
};
use timeoff_log::{
    KafkaSettings, Log, LogUrl, NewRecord, ReadEvent, ReadFrom, Record, SchemaHome, TopicSpec,
};
use timeoff_models::Departments;
use timeoff_models::generated::*;

/// 2024-01-01 in ticks, and as Avro writes it.
const DAY: i64 = 638_396_640_000_000_000;
const DAY_BYTES: &[u8] = b"\x80\x80\x86\x90\x93\x97\x85\xdc\x11";

/// A log in a file, with the default names and departments.
struct Ground {
    contract: Contract,
    _folder: TempDir,
}

impl Ground {
    async fn new() -> Ground {
        let (log, folder) = log().await;
        Ground {
            contract: opened(&log, "HR,IT,OPS").await,
            _folder: folder,
        }
    }

    /// Appends a record, and reads the topic's last one.
    async fn through_the_log(&self, record: NewRecord) -> Record {
        let (log, topic) = (self.contract.log(), record.topic.clone());
        log.append(vec![record]).await.expect("appends");
        let mut reader = log.read(&topic, ReadFrom::Beginning).await.expect("reads");
        let mut last = None;
        while let Ok(event) = reader.next().await {
            match event {
                ReadEvent::Record(record) => last = Some(record),
                ReadEvent::CaughtUp => break,
                event => panic!("{event:?}"),
            }
        }
        last.expect("a record")
    }

    /// A record that another program has written under a schema of its own.
    async fn foreign(&self, topic: &str, schema: &str, avro: &[&[u8]]) -> Record {
        let SchemaHome::Table(table) = self.contract.log().schemas() else {
            panic!("not a file");
        };
        let subject = format!("{topic}-another-program");
        let id = table.register(&subject, schema).await.expect("registers");
        let mut value = vec![0];
        value.extend(id.to_be_bytes());
        value.extend(avro.concat());
        let own = self.contract.command_writer().await.expect("registers");
        let key = own.record(1, &withdrawal().into()).key;
        self.through_the_log(NewRecord {
            topic: topic.into(),
            partition: 1,
            key,
            value: Some(value),
            headers: Vec::new(),
        })
        .await
    }

    async fn refused_command(&self, schema: &str, avro: &[&[u8]]) -> String {
        let record = self.foreign(TopicNames::COMMANDS, schema, avro).await;
        match self.contract.read_command(&record).await {
            Err(DecodeError::Poison { reason }) => reason,
            read => panic!("{read:?}"),
        }
    }
}

async fn log() -> (Log, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = LogUrl::Sqlite(folder.path().join("timeoff.db"));
    let log = Log::open(&url, &KafkaSettings::new()).await;
    (log.expect("opens"), folder)
}

async fn opened(log: &Log, departments: &str) -> Contract {
    let departments: Departments = departments.parse().expect("departments");
    let contract = Contract::open_with_ledger(log, TopicNames::default(), departments).await;
    contract.expect("topics")
}

fn withdrawal() -> WithdrawApplication<'static> {
    WithdrawApplication {
        command_id: "c1".into(),
        asked_by: "ada@example.com".into(),
        asked_at_ticks: DAY,
        application_id: "ada-1".into(),
    }
}

fn decision() -> DecideApplication<'static> {
    DecideApplication {
        command_id: "c2".into(),
        asked_by: "bob@example.com".into(),
        asked_at_ticks: DAY,
        application_id: "ada-1".into(),
        outcome: "approve".into(),
        comment: Some("Enjoy".into()),
        expected_version: Some(0),
        accept_warnings: None,
    }
}

fn booked() -> LeaveBooked<'static> {
    LeaveBooked {
        command_id: Some("c2".into()),
        by: Some("p2".into()),
        at_ticks: DAY,
        application_id: "ada-1".into(),
        person_id: Some("p1".into()),
        on_behalf_of: None,
        policy: None,
        known_offset: Some(41),
        leave_type: None,
        first_date_ticks: None,
        last_date_ticks: None,
        minutes: None,
        days: None,
        available_minutes: None,
        policy_version: None,
        calendar: None,
        warnings: None,
        replaces: None,
    }
}

fn refused() -> CommandRefused<'static> {
    CommandRefused {
        command_id: Some("c3".into()),
        by: None,
        at_ticks: DAY,
        application_id: None,
        person_id: None,
        reason: "This version does not know how to do that.".into(),
        known_offset: None,
        policy_version: None,
        calendar: None,
    }
}

/// A record's schema with this name and these fields after those that every command begins with.
fn command_schema(name: &str, fields: &str) -> String {
    format!(
        r#"{{"type":"record","name":"{name}","namespace":"TimeOff.Models","fields":[
           {{"name":"CommandId","type":"string"}},{{"name":"AskedBy","type":"string"}},
           {{"name":"AskedAtTicks","type":"long"}}{fields}]}}"#
    )
}

#[tokio::test]
async fn a_command_comes_from_the_log_as_it_was_asked() {
    let ground = Ground::new().await;
    let writer = ground.contract.command_writer().await.expect("registers");
    for command in [
        CommandRecord::from(withdrawal()),
        CommandRecord::from(decision()),
    ] {
        let written = writer.record(2, &command);
        assert_eq!((&*written.topic, written.partition), ("leave-commands", 2));
        let record = ground.through_the_log(written).await;
        let read = ground.contract.read_command(&record).await;
        let read = read.expect("understood");
        assert_eq!(read.key, "ada-1");
        assert!(matches!(read.key, Cow::Borrowed(_)));
        assert_eq!(read.command, AnyCommand::Known(command));
    }
}

#[tokio::test]
async fn an_event_comes_from_the_ledger_as_it_was_recorded_under_the_key_it_was_given() {
    let ground = Ground::new().await;
    let writer = ground.contract.ledger_writer().await.expect("registers");
    for event in [LedgerRecord::from(booked()), LedgerRecord::from(refused())] {
        let written = writer.record(0, "ada-1", &event);
        assert_eq!((&*written.topic, written.partition), ("leave-ledger", 0));
        let key = written.key.clone().expect("a key");
        assert!(key.ends_with(b"\x0aada-1"), "{key:?}");
        let record = ground.through_the_log(written).await;
        let read = ground.contract.read_ledger(&record).await;
        let read = read.expect("understood");
        if let LedgerRecord::LeaveBooked(booked) = &read {
            assert!(matches!(booked.application_id, Cow::Borrowed(_)));
        }
        assert_eq!(read, event);
    }
}

#[tokio::test]
async fn each_type_has_its_own_subject() {
    let ground = Ground::new().await;
    let (contract, log) = (&ground.contract, ground.contract.log());
    contract.command_writer().await.expect("registers");
    contract.ledger_writer().await.expect("registers");
    let SchemaHome::Table(table) = log.schemas() else {
        panic!("not a file");
    };
    for (subject, schema) in [
        ("leave-commands-key", KEY_SCHEMA),
        (
            "leave-commands-TimeOff.Models.EnterPerson",
            EnterPerson::SCHEMA,
        ),
        ("leave-ledger-key", KEY_SCHEMA),
        (
            "leave-ledger-TimeOff.Models.LeaveBooked",
            LeaveBooked::SCHEMA,
        ),
    ] {
        let last = table.register("last", subject).await.expect("registers");
        let there = table.register(subject, schema).await.expect("registers");
        assert!(there < last, "{subject} was not there");
    }
}

#[tokio::test]
async fn a_later_version_of_a_command_is_read_as_far_as_it_is_known() {
    let ground = Ground::new().await;
    let schema = command_schema(
        "WithdrawApplication",
        r#",{"name":"ApplicationId","type":"string"},
           {"name":"Why","type":["null","string"],"default":null}"#,
    );
    let avro: [&[u8]; 3] = [
        b"\x04c1\x1eada@example.com",
        DAY_BYTES,
        b"\x0aada-1\x02\x06Sea",
    ];
    let record = ground.foreign(TopicNames::COMMANDS, &schema, &avro).await;
    let read = ground.contract.read_command(&record).await;
    let known = AnyCommand::Known(withdrawal().into());
    assert_eq!(read.expect("understood").command, known);
}

#[tokio::test]
async fn a_command_of_an_unknown_type_says_enough_to_be_refused() {
    let ground = Ground::new().await;
    let schema = command_schema("NobodyKnowsThis", r#",{"name":"Minutes","type":"int"}"#);
    let avro: [&[u8]; 3] = [b"\x04c9\x1eada@example.com", DAY_BYTES, b"\x10"];
    let record = ground.foreign(TopicNames::COMMANDS, &schema, &avro).await;
    let read = ground.contract.read_command(&record).await;
    let unknown = ReceivedCommand {
        key: "ada-1".into(),
        command: AnyCommand::Unknown(UnknownCommand {
            type_name: "TimeOff.Models.NobodyKnowsThis".to_owned(),
            command_id: "c9".to_owned(),
            asked_by: "ada@example.com".to_owned(),
            asked_at_ticks: DAY,
        }),
    };
    let read = read.expect("understood");
    assert_eq!(read, unknown);
    assert!(!format!("{read:?}").contains("ada@"), "{read:?}");

    // So is one whose name is ours in another namespace.
    let schema = command_schema("WithdrawApplication", "").replace("TimeOff.Models", "Others");
    let record = ground
        .foreign(TopicNames::COMMANDS, &schema, &avro[..2])
        .await;
    let read = ground.contract.read_command(&record).await;
    let AnyCommand::Unknown(unknown) = read.expect("understood").command else {
        panic!("known");
    };
    assert_eq!(unknown.type_name, "Others.WithdrawApplication");
}

#[tokio::test]
async fn what_is_no_command_is_poison() {
    let ground = Ground::new().await;
    let whole = command_schema("NobodyKnowsThis", "");
    let avro: [&[u8]; 2] = [b"\x04c9\x1eada@example.com", DAY_BYTES];
    for (schema, reason) in [
        (r#""string""#.to_owned(), "does not describe a record"),
        (whole.replace("AskedBy", "By"), "neither a command we know"),
        (whole.replace("long", "int"), "neither a command we know"),
        (
            whole.replace(r#""string"}"#, r#"["null","string"]}"#),
            "neither a command we know",
        ),
    ] {
        let told = ground.refused_command(&schema, &avro).await;
        assert!(told.contains(reason), "{told}");
    }
    let cut_off = ground.refused_command(&whole, &avro[..1]).await;
    assert!(cut_off.contains("do not match"), "{cut_off}");
    let cut_off = ground.refused_command(NameFirstAdmin::SCHEMA, &avro).await;
    assert!(cut_off.contains("do not match"), "{cut_off}");
}

#[tokio::test]
async fn an_event_of_an_unknown_type_was_written_by_a_newer_version() {
    let ground = Ground::new().await;
    let schema = LeaveBooked::SCHEMA.replace("LeaveBooked", "NothingKnowsThis");
    let record = ground.foreign(TopicNames::LEDGER, &schema, &[]).await;
    let told = "a record of type TimeOff.Models.NothingKnowsThis, written by a newer version";
    match ground.contract.read_ledger(&record).await {
        Err(error @ DecodeError::NewerVersion { .. }) => assert_eq!(error.to_string(), told),
        read => panic!("{read:?}"),
    }
    let reading = read_patiently(|| ground.contract.read_ledger(&record), |_| ());
    assert_eq!(reading.await.expect("read"), Err(told.to_owned()));

    let broken = ground
        .foreign(TopicNames::LEDGER, LeaveBooked::SCHEMA, &[])
        .await;
    let read = ground.contract.read_ledger(&broken).await;
    assert!(matches!(read, Err(DecodeError::Poison { .. })), "{read:?}");
}

#[tokio::test]
async fn the_topics_have_a_partition_for_each_department_that_there_is() {
    let (log, _folder) = log().await;
    let applications = TopicSpec {
        name: TopicNames::APPLICATIONS.into(),
        partitions: 3,
        at_least: 3,
        keep_forever: false,
    };
    log.ensure_topics(&[applications]).await.expect("made");
    // This program knows of fewer.
    let contract = opened(&log, "HR").await;
    let topics = [
        contract.topics().commands.clone(),
        contract.topics().ledger.clone(),
    ];
    let partitions = log.partitions_of(&topics).await.expect("asked");
    assert_eq!(partitions.into_values().collect::<Vec<_>>(), [3, 3]);
    opened(&log, "HR,IT,OPS").await;
}

#[tokio::test]
async fn a_ledger_is_there_if_both_topics_have_a_partition_for_each_department() {
    let (log, _folder) = log().await;
    let without = Contract::open(&log, TopicNames::default(), Departments::default()).await;
    let contract = without.expect("topics");
    let lacks = async |wanted: &str, wanted_has: i32| match contract.has_ledger().await {
        Err(ContractError::LedgerLagsBehind { topic, has, .. }) => {
            assert_eq!((topic.as_str(), has), (wanted, wanted_has));
        }
        known => panic!("{known:?}"),
    };
    let make = async |topic: &str| {
        let spec = TopicSpec {
            name: topic.into(),
            partitions: 2,
            at_least: 2,
            keep_forever: false,
        };
        log.ensure_topics(&[spec]).await.expect("makes it");
    };
    let grow = async |topic: &str| {
        log.add_partitions(&topic.into(), 3).await.expect("grows");
    };
    assert!(!contract.has_ledger().await.expect("it is known"));
    make(TopicNames::LEDGER).await;
    lacks(TopicNames::COMMANDS, 0).await;
    make(TopicNames::COMMANDS).await;
    lacks(TopicNames::COMMANDS, 2).await;
    grow(TopicNames::COMMANDS).await;
    lacks(TopicNames::LEDGER, 2).await;
    let refused =
        Contract::open_with_ledger(&log, TopicNames::default(), Departments::default()).await;
    assert!(matches!(
        refused.err(),
        Some(ContractError::LedgerLagsBehind {
            has: 2,
            needs: 3,
            ..
        })
    ));
    grow(TopicNames::LEDGER).await;
    assert!(contract.has_ledger().await.expect("it is known"));
}
