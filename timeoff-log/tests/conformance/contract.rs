//! The wire contract: applications become records, results, or dead letters.

use timeoff_contract::{Contract, ContractError, DecodeError};
use timeoff_log::Settled;
use timeoff_models::{
    ApplicationId, Decision, Departments, LeaveApplication, LeaveHours, ManagerName, Outcome, Ticks,
};

use crate::avro_bytes::{number, string};
use crate::bench::Bench;
use crate::forge::{self, PROCESSED_V1, RECEIVED_V1, START_TICKS, framed, registered, to_append};

fn application(
    departments: &Departments,
    department: &str,
) -> (ApplicationId<'static>, LeaveApplication) {
    let application = LeaveApplication {
        email: "ada@example.com".parse().unwrap(),
        department: departments.parse(department).unwrap(),
        hours: LeaveHours::try_from(8).unwrap(),
        start: Ticks::try_from(START_TICKS).unwrap().into(),
        details: None,
    };
    let id = ApplicationId::new(
        &application.email,
        Ticks::try_from(START_TICKS + 7).unwrap(),
    );
    (id, application)
}

fn decision() -> Decision {
    Decision {
        outcome: Outcome::Declined,
        by: ManagerName::of_partition(1),
        at: Ticks::try_from(START_TICKS + 9).unwrap(),
        comment: Some("Not in release week".parse().unwrap()),
    }
}

pub(crate) async fn an_application_becomes_a_result(bench: Bench) {
    let contract = forge::contract(&bench).await;
    let applications = contract.application_writer().await.unwrap();
    let results = contract.result_writer().await.unwrap();
    let (id, asked) = application(contract.departments(), "IT");
    let queued = applications.record(&id, &asked);
    assert_eq!(queued.partition, 1);
    bench.log.append(vec![queued]).await.unwrap();

    let mut manager = bench.join(&contract.topics().applications).await;
    let delivery = manager.delivery().await;
    let received = contract.read_application(delivery.record()).await.unwrap();
    assert_eq!(received.id, id);
    assert_eq!(received.application, asked);
    assert_eq!(received.partition, 1);
    let output = results.record(received, &decision());
    let Settled::Recorded(positions) = manager.settle(delivery, vec![output]).await else {
        panic!("it is not recorded");
    };
    assert_eq!(positions[0].partition, 1);

    let mut reader = bench.join(&contract.topics().results).await;
    let delivery = reader.delivery().await;
    let (of, result) = contract.read_result(delivery.record()).await.unwrap();
    assert_eq!(of, id);
    assert_eq!(result.application, asked);
    assert_eq!(result.outcome, Outcome::Declined);
    assert_eq!(result.processed_by, "Manager #1");
    assert_eq!(result.comment.as_deref(), Some("Not in release week"));
    assert_eq!(result.decided_at.unwrap().get(), START_TICKS + 9);
}

pub(crate) async fn a_results_topic_with_fewer_partitions_takes_the_results_of_all(bench: Bench) {
    let results = bench.topic("results", 2).await;
    let contract = forge::contract(&bench).await;
    let writer = contract.application_writer().await.unwrap();
    for department in ["HR", "IT", "OPS"] {
        let (id, asked) = application(contract.departments(), department);
        bench
            .log
            .append(vec![writer.record(&id, &asked)])
            .await
            .unwrap();
    }
    let mut manager = bench
        .join_to_catch_up(&contract.topics().applications)
        .await;
    let writer = contract.result_writer().await.unwrap();
    for delivery in manager.until_caught_up().await {
        let received = contract.read_application(delivery.record()).await.unwrap();
        let output = writer.record(received, &decision());
        let settled = manager.settle(delivery, vec![output]).await;
        assert!(matches!(settled, Settled::Recorded(_)));
    }
    let mut partitions = Vec::new();
    for record in bench.read_all(&results).await {
        let (_, result) = contract.read_result(&record).await.unwrap();
        let department = result.application.department.to_string();
        partitions.push((department, record.position.partition));
    }
    partitions.sort();
    let expected = [("HR", 0), ("IT", 1), ("OPS", 0)];
    assert_eq!(partitions, expected.map(|(name, at)| (name.to_owned(), at)));
}

pub(crate) async fn an_applications_topic_with_too_few_partitions_is_refused(bench: Bench) {
    let topic = bench.topic("applications", 2).await;
    let names = forge::topic_names(&bench);
    let refused = Contract::open(&bench.log, names, Departments::default()).await;
    let Err(ContractError::TooFewPartitions {
        topic: of,
        has,
        needs,
        departments,
        ..
    }) = refused
    else {
        panic!("it is opened");
    };
    assert_eq!((of.as_str(), has, needs), (&*topic, 2, 3));
    assert_eq!(departments, Departments::default());
}

pub(crate) async fn a_version_1_application_is_understood(bench: Bench) {
    let contract = forge::contract(&bench).await;
    let topic = contract.topics().applications.clone();
    let key_id = registered(&bench, &topic, "key", r#""string""#).await;
    let value_id = registered(&bench, &topic, "value", RECEIVED_V1).await;
    // In another letter case than ours, which the record nevertheless repeats bit for bit.
    let avro = forge::application("Ada@Example.com", "it", 8, START_TICKS);
    let record = forge::received(
        &topic,
        Some(framed(key_id, &string("any key"))),
        Some(framed(value_id, &avro)),
    );
    let received = contract.read_application(&record).await.unwrap();
    assert_eq!(received.id.as_str(), "any key");
    assert_eq!(received.wire.emp_email, "Ada@Example.com");
    assert_eq!(received.wire.emp_department, "it");
    assert_eq!(
        received.application,
        application(contract.departments(), "IT").1
    );
}

pub(crate) async fn a_version_1_result_is_understood(bench: Bench) {
    let contract = forge::contract(&bench).await;
    let topic = contract.topics().results.clone();
    let key_id = registered(&bench, &topic, "key", r#""string""#).await;
    let value_id = registered(&bench, &topic, "value", PROCESSED_V1).await;
    let mut avro = forge::application("ada@example.com", "IT", 8, START_TICKS);
    avro.extend(string("Manager #1"));
    avro.extend(string("Approved: enjoy the sea"));
    let record = forge::received(
        &topic,
        Some(framed(key_id, &string("any key"))),
        Some(framed(value_id, &avro)),
    );
    let (id, result) = contract.read_result(&record).await.unwrap();
    assert_eq!(id.as_str(), "any key");
    assert_eq!(
        result.application,
        application(contract.departments(), "IT").1
    );
    assert_eq!(result.outcome, Outcome::Approved);
    assert_eq!(result.text, "Approved: enjoy the sea");
    assert_eq!((result.comment, result.decided_at), (None, None));
}

pub(crate) async fn a_producer_with_more_fields_is_understood(bench: Bench) {
    let contract = forge::contract(&bench).await;
    let topic = contract.topics().applications.clone();
    let key_id = registered(&bench, &topic, "key", r#""string""#).await;
    let mut newer: serde_json::Value = serde_json::from_str(RECEIVED_V1).unwrap();
    let fields = newer["fields"].as_array_mut().unwrap();
    fields.insert(
        0,
        serde_json::json!({"name": "Urgency", "type": "int", "default": 0}),
    );
    fields.push(serde_json::json!({"name": "Why", "type": ["null", "string"], "default": null}));
    let value_id = registered(&bench, &topic, "value", &newer.to_string()).await;
    let avro = [
        number(3),
        forge::application("ada@example.com", "IT", 8, START_TICKS),
        number(1),
        string("a wedding"),
    ]
    .concat();
    let key = Some(framed(key_id, &string("any key")));
    let record = forge::received(&topic, key, Some(framed(value_id, &avro)));
    let received = contract.read_application(&record).await.unwrap();
    assert_eq!(
        received.application,
        application(contract.departments(), "IT").1
    );
}

pub(crate) async fn a_schema_registered_again_keeps_its_id(bench: Bench) {
    let contract = forge::contract(&bench).await;
    let (id, asked) = application(contract.departments(), "HR");
    let first = contract
        .application_writer()
        .await
        .unwrap()
        .record(&id, &asked);
    let again = contract
        .application_writer()
        .await
        .unwrap()
        .record(&id, &asked);
    let elsewhere = Contract::open(
        &bench.opened_again().await,
        forge::topic_names(&bench),
        Departments::default(),
    )
    .await
    .unwrap();
    let elsewhere = elsewhere
        .application_writer()
        .await
        .unwrap()
        .record(&id, &asked);
    assert!(first == again && first == elsewhere);
}

pub(crate) async fn a_dead_letter_keeps_bytes_headers_and_place(bench: Bench) {
    let contract = forge::contract(&bench).await;
    let topic = contract.topics().applications.clone();
    bench.fill(&topic, [1], 5).await;
    let mut poison = forge::received(&topic, None, Some(b"no frame".to_vec()));
    poison.headers = vec![("trace".into(), vec![0, 255]), ("trace".into(), vec![])];
    bench.log.append(vec![to_append(&poison)]).await.unwrap();

    let mut manager = bench.join(&topic).await;
    let delivery = manager.deliveries(6).await.remove(5);
    let Err(DecodeError::Poison { reason }) = contract.read_application(delivery.record()).await
    else {
        panic!("it is understood");
    };
    let letter = contract.dead_letter(delivery.record(), &reason);
    let settled = manager.settle(delivery, vec![letter]).await;
    assert!(matches!(settled, Settled::Recorded(_)));

    let letters = bench.read_all(&contract.topics().dead_letters).await;
    let [letter] = &letters[..] else {
        panic!("{letters:?}");
    };
    assert_eq!(letter.key, None);
    assert_eq!(letter.value.as_deref(), Some(&b"no frame"[..]));
    let text = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let place = [
        text("timeoff.topic", &topic),
        text("timeoff.partition", "1"),
        text("timeoff.offset", "5"),
        text("timeoff.reason", &reason),
    ];
    assert_eq!(letter.headers, [&place[..], &poison.headers].concat());
}
