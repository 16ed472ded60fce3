//! The rules, one by one and all together.

mod account;
mod admins;
mod answers;
mod any;
mod applications;
mod delegation;
mod entered;
mod everywhere;
mod inbox;
mod memory;
mod model;
mod moves;
mod office;
mod people;
mod policy;
mod random;
mod records;
mod steps;
mod what_if;
