//! What the log takes from as many callers without any HTTP: what the disk gives.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use timeoff_contract::{Contract, TopicNames};
use timeoff_log::{KafkaSettings, Log};
use timeoff_models::{ApplicationId, Departments, LeaveApplication, TickClock, Ticks};
use tokio::task::JoinSet;

use crate::office::ADA;
use crate::wrk::{Figures, Load, processor_time};

/// Each caller appends one application at a time, and waits until it is durable.
pub(crate) fn measure(folder: &Path, load: &Load) -> Figures {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let url = format!("sqlite:{}", folder.join("alone.db").display());
    let before = processor_time(std::process::id());
    let until = Duration::from_secs(load.seconds.into());
    let (mut latencies, took) = runtime.block_on(async {
        let log = Log::open(&url.parse().unwrap(), &KafkaSettings::new())
            .await
            .unwrap();
        let contract =
            Contract::open_with_ledger(&log, TopicNames::default(), Departments::default());
        let contract = Arc::new(contract.await.unwrap());
        let writer = Arc::new(contract.application_writer().await.unwrap());
        let clock = Arc::new(Mutex::new(TickClock::new()));
        let application = LeaveApplication {
            email: ADA.parse().unwrap(),
            department: "IT".parse().unwrap(),
            hours: "16".parse().unwrap(),
            start: "2027-07-01".parse().unwrap(),
            details: None,
        };
        let began = Instant::now();
        let mut callers = JoinSet::new();
        for _ in 0..load.connections {
            let (contract, writer, clock) = (contract.clone(), writer.clone(), clock.clone());
            let application = application.clone();
            callers.spawn(async move {
                let mut latencies = Vec::new();
                while began.elapsed() < until {
                    let asked = Instant::now();
                    let now = Ticks::of(std::time::SystemTime::now().into());
                    let stamp = clock.lock().unwrap().stamp(now);
                    let id = ApplicationId::new(&application.email, stamp);
                    let record = writer.record(&id, &application);
                    contract.log().append(vec![record]).await.unwrap();
                    latencies.push(asked.elapsed());
                }
                latencies
            });
        }
        let latencies = callers.join_all().await.concat();
        let took = began.elapsed();
        log.close().await;
        (latencies, took)
    });
    latencies.sort_unstable();
    let at = |share: usize| latencies[(latencies.len() - 1) * share / 100].as_secs_f64() * 1e3;
    Figures {
        rate: latencies.len() as f64 / took.as_secs_f64(),
        p50: at(50),
        p99: at(99),
        cpu: (processor_time(std::process::id()) - before) / latencies.len() as f64,
    }
}
