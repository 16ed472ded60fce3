//! Working time that people write in hours.

use thiserror::Error;

/// Reads hours, with at most two digits after the point, as whole minutes: `7.5` is 450.
///
/// # Errors
///
/// [`InvalidHours`] if it is no such number, does not make whole minutes, or is more than [`u32::MAX`] minutes.
pub fn minutes_of_hours(text: &str) -> Result<u32, InvalidHours> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || fraction.len() > 2 {
        return Err(InvalidHours);
    }
    let hundredths: u64 = format!("{fraction:0<2}")
        .parse()
        .map_err(|_| InvalidHours)?;
    let whole: u64 = whole.parse().map_err(|_| InvalidHours)?;
    let sixtieths = hundredths * 60;
    let minutes = whole
        .checked_mul(60)
        .and_then(|it| it.checked_add(sixtieths / 100));
    match minutes.map(u32::try_from) {
        Some(Ok(minutes)) if sixtieths.is_multiple_of(100) => Ok(minutes),
        _ => Err(InvalidHours),
    }
}

/// A text that says no working hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("hours are a number such as 40 or 7.5 that makes whole minutes")]
pub struct InvalidHours;

#[cfg(test)]
mod tests {
    use super::{InvalidHours, minutes_of_hours};

    #[test]
    fn hours_are_whole_minutes_or_refused() {
        for (text, minutes) in [
            ("40", 2400),
            ("7.5", 450),
            (" 0.25 ", 15),
            ("7.05", 423),
            ("0", 0),
        ] {
            assert_eq!(minutes_of_hours(text), Ok(minutes), "{text}");
        }
        for wrong in [
            "", ".", "7.", ".5", "7,5", "-1", "+1", "7.333", "7.01", "99999999", "8h",
        ] {
            assert_eq!(minutes_of_hours(wrong), Err(InvalidHours), "{wrong}");
        }
    }
}
