//! Which format a file has.

/// How the text of a file is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    Markdown,
    Html,
    /// Comma-separated values, or tab-separated ones.
    Table {
        tabs: bool,
    },
    Json,
}

/// Ends of names, in small letters, and what they say.
const ENDS: [(&str, Format); 15] = [
    ("txt", Format::Plain),
    ("text", Format::Plain),
    ("log", Format::Plain),
    ("md", Format::Markdown),
    ("markdown", Format::Markdown),
    ("html", Format::Html),
    ("htm", Format::Html),
    ("xhtml", Format::Html),
    ("xml", Format::Html),
    ("csv", Format::Table { tabs: false }),
    ("tsv", Format::Table { tabs: true }),
    ("tab", Format::Table { tabs: true }),
    ("json", Format::Json),
    ("jsonl", Format::Json),
    ("ndjson", Format::Json),
];

impl Format {
    /// The format that the name says, else what the text looks like.
    pub(super) fn of(name: &str, text: &str) -> Self {
        Self::by_name(name).unwrap_or_else(|| {
            let start = text.trim_start();
            let is_html = ["<!doctype html", "<html", "<body", "<head"]
                .iter()
                .any(|tag| {
                    let beginning = start.get(..tag.len());
                    beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(tag))
                });
            match is_html {
                true => Self::Html,
                false => Self::Plain,
            }
        })
    }

    /// The format that the name says.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        let end = end.to_ascii_lowercase();
        ENDS.iter()
            .find(|(known, _)| *known == end)
            .map(|(_, format)| *format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_first_and_the_text_decides_where_they_say_nothing() {
        for (name, text, format) in [
            ("a/Letter.TXT", "<html>", Format::Plain),
            ("a.htm", "", Format::Html),
            ("page", " <!DOCTYPE html><p>", Format::Html),
            ("page.php", "<HTML>", Format::Html),
            ("notes", "a,b", Format::Plain),
            ("a.tsv", "", Format::Table { tabs: true }),
            ("über", "ü", Format::Plain),
        ] {
            assert_eq!(Format::of(name, text), format, "{name}");
        }
    }
}
