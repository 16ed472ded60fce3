//! timeoff-cli
