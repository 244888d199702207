use std::fmt::Write;

const MAX_BYTES: usize = 128;

/// The ranges of client/conformance/ids.json: what an id may not have, and `%`.
#[rustfmt::skip]
const ESCAPED: &[(char, char)] = &[
    ('\u{0000}', '\u{0020}'),
    ('\u{0025}', '\u{0025}'),
    ('\u{003A}', '\u{003A}'),
    ('\u{007B}', '\u{007B}'),
    ('\u{007D}', '\u{007D}'),
    ('\u{007F}', '\u{00A0}'),
    ('\u{00AD}', '\u{00AD}'),
    ('\u{0600}', '\u{0605}'),
    ('\u{061C}', '\u{061C}'),
    ('\u{06DD}', '\u{06DD}'),
    ('\u{070F}', '\u{070F}'),
    ('\u{0890}', '\u{0891}'),
    ('\u{08E2}', '\u{08E2}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{180E}', '\u{180E}'),
    ('\u{2000}', '\u{200F}'),
    ('\u{2028}', '\u{202F}'),
    ('\u{205F}', '\u{2064}'),
    ('\u{2066}', '\u{206F}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFF9}', '\u{FFFB}'),
    ('\u{110BD}', '\u{110BD}'),
    ('\u{110CD}', '\u{110CD}'),
    ('\u{13430}', '\u{1343F}'),
    ('\u{1BCA0}', '\u{1BCA3}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{E0001}', '\u{E0001}'),
    ('\u{E0020}', '\u{E007F}'),
];

/// Makes an id of any text, such as `user:123` or an IPv6 address: percent-encodes what an id may not have. None if the
/// result has not 1 to 128 bytes.
pub fn escape_id(text: &str) -> Option<String> {
    let mut id = String::with_capacity(text.len());
    for c in text.chars() {
        if ESCAPED.iter().any(|&(from, to)| (from..=to).contains(&c)) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                write!(id, "%{byte:02X}").expect("a String takes any text");
            }
        } else {
            id.push(c);
        }
    }
    (1..=MAX_BYTES).contains(&id.len()).then_some(id)
}

/// The text that [`escape_id`] made this id of. None if no text has this id.
pub fn unescape_id(id: &str) -> Option<String> {
    let mut text = Vec::with_capacity(id.len());
    let mut bytes = id.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            text.push((high * 16 + low) as u8);
        } else {
            text.push(byte);
        }
    }
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn vectors(name: &str) -> Vec<Value> {
        let file: Value = serde_json::from_str(include_str!("../../conformance/ids.json")).unwrap();
        file[name].as_array().unwrap().clone()
    }

    #[test]
    fn every_vector_holds() {
        for vector in vectors("escape") {
            let (text, id) = (vector["text"].as_str().unwrap(), vector["id"].as_str().unwrap());
            assert_eq!(escape_id(text).as_deref(), Some(id));
            assert_eq!(unescape_id(id).as_deref(), Some(text));
        }
        for vector in vectors("unescape") {
            assert_eq!(unescape_id(vector["id"].as_str().unwrap()).as_deref(), vector["text"].as_str());
        }
        for text in vectors("escape_errors") {
            assert_eq!(escape_id(text.as_str().unwrap()), None);
        }
        for id in vectors("unescape_errors") {
            assert_eq!(unescape_id(id.as_str().unwrap()), None);
        }
    }

    #[test]
    fn table_is_that_of_all_clients() {
        let table: Vec<_> = vectors("escaped")
            .iter()
            .map(|range| {
                let bound = |i: usize| u32::from_str_radix(range[i].as_str().unwrap(), 16).unwrap();
                (char::from_u32(bound(0)).unwrap(), char::from_u32(bound(1)).unwrap())
            })
            .collect();
        assert_eq!(ESCAPED, table);
    }
}
