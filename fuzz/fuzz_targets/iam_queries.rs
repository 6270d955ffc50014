#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| dolium::fuzzing::check("iam_queries", input));
