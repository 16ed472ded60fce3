//! The most resident memory that a process has had.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often the figure is read; the system itself keeps the highest in between.
const EVERY: Duration = Duration::from_millis(5);

/// Watches a process until its end.
pub struct Peak(Arc<AtomicU64>);

impl Peak {
    /// `name` is the program's. Only figures under that name count: until the program is executed, the process has the
    /// memory of its parent.
    pub fn watch(pid: u32, name: &str) -> Peak {
        let peak = Arc::new(AtomicU64::new(0));
        let (weak, name) = (Arc::downgrade(&peak), name.to_owned());
        std::thread::spawn(move || {
            while let Some(peak) = weak.upgrade() {
                let Some(status) = status(pid) else { break };
                if let Some(kib) = resident_peak_kib(&status, &name) {
                    peak.fetch_max(kib, Ordering::Relaxed);
                }
                drop(peak);
                std::thread::sleep(EVERY);
            }
        });
        Peak(peak)
    }

    /// In KiB; 0 if the system does not report it.
    pub fn kib(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn status(pid: u32) -> Option<String> {
    std::fs::read_to_string(format!("/proc/{pid}/status")).ok()
}

fn resident_peak_kib(status: &str, name: &str) -> Option<u64> {
    let value = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key))?;
        Some(line[key.len()..].trim())
    };
    // The system keeps 15 characters of a name.
    let is_it = value("Name:")? == &name[..name.len().min(15)];
    let kib = value("VmHWM:")?.split(' ').next()?.parse().ok()?;
    is_it.then_some(kib)
}
