//! Text for people, on standard error: summaries, errors, and what a guest prints where standard output
//! takes results.

use std::io::{self, Write};

use anyhow::Context;

use crate::{arguments::Talk, summary::Facts};

/// Prints to standard output what was asked for as text. A closed reader is not an error.
///
/// # Errors
/// If standard output takes no more for another reason, such as a full disk.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Prints the summary of a command, unless it is to be quiet.
pub fn summary(talk: Talk, facts: Facts) {
    if !talk.quiet {
        notice(&facts.into_text());
    }
}

/// Prints an error to standard error.
pub fn error(message: &str) {
    notice(&format!("zonda: {message}\n"));
}

/// Prints to standard error, after what the guest printed to standard output.
pub fn notice(text: &str) {
    let _ = io::stdout().flush();
    let _ = io::stderr().write_all(printable(text).as_bytes());
}

/// Text whose control characters a terminal would act on are made visible: names of functions come
/// from ELF files, and what guests print from guests, which may come from anyone.
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && !['\n', '\t'].contains(&character) {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}

/// [`printable`] for bytes that come in pieces, which may be parts of characters. Bytes that are no
/// UTF-8 are made visible too.
#[derive(Debug, Default)]
pub struct Printable {
    /// The beginning of a character.
    rest: Vec<u8>,
}

impl Printable {
    /// The text of the next bytes, as far as it is known.
    pub fn text(&mut self, bytes: &[u8]) -> String {
        let mut bytes = [&std::mem::take(&mut self.rest), bytes].concat();
        let mut text = String::new();
        loop {
            let (valid, bad) = match str::from_utf8(&bytes) {
                Ok(valid) => (valid, None),
                Err(error) => {
                    let valid = &bytes[..error.valid_up_to()];
                    let bad = error.error_len();
                    (str::from_utf8(valid).unwrap_or_default(), Some(bad))
                }
            };
            text += &printable(valid);
            let valid = valid.len();
            match bad {
                None => return text,
                Some(None) => {
                    self.rest = bytes.split_off(valid);
                    return text;
                }
                Some(Some(bad)) => {
                    text.extend(bytes[valid..valid + bad].escape_ascii().map(char::from));
                    bytes.drain(..valid + bad);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_made_visible() {
        let text = "a\u{1b}[2Jb\r\n\tc é \u{9b}1m";
        let visible = "a\\u{1b}[2Jb\\r\n\tc é \\u{9b}1m";
        assert_eq!(printable(text), visible);
        // However the bytes are cut.
        for size in 1..text.len() {
            let mut printable = Printable::default();
            let pieces = text.as_bytes().chunks(size);
            let pieces: String = pieces.map(|piece| printable.text(piece)).collect();
            assert_eq!(pieces, visible, "{size}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_made_visible() {
        let mut printable = Printable::default();
        assert_eq!(
            printable.text(b"a\x9b2Jb\xff\xfe\xc3"),
            "a\\x9b2Jb\\xff\\xfe"
        );
        assert_eq!(printable.text(b"("), "\\xc3(");
        assert_eq!(printable.text("é".as_bytes()), "é");
    }
}
