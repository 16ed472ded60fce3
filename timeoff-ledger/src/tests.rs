//! The rules, one by one and all together.

mod any;
mod applications;
mod delegation;
mod inbox;
mod memory;
mod model;
mod office;
mod people;
mod random;
mod records;
