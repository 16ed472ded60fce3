#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| employee_service::fuzzing::csv(bytes));
