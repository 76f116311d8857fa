//! One message, one encoding: every type of the protocol with every damage that a lenient decoder forgives.

use crate::{
    sample::{
        DELIMITED, Damage, Field, VARINT, Value, all, each_field, encode, everywhere, key, long_varint,
        varint,
    },
    schema::{DECODERS, Kind},
};
use aside_wire::Reject;
use std::collections::BTreeMap;

/// Every sample is refused with every damage. Counts what was tried, so that no damage is empty by mistake.
fn assert_refused(damage: &dyn Fn(&[Field]) -> Damage) -> usize {
    let mut tried = 0;
    for (decoder, sample) in all() {
        assert_eq!((decoder.decode)(&encode(&sample)), Ok(encode(&sample)), "{}", decoder.name);
        for (what, damaged) in everywhere(&sample, damage) {
            let bytes = encode(&damaged);
            let result = (decoder.decode)(&bytes);
            let reason = result.expect_err(&format!("{}: {what}: {bytes:02x?}", decoder.name));
            assert!(matches!(reason.reject(), Reject::Malformed | Reject::Limit), "{}: {what}", decoder.name);
            tried += 1;
        }
    }
    tried
}

// ENV-1
#[test]
fn w3_a_sample_of_every_type_is_its_own_encoding() {
    let mut samples = BTreeMap::new();
    for (decoder, sample) in all() {
        let bytes = encode(&sample);
        assert_eq!((decoder.decode)(&bytes), Ok(bytes), "{}", decoder.name);
        *samples.entry(decoder.name).or_insert(0) += 1;
    }
    assert_eq!(samples.len(), DECODERS.len());
    assert_eq!((samples["Request"], samples["Reply"]), (16, 18));
}

// ENV-5
#[test]
fn w3_a_field_that_comes_twice_is_refused() {
    let twice = |fields: &[Field]| {
        let mut all = Damage::new();
        for (i, field) in fields.iter().enumerate().filter(|(_, field)| !field.of.repeated) {
            let mut beside = fields.to_vec();
            beside.insert(i, field.clone());
            all.push((format!("{} twice", field.of.name), beside));
            let mut at_the_end = fields.to_vec();
            at_the_end.push(field.clone());
            all.push((format!("{} again at the end", field.of.name), at_the_end));
        }
        all
    };
    assert!(assert_refused(&twice) > 200);
}

// ENV-5
#[test]
fn w3_an_unknown_field_is_refused() {
    let unknown = |fields: &[Field]| {
        let mut all = Damage::new();
        let highest = fields.iter().map(|field| field.of.number).max().unwrap_or(0);
        for number in [highest + 20, 500, 19_000, 536_870_911, 0] {
            for bytes in [
                [varint(key(number, VARINT)), varint(1)].concat(),
                [varint(key(number, DELIMITED)), varint(0)].concat(),
                [varint(key(number, DELIMITED)), varint(1), vec![7]].concat(),
            ] {
                let mut fields = fields.to_vec();
                let Some(last) = fields.last().cloned() else { continue };
                fields.push(last.raw(bytes));
                all.push((format!("unknown field {number}"), fields));
            }
        }
        all
    };
    assert!(assert_refused(&unknown) > 600);
}

// ENV-5
#[test]
fn w3_fields_in_another_order_are_refused() {
    let swapped = |fields: &[Field]| {
        (1..fields.len())
            .filter(|i| fields[i - 1].of.number != fields[*i].of.number)
            .map(|i| {
                let mut fields = fields.to_vec();
                fields.swap(i - 1, i);
                (format!("{} before its time", fields[i - 1].of.name), fields)
            })
            .collect()
    };
    assert!(assert_refused(&swapped) > 80);
}

// ENV-5
#[test]
fn w3_a_varint_in_more_bytes_than_it_needs_is_refused() {
    let long = |fields: &[Field]| {
        each_field(fields, |field| {
            let body = field.body();
            let length: u64 = body.len().try_into().unwrap();
            let number = field.of.number;
            match &field.value {
                Value::Number(value) => {
                    let short = varint(key(number, VARINT));
                    vec![
                        ("long value".to_owned(), field.raw([short, long_varint(*value)].concat())),
                        ("long key".to_owned(), field.raw([long_varint(key(number, VARINT)), body].concat())),
                    ]
                }
                _ => {
                    let (short, long) = (varint(key(number, DELIMITED)), long_varint(key(number, DELIMITED)));
                    vec![
                        (
                            "long length".to_owned(),
                            field.raw([short, long_varint(length), body.clone()].concat()),
                        ),
                        ("long key".to_owned(), field.raw([long, varint(length), body].concat())),
                    ]
                }
            }
        })
    };
    assert!(assert_refused(&long) > 200);
}

// ENV-5
#[test]
fn w3_a_default_that_is_written_is_refused() {
    let defaults = |fields: &[Field]| {
        each_field(fields, |field| {
            // An element of a repeated field may be empty, and so may a message: both are then present.
            let value = match field.of.kind {
                Kind::Message(_) => return Vec::new(),
                _ if field.of.repeated => return Vec::new(),
                Kind::Bytes | Kind::Text => Value::Bytes(Vec::new()),
                _ => Value::Number(0),
            };
            vec![("written default".to_owned(), Field { value, ..field.clone() })]
        })
    };
    assert!(assert_refused(&defaults) > 80);
}

// ENV-5
#[test]
fn w3_a_value_beyond_its_type_is_refused() {
    let beyond = |fields: &[Field]| {
        each_field(fields, |field| {
            let number = |what: &str, value: u64| {
                let value = Value::Number(value);
                (what.to_owned(), Field { value, ..field.clone() })
            };
            let raw = |what: &str, bytes: &[u8]| {
                (what.to_owned(), field.raw([&varint(key(field.of.number, VARINT)), bytes].concat()))
            };
            match field.of.kind {
                Kind::Bool => vec![number("of 2", 2), number("of 5", 5), number("of 2^32", 1 << 32)],
                // An enum is an i32: −1 has ten bytes; in five it is something else.
                Kind::Enum => vec![
                    number("of 2^32 + 1", (1 << 32) + 1),
                    number("of −1 in five bytes", 0xFFFF_FFFF),
                    number("of 2^31", 1 << 31),
                ],
                Kind::U32 => vec![
                    number("of 2^32", 1 << 32),
                    number("of 2^32 + 1", (1 << 32) + 1),
                    number("of 2^64 − 1", u64::MAX),
                ],
                Kind::U64 => vec![
                    raw("of 2^64", &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]),
                    raw(
                        "of eleven bytes",
                        &[0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
                    ),
                ],
                Kind::Text => {
                    vec![(
                        "not UTF-8".to_owned(),
                        Field { value: Value::Bytes(vec![0xC3, 0x28]), ..field.clone() },
                    )]
                }
                Kind::Bytes | Kind::Message(_) => Vec::new(),
            }
        })
    };
    assert!(assert_refused(&beyond) > 100);
}

/// Whether an enum names a value is for the typed conversion (ENV-6): the wire keeps the number, and only one way
/// of writing it.
#[test]
fn w3_a_negative_enum_has_one_encoding() {
    let mut seen = 0;
    for (decoder, sample) in all() {
        let negative = |fields: &[Field]| {
            each_field(fields, |field| match field.of.kind {
                Kind::Enum => {
                    vec![("of −1".to_owned(), Field { value: Value::Number(u64::MAX), ..field.clone() })]
                }
                _ => Vec::new(),
            })
        };
        for (what, changed) in everywhere(&sample, &negative) {
            let bytes = encode(&changed);
            assert_eq!((decoder.decode)(&bytes), Ok(bytes), "{}: {what}", decoder.name);
            seen += 1;
        }
    }
    assert_eq!(seen, 26);
}

// ENV-4
#[test]
fn w1_another_wire_type_is_refused() {
    let types = |fields: &[Field]| {
        each_field(fields, |field| {
            let own = if matches!(field.value, Value::Number(_)) { VARINT } else { DELIMITED };
            let bodies: [(u8, &[u8]); 8] = [
                (0, &[1]),
                (1, &[1; 8]),
                (2, &[1, 1]),
                (3, &[]),
                (3, &[]),
                (4, &[]),
                (5, &[1; 4]),
                (6, &[1]),
            ];
            let mut changed: Vec<_> = bodies
                .iter()
                .filter(|(wire_type, _)| *wire_type != own)
                .map(|(wire_type, body)| {
                    let bytes = [&varint(key(field.of.number, *wire_type)), *body].concat();
                    (format!("with wire type {wire_type}"), field.raw(bytes))
                })
                .collect();
            let group = [varint(key(field.of.number, 3)), varint(key(field.of.number, 4))].concat();
            changed.push(("as an empty group".to_owned(), field.raw(group)));
            let deep = varint(key(field.of.number, 3)).repeat(200);
            changed.push(("as 200 groups".to_owned(), field.raw(deep)));
            changed
        })
    };
    assert!(assert_refused(&types) > 800);
}

/// Groups and messages within messages, where only the decoder of the innermost type would meet them.
#[test]
fn w1_depth_is_bounded_where_the_walk_does_not_look() {
    for (decoder, sample) in all() {
        let deep = |fields: &[Field]| {
            each_field(fields, |field| {
                let Value::Message(_) = field.value else { return Vec::new() };
                let mut nested = Vec::new();
                while nested.len() < decoder.max_bytes / 4 {
                    let length: u64 = nested.len().try_into().unwrap();
                    nested = [&[0x7A][..], &varint(length), &nested].concat();
                    if nested.len() > 2000 {
                        break;
                    }
                }
                let groups = vec![0x0B; decoder.max_bytes / 2];
                [nested, groups]
                    .map(|bytes| {
                        ("of great depth".to_owned(), Field { value: Value::Bytes(bytes), ..field.clone() })
                    })
                    .to_vec()
            })
        };
        for (what, changed) in everywhere(&sample, &deep) {
            assert!((decoder.decode)(&encode(&changed)).is_err(), "{}: {what}", decoder.name);
        }
    }
}

// ENV-5
#[test]
fn w6_trailing_bytes_are_refused() {
    let trailing = |fields: &[Field]| {
        let Some(last) = fields.last() else { return Vec::new() };
        [&[0][..], &[1], &[2], &[0, 0], &[0x80], &[0xFF], b"\r\n"]
            .map(|tail| {
                let mut fields = fields.to_vec();
                fields.push(last.raw(tail.to_vec()));
                (format!("trailing {tail:02x?}"), fields)
            })
            .to_vec()
    };
    assert!(assert_refused(&trailing) > 200);
}

#[test]
fn w6_a_message_cut_short_is_never_the_same_message() {
    for (decoder, sample) in all() {
        let bytes = encode(&sample);
        let mut ends = vec![0];
        for field in &sample {
            ends.push(ends[ends.len() - 1] + field.encode().len());
        }
        for length in 0..bytes.len() {
            match (decoder.decode)(&bytes[..length]) {
                // A cut between two fields leaves a shorter message, which lacks a field (ENV-6).
                Ok(again) => {
                    assert!(ends.contains(&length), "{} cut at {length}", decoder.name);
                    assert_eq!(again, bytes[..length]);
                }
                Err(reason) => {
                    assert!(!ends.contains(&length), "{} cut at {length}", decoder.name);
                    assert_eq!(reason.reject(), Reject::Malformed);
                }
            }
        }
    }
}

/// At the lengths where a length needs another byte, and where parsers have been one off.
#[test]
fn w6_a_length_is_exactly_that_of_what_follows() {
    const LENGTHS: [usize; 12] =
        [0x3E, 0x3F, 0x40, 0x41, 0x7E, 0x7F, 0x80, 0x81, 0x3FFE, 0x3FFF, 0x4000, 0x4001];
    let mut tried = 0;
    for (decoder, sample) in all() {
        let sized = |fields: &[Field]| {
            each_field(fields, |field| match field.of.kind {
                Kind::Bytes => LENGTHS
                    .iter()
                    .map(|length| {
                        (
                            format!("of {length} bytes"),
                            Field { value: Value::Bytes(vec![7; *length]), ..field.clone() },
                        )
                    })
                    .collect(),
                _ => Vec::new(),
            })
        };
        for (what, changed) in everywhere(&sample, &sized) {
            let bytes = encode(&changed);
            let result = (decoder.decode)(&bytes);
            if bytes.len() > decoder.max_bytes {
                assert_eq!(result.map_err(|reason| reason.reject()), Err(Reject::Limit), "{}", decoder.name);
            } else {
                assert_eq!(result, Ok(bytes), "{}: {what}", decoder.name);
            }
            tried += 1;
        }
    }
    assert!(tried > 500);

    // Lengths that end outside the message, up to those of nobody's memory.
    let wrong = |fields: &[Field]| {
        let whole = u64::try_from(encode(fields).len()).unwrap();
        each_field(fields, |field| {
            if matches!(field.value, Value::Number(_)) {
                return Vec::new();
            }
            let lengths = LENGTHS.iter().map(|length| u64::try_from(*length).unwrap());
            lengths
                .chain([whole, whole + 1, u64::from(u32::MAX), 1 << 32, (1 << 32) + 5, 1 << 63, u64::MAX])
                .filter(|length| *length >= whole)
                .map(|length| {
                    let (key, body) = (varint(key(field.of.number, DELIMITED)), field.body());
                    (format!("with length {length}"), field.raw([key, varint(length), body].concat()))
                })
                .collect()
        })
    };
    assert!(assert_refused(&wrong) > 800);
}

/// At this layer nothing is missing yet: an empty message decodes, and says so by its empty fields. Each owner of a
/// type refuses it in its conversion (ENV-6); what must not happen is that emptiness is taken for contents.
#[test]
fn w7_an_empty_message_decodes_to_nothing_but_defaults() {
    for (decoder, _) in all() {
        assert_eq!((decoder.decode)(&[]), Ok(Vec::new()), "{}", decoder.name);
    }
    assert_eq!(aside_wire::array::<32>(&[], "key").map_err(|reason| reason.reject()), Err(Reject::Malformed));
    for length in [0, 1, 31, 33, 64] {
        assert!(aside_wire::array::<32>(&vec![1; length], "key").is_err());
    }
}

// ENV-2, ENV-3
#[test]
fn w2_limits_are_exact() {
    for (decoder, sample) in all() {
        let too_long = vec![0x0A; decoder.max_bytes + 1];
        assert_eq!((decoder.decode)(&too_long).map_err(|reason| reason.reject()), Err(Reject::Limit));
        // The fields of a message that is full: one more of any is too many. Only of a repeated field can it be full.
        let Some(field) = sample.first() else { continue };
        let again = encode(std::slice::from_ref(field));
        let full = again.repeat(decoder.max_fields);
        let over = again.repeat(decoder.max_fields + 1);
        if over.len() <= decoder.max_bytes {
            assert_eq!((decoder.decode)(&over).map_err(|reason| reason.reject()), Err(Reject::Limit));
            if decoder.max_fields > 1 {
                let decoded = (decoder.decode)(&full).map_err(|reason| reason.reject());
                let wanted = if field.of.repeated { Ok(full) } else { Err(Reject::Malformed) };
                assert!(decoded == wanted, "{}", decoder.name);
            }
        }
    }
}

/// What a receiver tells a caller about bytes that do not decode is one of three words; which byte or which check
/// it was is for a log at most.
#[test]
fn w10_bytes_that_do_not_decode_have_three_words() {
    use aside_wire::Malformed::{Encoding, Field, NotCanonical, TooLarge, TooManyFields, Version};
    let words = [TooLarge("a"), TooManyFields("a"), Encoding("a"), NotCanonical("a"), Field("a"), Version]
        .map(|reason| reason.reject().word());
    assert_eq!(words, ["limit", "limit", "malformed", "malformed", "malformed", "version"]);
}
