//! The rules of leave, on the whole ledger: people are entered, a policy is set and entitlements are granted by
//! commands, applications are decided by commands. `docs/rules.md` says the same for people.

mod histories;
mod language;
mod letters;
mod scene;
mod table;
