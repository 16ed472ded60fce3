#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| timeoff_contract::fuzzing::framing(bytes));
