//! Sizes of memory, as people write them.

/// Reads a number of bytes: `512M`, `4G` and `4GiB` are multiples of powers of 1024.
///
/// # Errors
/// If the text is anything else; the error names the right form.
pub fn parse(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.strip_suffix("iB").unwrap_or(unit) {
        "" if unit.is_empty() => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(MEANT.to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| MEANT.to_owned())?;
    match number.checked_mul(1 << shift) {
        Some(0) => Err("it must be more than nothing".to_owned()),
        Some(bytes) => Ok(bytes),
        None => Err("no machine has that much".to_owned()),
    }
}

const MEANT: &str = "a whole number of bytes is meant, such as 512M, 4G or 4GiB, of K, M, G and T";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_strictly() {
        for (text, bytes) in [
            ("1", 1),
            ("4096", 4096),
            ("1K", 1 << 10),
            ("512M", 512 << 20),
            ("512MiB", 512 << 20),
            ("4G", 4 << 30),
            ("4GiB", 4 << 30),
            ("007G", 7 << 30),
            ("2TiB", 2 << 40),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        let others = "|G|iB|4iB|4g|4GB|4Gib|4 G|4G |+4G|-1G|1.5G|0x10|1e9|4GiBB|4P|\u{664}G|4é";
        for text in others.split('|') {
            assert_eq!(parse(text), Err(MEANT.to_owned()), "{text:?}");
        }
        for text in ["0", "0G"] {
            assert!(parse(text).unwrap_err().contains("more than nothing"));
        }
        for text in ["18446744073709551616T", "99999999T"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
