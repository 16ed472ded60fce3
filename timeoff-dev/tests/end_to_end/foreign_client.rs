//! A foreign program, with the serialisers of the registry's makers and its own copy of the schemas.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use timeoff_testkit::{AUTO, Bench};

use crate::applications::{Decision, Shown, parse};
use crate::java::{ForeignClient, position};

/// A zero byte and four bytes of schema id.
const FRAME: usize = 5;

/// What a foreign program may write: case and fraction of a second as it likes.
fn applications() -> Vec<Value> {
    let application = |email, department, hours, ticks: i64| {
        json!({
            "EmpEmail": email,
            "EmpDepartment": department,
            "LeaveDurationInHours": hours,
            "LeaveStartDateTicks": ticks,
        })
    };
    vec![
        application(
            "Ada.Lovelace@Example.COM",
            "it",
            16,
            639_500_000_000_000_001,
        ),
        application("grace@example.com", "IT", 17, 639_500_000_000_000_000),
        application("linus@example.com", "Hr", 8784, 3_155_378_975_999_999_999),
        application("margaret@example.com", "OPS", 1, 0),
    ]
}

fn partition_of(application: &Value) -> i64 {
    let department = application["EmpDepartment"].as_str().unwrap();
    let known = ["HR", "IT", "OPS"];
    let index = known
        .iter()
        .position(|name| name.eq_ignore_ascii_case(department));
    index.unwrap() as i64
}

#[test]
fn an_application_of_a_program_that_is_not_ours_is_decided_and_the_result_read_by_it() {
    let Some(client) = ForeignClient::find() else {
        return;
    };
    let bench = client.bench();
    // Each application twice: with version 1 of the schema, and with a field that we do not know.
    let mut expected = Vec::new();
    let mut records = Vec::new();
    for (number, application) in applications().into_iter().enumerate() {
        for schema in ["application-v1.avsc", "application-with-extra.avsc"] {
            let mut value = application.clone();
            if schema == "application-with-extra.avsc" {
                value["CostCentre"] = json!({"string": "R&D"});
            }
            let email = application["EmpEmail"].as_str().unwrap();
            let key = format!(
                "{email}-{}",
                638_000_000_000_000_000_i64 + expected.len() as i64
            );
            let partition = partition_of(&application);
            records.push(
                json!({"partition": partition, "key": key, "schema": schema, "value": value}),
            );
            expected.push((number, partition, key, application.clone()));
        }
    }
    client.produce(&bench.applications, records);

    let decided = decide(&bench);
    assert_eq!(decided.len(), expected.len());

    for schema in ["result-v1.avsc", "result-with-extra.avsc"] {
        let results = client.read(&bench.results, schema, expected.len());
        for (_, partition, key, application) in &expected {
            let result = results.iter().find(|result| result["key"] == *key).unwrap();
            assert_eq!(result["partition"], *partition);
            assert_result(&result["value"], application, *partition, schema);
            let decision = decided.iter().find(|decision| decision.id == *key).unwrap();
            assert_eq!(
                position(result),
                (i64::from(decision.partition), decision.offset)
            );
        }
    }

    let applications = client.read_raw(&bench.applications, expected.len());
    let results = client.read_raw(&bench.results, expected.len());
    assert_repeated_bit_for_bit(&applications, &results);
}

fn decide(bench: &Bench) -> Vec<Decision> {
    let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
    parse(&bench.run("manager-service", &arguments).done().out)
}

fn assert_result(result: &Value, application: &Value, partition: i64, schema: &str) {
    for (field, value) in application.as_object().unwrap() {
        assert_eq!(result[field], *value, "{field}");
    }
    let is_short = application["LeaveDurationInHours"].as_i64().unwrap() <= 16;
    let sentence = if is_short {
        "Approved: Your leave application has been approved."
    } else {
        "Declined: Your leave application has been declined."
    };
    assert_eq!(result["Result"], sentence);
    assert_eq!(result["ProcessedBy"], format!("Manager #{partition}"));
    let fields = result.as_object().unwrap();
    if schema == "result-v1.avsc" {
        assert_eq!(fields.len(), 6, "{fields:?}");
    } else {
        assert_eq!(fields["CostCentre"], Value::Null);
    }
}

/// Checks that each result repeats its application. Avro has no framing between fields, so the result begins with the
/// bytes of the four fields.
fn assert_repeated_bit_for_bit(applications: &[Value], results: &[Value]) {
    let bytes = |record: &Value, part: &str| {
        let framed = BASE64_STANDARD
            .decode(record[part].as_str().unwrap())
            .unwrap();
        assert_eq!(framed[0], 0, "{record}");
        framed[FRAME..].to_vec()
    };
    for application in applications {
        let key = bytes(application, "key");
        let result = results.iter().find(|result| bytes(result, "key") == key);
        let result = result.unwrap_or_else(|| panic!("no result for {application}"));
        let (asked, told) = (bytes(application, "value"), bytes(result, "value"));
        // The foreign field, where there is one, is the union's branch and the text.
        let four_fields = asked.strip_suffix(b"\x02\x06R&D").unwrap_or(&asked);
        assert!(told.starts_with(four_fields), "{application} {result}");
    }
}

#[test]
fn results_of_a_program_that_is_not_ours_are_shown() {
    let Some(client) = ForeignClient::find() else {
        return;
    };
    let bench = client.bench();
    let result = |sentence: &str| {
        let mut result = applications().swap_remove(0);
        result["ProcessedBy"] = "HAL 9000".into();
        result["Result"] = sentence.into();
        result
    };
    let mut with_extra = result("Declined: I'm sorry, Ada.");
    with_extra["CostCentre"] = json!({"string": "R&D"});
    client.produce(
        &bench.results,
        vec![
            json!({"partition": 1, "key": "any key", "schema": "result-v1.avsc", "value": result("Approved: enjoy")}),
            json!({"partition": 1, "key": "another", "schema": "result-with-extra.avsc", "value": with_extra}),
        ],
    );
    let arguments = ["--until-caught-up", "--output", "json"];
    let shown: Vec<Shown> = parse(&bench.run("result-reader", &arguments).done().out);
    let told = |shown: &Shown| {
        (
            shown.id.clone(),
            shown.outcome.clone(),
            shown.result.clone(),
        )
    };
    let told: Vec<_> = shown.iter().map(told).collect();
    assert_eq!(
        told,
        [
            ("any key", "approved", "Approved: enjoy"),
            ("another", "declined", "Declined: I'm sorry, Ada.")
        ]
        .map(|(id, outcome, text)| (id.to_owned(), outcome.to_owned(), text.to_owned()))
    );
    for result in shown {
        assert_eq!(result.email, "ada.lovelace@example.com");
        assert_eq!(result.department, "IT");
        assert_eq!(result.hours, 16);
        assert_eq!(result.start, "2027-07-01T00:53:20.0000001");
        assert_eq!(result.processed_by, "HAL 9000");
        assert_eq!(result.comment, None);
        assert_eq!(result.decided_at, None);
    }
}

#[test]
fn garbage_among_good_records_becomes_dead_letters_and_the_good_ones_are_decided() {
    let Some(client) = ForeignClient::find() else {
        return;
    };
    let bench = client.bench();
    let good = |key: &str| {
        let value = applications().swap_remove(0);
        json!({"partition": 1, "key": key, "schema": "application-v1.avsc", "value": value})
    };
    let impossible = |field: &str, to: Value| {
        let mut record = good("impossible");
        record["value"][field] = to;
        record
    };
    let raw = |value: &[u8]| {
        let encoded = BASE64_STANDARD.encode(value);
        json!({"partition": 1, "rawKey": encoded, "rawValue": encoded})
    };
    let positions = client.produce(
        &bench.applications,
        vec![
            good("first"),
            raw(b"not framed"),
            raw(&[0, 0x7f, 0xff, 0xff, 0xff, 2, 4]),
            good("second"),
            impossible("LeaveDurationInHours", 0.into()),
            impossible("EmpDepartment", "Astrology".into()),
            good("third"),
        ],
    );
    let decided = decide(&bench);
    let ids: Vec<&str> = decided
        .iter()
        .map(|decision| decision.id.as_str())
        .collect();
    assert_eq!(ids, ["first", "second", "third"]);

    let original = client.read_raw(&bench.applications, positions.len());
    let letters = client.read_raw(&bench.dead_letters, 4);
    let expected = [
        (1, "frame"),
        (2, "schema"),
        (4, "LeaveDurationInHours"),
        (5, "EmpDepartment"),
    ];
    for (letter, (index, reason)) in letters.iter().zip(expected) {
        let (partition, offset) = positions[index];
        let headers = &letter["headers"];
        assert_eq!(headers["timeoff.topic"], bench.applications);
        assert_eq!(headers["timeoff.partition"], partition.to_string());
        assert_eq!(headers["timeoff.offset"], offset.to_string());
        let told = headers["timeoff.reason"].as_str().unwrap();
        assert!(told.contains(reason), "{reason}: {told}");
        assert!(
            !told.contains("Astrology"),
            "a reason quotes nothing: {told}"
        );
        assert_eq!(letter["key"], original[index]["key"]);
        assert_eq!(letter["value"], original[index]["value"]);
    }
    assert!(
        decide(&bench).is_empty(),
        "a dead letter is not offered again"
    );
}
