//! A cluster can be reached at an IPv6 address.

use std::io::Write as _;

use timeoff_log::{KafkaSettings, Log, LogUrl};
use tokio::net::{TcpListener, TcpStream};

use crate::bench::on_kafka;

#[test]
fn a_cluster_is_reached_by_an_address_of_ipv6() {
    on_kafka(async |bench| {
        let LogUrl::Kafka(servers) = bench.url.clone() else {
            panic!("it is on Kafka");
        };
        let Ok(listener) = TcpListener::bind("[::1]:0").await else {
            let _ = writeln!(std::io::stderr(), "SKIPPED: this machine has no IPv6");
            return;
        };
        let port = listener.local_addr().unwrap().port();
        let passing_on = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let server = servers.clone();
                tokio::spawn(async move {
                    let mut broker = TcpStream::connect(server).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut broker).await;
                });
            }
        });
        let url = format!("kafka://[::1]:{port}").parse().unwrap();
        let opened = Log::open(&url, &KafkaSettings::new()).await;
        passing_on.abort();
        assert!(opened.is_ok(), "{:?}", opened.err());
    });
}
