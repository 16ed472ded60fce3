//! A service waits for a schema registry that does not answer, and no record becomes poison because of it. Only for
//! Kafka: a log file contains its own schemas.

use std::net::SocketAddr;
use std::time::Duration;

use timeoff_contract::{Contract, DecodeError, read_patiently};
use timeoff_log::{LogError, Record};
use timeoff_models::Departments;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::avro_bytes::string;
use crate::bench::{Bench, DEADLINE, on_kafka};
use crate::cluster;
use crate::forge::{self, RECEIVED_V1, START_TICKS, application, framed, registered};

/// How soon an unreachable registry must be reported.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A route to the registry that can be cut without cutting it for other tests.
struct Gate {
    address: SocketAddr,
    open: Option<JoinHandle<()>>,
}

impl Gate {
    async fn closed() -> Gate {
        let address = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        Gate {
            address,
            open: None,
        }
    }

    /// The registry's address through this gate.
    fn url(&self) -> String {
        let (_, path) = registry_host_and_path();
        format!("http://{}{path}", self.address)
    }

    async fn open(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        let (host, _) = registry_host_and_path();
        self.open = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                let host = host.clone();
                connections.spawn(async move {
                    let mut registry = TcpStream::connect(host).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut registry).await;
                });
            }
        }));
    }

    async fn close(&mut self) {
        let open = self.open.take().unwrap();
        open.abort();
        assert!(open.await.unwrap_err().is_cancelled());
        assert!(TcpStream::connect(self.address).await.is_err());
    }
}

fn registry_host_and_path() -> (String, String) {
    let url = cluster::shared().unwrap().registry_url();
    let rest = url.strip_prefix("http://").unwrap();
    let slash = rest.find('/').unwrap_or(rest.len());
    (rest[..slash].to_owned(), rest[slash..].to_owned())
}

/// The contract, with its schemas behind this address, and a valid record.
async fn contract_behind(bench: &Bench, registry_url: &str) -> (Contract, Record) {
    let log = bench.opened_with_registry(registry_url).await;
    let names = forge::topic_names(bench);
    let topic = names.applications.clone();
    let contract = Contract::open(&log, names, Departments::default())
        .await
        .unwrap();
    let key_id = registered(bench, &topic, "key", r#""string""#).await;
    let value_id = registered(bench, &topic, "value", RECEIVED_V1).await;
    let avro = application("ada@example.com", "IT", 8, START_TICKS);
    let key = framed(key_id, &string("any key"));
    let record = forge::received(&topic, Some(key), Some(framed(value_id, &avro)));
    (contract, record)
}

/// Whether reading fails because the log is unavailable. `Err` says what happened instead.
async fn is_unavailable(contract: &Contract, record: &Record, address: &str) -> Result<(), String> {
    let reading = contract.read_application(record);
    match tokio::time::timeout(ANSWER_LIMIT, reading).await {
        Ok(Err(DecodeError::Unavailable(error))) if error.to_string().contains(address) => Ok(()),
        Ok(other) => Err(format!("{other:?}")),
        Err(_) => Err(format!("no answer within {ANSWER_LIMIT:?}")),
    }
}

#[test]
fn a_registry_that_is_down_is_waited_for() {
    on_kafka(async |bench| {
        let mut gate = Gate::closed().await;
        let (contract, record) = contract_behind(&bench, &gate.url()).await;
        let address = gate.address.to_string();
        is_unavailable(&contract, &record, &address).await.unwrap();
        let refused = contract.application_writer().await.err();
        assert!(matches!(refused, Some(LogError::Unavailable { .. })));

        let (failed, mut has_failed) = tokio::sync::mpsc::unbounded_channel();
        let reading = read_patiently(
            || contract.read_application(&record),
            |error| failed.send(error.to_string()).unwrap(),
        );
        let opening = async {
            for _ in 0..2 {
                has_failed.recv().await.unwrap();
            }
            gate.open().await;
        };
        let both = async { tokio::join!(reading, opening) };
        let (received, ()) = tokio::time::timeout(DEADLINE, both).await.unwrap();
        assert_eq!(received.unwrap().unwrap().id.as_str(), "any key");
    });
}

#[test]
fn what_was_understood_once_is_understood_without_the_registry() {
    on_kafka(async |bench| {
        let mut gate = Gate::closed().await;
        gate.open().await;
        let (contract, record) = contract_behind(&bench, &gate.url()).await;
        contract.read_application(&record).await.unwrap();
        gate.close().await;
        contract.read_application(&record).await.unwrap();
        // A schema that was never asked for may exist: without the registry, that is not known.
        let mut unknown = record;
        unknown.value = Some(framed(987_654_321, b""));
        let address = gate.address.to_string();
        is_unavailable(&contract, &unknown, &address).await.unwrap();
    });
}

/// Answers every request with the same bytes.
async fn answer_for_ever(listener: TcpListener, answer: &'static str) {
    let mut connections = JoinSet::new();
    while let Ok((mut client, _)) = listener.accept().await {
        connections.spawn(async move {
            let mut request = [0; 4096];
            while client.read(&mut request).await.is_ok_and(|bytes| bytes > 0) {
                if client.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        });
    }
}

#[test]
fn an_answer_that_says_nothing_of_the_schema_makes_no_record_poison() {
    const SILENT: &str = "";
    let answers = [
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n",
        // A server that is not a registry, or a wrong path.
        "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        SILENT,
    ];
    on_kafka(async |bench| {
        let mut taken_wrong = Vec::new();
        for answer in answers {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let answering = tokio::spawn(answer_for_ever(listener, answer));
            let (contract, record) = contract_behind(&bench, &format!("http://{address}")).await;
            if let Err(instead) = is_unavailable(&contract, &record, &address).await {
                taken_wrong.push(format!("{answer:?}: {instead}"));
            }
            answering.abort();
        }
        assert!(taken_wrong.is_empty(), "{taken_wrong:#?}");
    });
}
