//! Schemas that refer to others in the registry are understood; a real registry keeps them here. Only for Kafka: in a
//! file, no schema refers to others.

use crate::avro_bytes::{number, string};
use crate::bench::on_kafka;
use crate::forge::{
    self, Reference, START_TICKS, application, framed, received, registered, registered_in_registry,
};

/// An application with another field, whose type is registered elsewhere.
const REFERRING: &str = r#"{"type":"record","name":"LeaveApplicationReceived","namespace":"TimeOff.Models","fields":[
    {"name":"EmpEmail","type":"string"},
    {"name":"EmpDepartment","type":"string"},
    {"name":"LeaveDurationInHours","type":"int"},
    {"name":"LeaveStartDateTicks","type":"long"},
    {"name":"Source","type":"org.example.Source"}]}"#;
const SOURCE: &str = r#"{"type":"record","name":"Source","namespace":"org.example","fields":[
    {"name":"site","type":"Site"},{"name":"backup","type":["null","org.example.Site"]}]}"#;
const SITE: &str = r#"{"type":"record","name":"Site","namespace":"org.example","fields":[
    {"name":"city","type":"string"}]}"#;
const SITE_WITH_FLOOR: &str = r#"{"type":"record","name":"Site","namespace":"org.example","fields":[
    {"name":"city","type":"string"},{"name":"floor","type":"int","default":0}]}"#;

#[test]
fn a_schema_that_refers_to_others_in_turn_is_understood_in_the_versions_it_names() {
    on_kafka(async |bench| {
        let contract = forge::contract(&bench).await;
        let topic = contract.topics().applications.clone();
        let (site, source) = (bench.named("site"), bench.named("source"));
        registered_in_registry(&site, SITE, &[]).await;
        registered_in_registry(&site, SITE_WITH_FLOOR, &[]).await;
        let to_site = |version| Reference {
            name: "org.example.Site",
            subject: &site,
            version,
        };
        let key_id = registered(&bench, &topic, "key", r#""string""#).await;
        let source_field = |floor: Vec<u8>| {
            let site = [string("Delft"), floor].concat();
            [site.clone(), number(1), site].concat()
        };
        for (version, field) in [(1, source_field(vec![])), (2, source_field(number(7)))] {
            let source_subject = format!("{source}-{version}");
            registered_in_registry(&source_subject, SOURCE, &[to_site(version)]).await;
            let to_source = Reference {
                name: "org.example.Source",
                subject: &source_subject,
                version: 1,
            };
            // Each version has its own subject: this test is not about compatibility.
            let subject = bench.named(&format!("referring-{version}"));
            let value_id = registered_in_registry(&subject, REFERRING, &[to_source]).await;
            let avro = application("ada@example.com", "IT", 8, START_TICKS);
            let key = framed(key_id, &string("any key"));
            let value = framed(value_id, &[avro, field].concat());
            let record = received(&topic, Some(key), Some(value));
            let understood = contract.read_application(&record).await.unwrap();
            assert_eq!(understood.application.email.as_str(), "ada@example.com");
        }
    });
}
