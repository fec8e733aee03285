//! Whole UTF-8 text out of token bytes, up to the first stop string.

/// Decodes the bytes of tokens as they come.
///
/// The text is that of [`String::from_utf8_lossy`] over all bytes, however they are cut into
/// pieces, and ends before the stop string that is completed first (of those completed by the same
/// character, before the longest).
#[derive(Clone, Debug)]
pub struct TextStream {
    stops: Vec<String>,
    /// An unfinished UTF-8 sequence, at most three bytes.
    partial: Vec<u8>,
    /// Text that may be the beginning of a stop string.
    held: String,
    stopped: bool,
}

/// What a push made certain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Text that follows what was given before; often empty while a character or a possible stop
    /// string is incomplete.
    pub text: String,
    /// A stop string was found: no text will follow.
    pub stopped: bool,
}

impl TextStream {
    /// A stream that ends before any of `stops`; empty ones are ignored.
    pub fn new(mut stops: Vec<String>) -> Self {
        stops.retain(|stop| !stop.is_empty());
        Self {
            stops,
            partial: Vec::new(),
            held: String::new(),
            stopped: false,
        }
    }

    /// Adds bytes and gives the text that no later byte can change.
    pub fn push(&mut self, bytes: &[u8]) -> Piece {
        if !self.stopped {
            self.partial.extend_from_slice(bytes);
            self.decode();
            self.cut();
        }
        let ready = if self.stopped {
            self.held.len()
        } else {
            self.held.len() - self.pending_stop()
        };
        Piece {
            text: self.held.drain(..ready).collect(),
            stopped: self.stopped,
        }
    }

    /// Gives what is held back, as no more bytes will come.
    pub fn finish(&mut self) -> String {
        if !std::mem::take(&mut self.partial).is_empty() {
            self.held.push(char::REPLACEMENT_CHARACTER);
            self.cut();
        }
        std::mem::take(&mut self.held)
    }

    /// Moves whole characters from `partial` to `held`.
    fn decode(&mut self) {
        let mut done = 0;
        for chunk in self.partial.utf8_chunks() {
            let invalid = chunk.invalid();
            self.held.push_str(chunk.valid());
            done += chunk.valid().len();
            let last = done + invalid.len() == self.partial.len();
            if last && std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none())
            {
                break; // the next bytes may complete it
            }
            if !invalid.is_empty() {
                self.held.push(char::REPLACEMENT_CHARACTER);
                done += invalid.len();
            }
        }
        self.partial.drain(..done);
    }

    /// Ends the stream if a stop string is complete.
    fn cut(&mut self) {
        let found = self.stops.iter().filter_map(|stop| {
            let start = self.held.find(stop)?;
            Some((start + stop.len(), start))
        });
        if let Some((_, start)) = found.min() {
            self.held.truncate(start);
            self.partial.clear();
            self.stopped = true;
        }
    }

    /// Length of the longest end of `held` with which a stop string begins.
    fn pending_stop(&self) -> usize {
        let begun = |stop: &String| {
            let mut ends = stop.char_indices().map(|(end, _)| end).rev();
            ends.find(|&end| self.held.ends_with(&stop[..end]))
        };
        self.stops.iter().filter_map(begun).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stream(stops: &[&str]) -> TextStream {
        TextStream::new(stops.iter().map(|stop| stop.to_string()).collect())
    }

    /// All text of a stream, and whether it stopped.
    fn run<'a>(
        mut stream: TextStream,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> (String, bool) {
        let (mut text, mut stopped) = (String::new(), false);
        for bytes in pieces {
            let piece = stream.push(bytes);
            assert!(
                !stopped || (piece.stopped && piece.text.is_empty()),
                "text after a stop"
            );
            text += &piece.text;
            stopped = piece.stopped;
        }
        let tail = stream.finish();
        assert!(!stopped || tail.is_empty(), "a tail after a stop");
        text += &tail;
        (text, stopped || stream.stopped)
    }

    #[test]
    fn characters_come_out_whole() {
        let mut stream = stream(&[]);
        let bytes = "é🦀".as_bytes();
        assert_eq!(stream.push(&bytes[..1]).text, "");
        assert_eq!(stream.push(&bytes[1..4]).text, "é");
        assert_eq!(stream.push(&bytes[4..]).text, "🦀");
        assert_eq!(stream.push(b"\xf0\x9f").text, "");
        assert_eq!(stream.push(b"a").text, "\u{FFFD}a");
        assert_eq!(stream.push(b"\xe2\x82").text, "");
        assert_eq!(stream.finish(), "\u{FFFD}");
        assert_eq!(stream.finish(), "");
    }

    #[test]
    fn a_possible_stop_string_is_held_back_and_released() {
        let mut stream = stream(&["</s>", "\nUser:"]);
        assert_eq!(stream.push(b"a <").text, "a ");
        assert_eq!(stream.push(b"/b").text, "</b");
        assert_eq!(stream.push(b"\nUs").text, "");
        assert_eq!(stream.push(b"er").text, "");
        assert_eq!(
            stream.push(b": x"),
            Piece {
                text: String::new(),
                stopped: true
            }
        );
        assert_eq!(
            stream.push(b"more"),
            Piece {
                text: String::new(),
                stopped: true
            }
        );
        assert_eq!(stream.finish(), "");
    }

    #[test]
    fn the_stop_string_completed_first_wins() {
        let cases: [(&[&str], &str, &str); 7] = [
            (&["cd", "bc"], "abcd", "a"),
            (&["d", "bcd"], "abcd", "a"),
            (&["abcdx", "bc"], "abcd", "a"),
            (&["aab"], "aaaab!", "aa"),
            (&["", "é"], "caféine", "caf"),
            (&["\u{FFFD}"], "a\u{FFFD}b", "a"),
            (&["ab", "b"], "ab", ""),
        ];
        for (stops, text, want) in cases {
            let whole = run(stream(stops), [text.as_bytes()]);
            assert_eq!(whole, (want.to_owned(), true), "{stops:?} in {text:?}");
            assert_eq!(run(stream(stops), text.as_bytes().chunks(1)), whole);
        }
    }

    #[test]
    fn an_unfinished_character_can_complete_a_stop_string() {
        assert_eq!(
            run(stream(&["x\u{FFFD}"]), [&b"ax\xf0"[..]]),
            ("a".to_owned(), true)
        );
    }

    /// Bytes rich in beginnings, middles and ends of UTF-8 sequences.
    fn byte() -> impl Strategy<Value = u8> {
        prop_oneof![
            Just(b'a'),
            any::<u8>(),
            prop::sample::select(&b"\xc3\xa9\xe2\x82\xac\xf0\x9f\xa6\x80\xed\xa0\xf4\x90"[..]),
        ]
    }

    fn pieces_of(byte: impl Strategy<Value = u8>) -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(byte, 0..6), 0..12)
    }

    proptest! {
        #[test]
        fn any_split_of_any_bytes_is_the_lossy_text(pieces in pieces_of(byte())) {
            let whole = pieces.concat();
            let (text, _) = run(stream(&[]), pieces.iter().map(Vec::as_slice));
            prop_assert_eq!(text, String::from_utf8_lossy(&whole));
        }

        #[test]
        fn stop_strings_never_leak(
            pieces in pieces_of(prop::sample::select(&b"ab\xc3\xa9"[..])),
            stops in prop::collection::vec("[abé]{1,4}", 0..4),
        ) {
            let whole = pieces.concat();
            let all = String::from_utf8_lossy(&whole);
            let (text, stopped) = run(TextStream::new(stops.clone()), pieces.iter().map(Vec::as_slice));
            // By definition: cut at the first character that completes a stop string.
            let completed = all
                .char_indices()
                .map(|(at, c)| &all[..at + c.len_utf8()])
                .find_map(|seen| {
                    stops.iter().filter_map(|stop| seen.strip_suffix(stop.as_str())).min_by_key(|before| before.len())
                });
            prop_assert_eq!(stopped, completed.is_some());
            prop_assert_eq!(text, completed.unwrap_or(&all));
        }
    }
}
