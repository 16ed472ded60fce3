//! employee-service
