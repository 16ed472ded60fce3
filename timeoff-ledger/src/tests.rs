//! The rules, one by one and all together.

mod account;
mod account_moves;
mod admins;
mod answers;
mod any;
mod applications;
mod by_policy;
mod delegation;
mod entered;
mod everywhere;
mod inbox;
mod look;
mod looks;
mod memory;
mod model;
mod moves;
mod office;
mod people;
mod policy;
mod policy_set;
mod random;
mod records;
mod rules;
mod steps;
mod what_if;
