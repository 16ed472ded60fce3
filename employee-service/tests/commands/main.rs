//! The built program: what it prints, where, and with which exit code.

mod form;
mod import;
mod program;
mod settings;
mod submit;
