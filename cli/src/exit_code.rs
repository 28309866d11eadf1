//! Exit codes of guests, as people write them.

/// Reads an exit code: `3`, `0x1f`, or `-1`, which is the same 32 bits as `4294967295`.
///
/// # Errors
/// If the text is anything else; the error names the right form.
pub fn parse(text: &str) -> Result<u32, String> {
    let (is_negative, magnitude) = match text.strip_prefix('-') {
        Some(magnitude) => (true, magnitude),
        None => (false, text),
    };
    let hexadecimal = magnitude
        .strip_prefix("0x")
        .or_else(|| magnitude.strip_prefix("0X"));
    let (digits, radix) = hexadecimal.map_or((magnitude, 10), |digits| (digits, 16));
    // The standard library would take another sign here.
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return Err(MEANT.to_owned());
    }
    let number = i64::from_str_radix(digits, radix).map_err(|_| MEANT.to_owned())?;
    let number = if is_negative { -number } else { number };
    let unsigned = u32::try_from(number).ok();
    let signed = || i32::try_from(number).ok().map(i32::cast_unsigned);
    unsigned.or_else(signed).ok_or_else(|| MEANT.to_owned())
}

const MEANT: &str =
    "a number of 32 bits is meant, such as 3, -1 or 0x1f, from -2147483648 to 4294967295";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_have_32_bits_and_three_spellings() {
        for (text, code) in [
            ("0", 0),
            ("-0", 0),
            ("101", 101),
            ("0x65", 101),
            ("0X65", 101),
            ("4294967295", u32::MAX),
            ("0xffffffff", u32::MAX),
            ("0xFFFFFFFF", u32::MAX),
            ("-1", u32::MAX),
            ("-0x1", u32::MAX),
            ("-2147483648", 1 << 31),
            ("-0x80000000", 1 << 31),
        ] {
            assert_eq!(parse(text), Ok(code), "{text}");
        }
        let others = "|-|--1|+1|-+1|0x|0x-1|0x+1|x1|1x|ff|1.0|1e3| 1|1 |4294967296|-2147483649\
            |0x100000000|99999999999999999999|--proof|\u{664}";
        for text in others.split('|') {
            assert_eq!(parse(text), Err(MEANT.to_owned()), "{text:?}");
        }
    }
}
