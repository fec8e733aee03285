//! Months by their names, where a date has digits only: a question about March finds `2025-03-22`.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::terms::stems;

/// The year first, or the day first with full stops. With slashes nobody knows which is the month.
static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:\d{4}-(\d{2})-\d{2}|\d{1,2}\.(\d{1,2})\.(?:\d{4}|\d{2}))\b").ok()
});

const MONTHS: [&str; 12] = [
    "january januar janvier",
    "february februar février",
    "march märz mars",
    "april avril",
    "may mai",
    "june juni juin",
    "july juli juillet",
    "august août",
    "september septembre",
    "october oktober octobre",
    "november novembre",
    "december dezember décembre",
];

/// The names of the months of all dates in a text, without endings.
pub(super) fn months(text: &str) -> Vec<String> {
    let Some(date) = DATE.as_ref() else {
        return Vec::new();
    };
    let months = date.captures_iter(text).filter_map(|found| {
        let digits = found.get(1).or(found.get(2))?.as_str();
        let month: usize = digits.parse().ok()?;
        MONTHS.get(month.checked_sub(1)?)
    });
    months.flat_map(|names| stems(names)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_digits_have_months() {
        for (text, name) in [
            ("Date: 2025-03-22; Paid: 5", Some("March")),
            ("am 04.12.2024 bezahlt", Some("Dezember")),
            ("le 1.8.24", Some("août")),
            ("2025-13-01, 1.0.2024, version 1.2.3456789", None),
            ("12/05/2024", None),
        ] {
            let found = months(text);
            match name {
                Some(name) => assert!(found.contains(&stems(name)[0]), "{text}: {found:?}"),
                None => assert!(found.is_empty(), "{text}: {found:?}"),
            }
        }
    }
}
