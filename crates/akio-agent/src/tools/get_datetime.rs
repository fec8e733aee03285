//! `get_datetime`: the date and the time.

use std::fmt::Write;

use chrono::{
    DateTime, FixedOffset,
    format::{Item, StrftimeItems},
};
use serde_json::{Value, json};

use super::{Tool, ToolError, ToolSpec, World, text};
use crate::request;

pub(super) struct GetDatetime(ToolSpec);

impl GetDatetime {
    pub(super) fn new() -> Self {
        Self(ToolSpec {
            name: "get_datetime".into(),
            description: "Tell the present date, day of the week and time, in UTC or at an offset \
                          from it such as +02:00."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "format": {"type": "string", "minLength": 1, "maxLength": 64,
                               "description": "Format as of strftime, for example %Y-%m-%d"},
                    "offset": {"type": "string", "pattern": "^([+-][0-9]{2}:?[0-9]{2}|Z|UTC)$",
                               "maxLength": 6,
                               "description": "Offset from UTC, for example +02:00"},
                },
                "required": [],
                "additionalProperties": false,
            }),
            examples: [
                "What time is it?",
                "What's today's date?",
                "Which day of the week is it today?",
                "What year do we have?",
                "Tell me the current time in UTC",
                "Is it already past noon?",
                "What week of the year is this?",
                "What time is it at UTC+9 right now?",
                "Wie spät ist es?",
                "Welches Datum haben wir heute?",
                "Quelle heure est-il ?",
                "¿Qué día es hoy?",
                "what time is it now",
                "Tell me today's date please",
                "What day is it today?",
                "current date and time",
                "do you know the time?",
                "Is it Friday today?",
                "Are we in March already?",
                "Which month is it?",
                "what's the year",
                "Which calendar week are we in?",
                "Is it morning or evening right now?",
                "Time in Tokyo at the moment (UTC+9)?",
                "What is the local time at UTC-5?",
                "Give me the date in the form DD.MM.YYYY",
                "is it past midnight yet",
                "What day of the month do we have?",
                "time please",
                "Is it the weekend?",
                "what's the date tomorrow?",
                "Wieviel Uhr haben wir?",
                "Welcher Wochentag ist heute?",
                "Ist heute Montag?",
                "Wie spät ist es gerade in New York, also UTC-5?",
                "Quel jour sommes-nous ?",
                "On est quelle date aujourd'hui ?",
                "¿Qué hora es?",
                "¿En qué mes estamos?",
                "How late is it in Sydney, that is UTC+11?",
                "What's the weekday today?",
                "Is today the first of the month?",
                "has the new year begun",
                "Which year are we living in?",
                "date?",
                "Ist es schon nach acht Uhr?",
            ]
            .map(String::from)
            .into(),
            side_effect: false,
        })
    }
}

impl Tool for GetDatetime {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn read_request(&self, request: &str, _world: &mut dyn World) -> Option<Value> {
        let zone = request::words(request).find_map(|word| {
            let offset = word
                .strip_prefix("UTC")
                .or_else(|| word.strip_prefix("GMT"))?;
            let (sign, offset) = match offset.chars().next()? {
                '+' => ('+', offset.get(1..)?),
                '-' => ('-', offset.get(1..)?),
                '−' => ('-', offset.get('−'.len_utf8()..)?),
                _ => return None,
            };
            let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
            let hours: u32 = hours.parse().ok()?;
            let minutes: u32 = minutes.parse().ok()?;
            Some(format!("{sign}{hours:02}:{minutes:02}"))
        });
        Some(match zone {
            Some(offset) => json!({"offset": offset}),
            None => json!({}),
        })
    }

    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError> {
        let (offset, zone) = offset(text(arguments, "offset", "UTC"))?;
        let format =
            text(arguments, "format", "%Y-%m-%d %H:%M:%S ZONE, %A, week %V").replace("ZONE", &zone);
        let now = DateTime::from_timestamp(world.now(), 0)
            .ok_or_else(|| ToolError::Time("the clock of this machine is wrong".into()))?
            .with_timezone(&offset);
        let items: Vec<Item<'_>> = StrftimeItems::new(&format).collect();
        let mut output = String::new();
        let is_format = !items.contains(&Item::Error)
            && write!(output, "{}", now.format_with_items(items.iter())).is_ok();
        match is_format {
            true => Ok(output),
            false => Err(ToolError::Time(format!(
                "{format:?} is not a format of strftime; leave it out, or use %Y-%m-%d and %H:%M"
            ))),
        }
    }
}

/// An offset and its name.
fn offset(text: &str) -> Result<(FixedOffset, String), ToolError> {
    let wrong = || {
        ToolError::Time(format!(
            "{text:?} is not an offset from UTC; write it as +02:00, between -14:00 and +14:00"
        ))
    };
    if matches!(text, "Z" | "UTC") {
        let utc = FixedOffset::east_opt(0).ok_or_else(wrong)?;
        return Ok((utc, "UTC".into()));
    }
    let offset: FixedOffset = text.parse().map_err(|_| wrong())?;
    match offset.local_minus_utc().abs() > 14 * 3600 {
        true => Err(wrong()),
        false => Ok((offset, format!("UTC{offset}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::held::Held, *};

    fn tell(arguments: Value) -> Result<String, ToolError> {
        GetDatetime::new().call(&arguments, &mut Held::new([]))
    }

    #[test]
    fn it_tells_the_time() {
        for (arguments, output) in [
            (json!({}), "2023-11-14 22:13:20 UTC, Tuesday, week 46"),
            (
                json!({"offset": "+05:30"}),
                "2023-11-15 03:43:20 UTC+05:30, Wednesday, week 46",
            ),
            (
                json!({"offset": "-0800"}),
                "2023-11-14 14:13:20 UTC-08:00, Tuesday, week 46",
            ),
            (json!({"format": "%d.%m.%Y, %H:%M"}), "14.11.2023, 22:13"),
            (json!({"format": "%B %e", "offset": "Z"}), "November 14"),
        ] {
            assert_eq!(tell(arguments).as_deref(), Ok(output));
        }
    }

    #[test]
    fn what_is_no_format_or_offset_is_an_error() {
        for arguments in [
            json!({"format": "%Q"}),
            json!({"format": "%"}),
            json!({"offset": "+15:00"}),
            json!({"offset": "+02:99"}),
            json!({"offset": "Berlin"}),
        ] {
            assert_eq!(tell(arguments).unwrap_err().code(), "bad_time");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_is_an_error() {
        let mut world = Held::new([]);
        world.now = i64::MAX;
        assert!(GetDatetime::new().call(&json!({}), &mut world).is_err());
    }
}
