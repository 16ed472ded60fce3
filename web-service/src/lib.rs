//! The web service: answers programs over HTTP from what is on the log, and queues what they want.
//!
//! It decides nothing. What is asked of it is appended as an application or a command; what became of it is read from a
//! view, which it folds from the log itself. So several of them on one log are alike, and a killed one loses nothing that
//! it has acknowledged.
//!
//! | where | what it has |
//! |---|---|
//! | `commands`, `sign_in_args` | the command line |
//! | `server` | connections: how many, how long, until the stop |
//! | `service` | what all requests share |
//! | `following` | folding the log into the view, and how that goes |
//! | `feed`, `streams` | what happens, told to everybody who follows; places for them |
//! | `tail` | the last records of each partition, for the page that shows the log |
//! | `reading` | asking the view, and waiting until it has come far enough |
//! | `account` | what somebody can take, by the ledger's own rules |
//! | `ledgers` | what a department's whole ledger says, where rules about other people count |
//! | `past` | the whole past of a department, for what-if |
//! | `away` | who is away on which days |
//! | `calendar` | leave as calendar programs read it |
//! | `employee` | whoever applies for leave, and when they work |
//! | `who` | who asks, and what they may see and do |
//! | `problem` | errors, as RFC 9457 wants them |
//! | `api` | the routes |
//! | `pages` | pages for people, on the functions of the API |

mod account;
mod api;
mod away;
mod calendar;
mod commands;
mod employee;
mod feed;
mod following;
mod ledgers;
mod measures;
mod pages;
mod past;
mod problem;
mod reading;
mod server;
mod service;
mod sign_in_args;
mod streams;
mod tail;
mod who;

pub use commands::{Arguments, run};
