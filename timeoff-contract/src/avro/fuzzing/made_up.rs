//! Types made from a fuzzer's bytes: they lead to schemas that mutating a text hardly ever reaches.

use serde_json::{Value, json};

/// How deep types may be nested.
const MAX_DEPTH: usize = 8;

/// A type, made from the bytes at the front, which it takes.
pub(super) fn some_type(bytes: &mut &[u8]) -> Value {
    MadeUp { bytes, named: 0 }.json(0)
}

struct MadeUp<'a, 'bytes> {
    bytes: &'a mut &'bytes [u8],
    /// How many types have been named so far.
    named: usize,
}

impl MadeUp<'_, '_> {
    fn byte(&mut self) -> u8 {
        self.bytes.split_off_first().copied().unwrap_or_default()
    }

    fn name(&mut self) -> String {
        self.named += 1;
        format!("T{}", self.named)
    }

    fn json(&mut self, depth: usize) -> Value {
        const PLAIN: [&str; 8] = [
            "null", "boolean", "int", "long", "float", "double", "bytes", "string",
        ];
        const LOGICAL: [(&str, &str); 7] = [
            ("string", "uuid"),
            ("bytes", "big-decimal"),
            ("bytes", "decimal"),
            ("int", "date"),
            ("long", "time-micros"),
            ("long", "timestamp-nanos"),
            ("bytes", "uuid"),
        ];
        let byte = usize::from(self.byte());
        if depth > MAX_DEPTH {
            return json!(PLAIN[byte % 8]);
        }
        match byte % 16 {
            0 => json!({ "type": "array", "items": self.json(depth + 1) }),
            1 => json!({ "type": "map", "values": self.json(depth + 1) }),
            2 => json!(["null", self.json(depth + 1)]),
            3 => json!([self.json(depth + 1), self.json(depth + 1), "string"]),
            4 => {
                let name = self.name();
                let fields: Vec<_> = (0..self.byte() % 4)
                    .map(|place| json!({ "name": format!("F{place}"), "type": self.json(depth + 1) }))
                    .collect();
                json!({ "type": "record", "name": name, "fields": fields })
            }
            5 => json!({ "type": "fixed", "name": self.name(), "size": self.byte() }),
            6 => {
                let symbols: Vec<_> = (0..self.byte() % 4).map(|at| format!("S{at}")).collect();
                json!({ "type": "enum", "name": self.name(), "symbols": symbols })
            }
            7 => json!(format!(
                "T{}",
                1 + usize::from(self.byte()) % self.named.max(1)
            )),
            8 => {
                let (plain, logical) = LOGICAL[usize::from(self.byte()) % 7];
                json!({ "type": plain, "logicalType": logical, "precision": 9, "scale": 2 })
            }
            _ => json!(PLAIN[byte % 8]),
        }
    }
}
