#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| timeoff_log::fuzzing::avro_foreign(bytes));
