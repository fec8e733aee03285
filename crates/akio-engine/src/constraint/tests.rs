//! What each kind of constraint lets through, byte by byte.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Constraint, ConstraintError, Schema,
    automaton::{Automaton, DEAD},
};

fn automaton(constraint: &Constraint) -> (Automaton, u32) {
    let compiled = constraint.compile().unwrap();
    Automaton::new(compiled.0, |_| true).unwrap()
}

fn accepts(constraint: &Constraint, text: &str) -> bool {
    let (mut automaton, mut state) = automaton(constraint);
    for byte in text.bytes() {
        state = automaton.step(state, byte).unwrap();
        if state == DEAD {
            return false;
        }
    }
    automaton.is_complete(state)
}

#[track_caller]
fn check(constraint: &Constraint, good: &[&str], bad: &[&str]) {
    for text in good {
        assert!(
            accepts(constraint, text),
            "{text} is refused by {constraint:?}"
        );
    }
    for text in bad {
        assert!(
            !accepts(constraint, text),
            "{text} is accepted by {constraint:?}"
        );
    }
}

#[track_caller]
fn check_schema(schema: Value, good: &[&str], bad: &[&str]) {
    check(&Constraint::JsonSchema(schema.into()), good, bad);
}

#[test]
fn types() {
    check_schema(
        json!({"type": "null"}),
        &["null"],
        &["", "nul", "0", " null"],
    );
    check_schema(
        json!({"type": "boolean"}),
        &["true", "false"],
        &["True", "null"],
    );
    check_schema(
        json!({"type": "integer"}),
        &["0", "7", "-1", "120", "999999999999999"],
        &["-0", "01", "1.0", "1e3", "-", "", "1000000000000000"],
    );
    check_schema(
        json!({"type": "number"}),
        &["0", "-1", "0.5", "-0.25", "12.30", "10"],
        &["-0", ".5", "1.", "1e3", "00.5", "0.123"],
    );
    check_schema(
        json!({"type": "string"}),
        &[r#""""#, r#""a \"quoted\" \\ wörd 🌍""#, r#""two\nlines\t""#],
        &["\"", "a", "\"a", "\"two\nlines\"", r#""\x""#, r#""\u0041""#],
    );
    check_schema(
        json!({"type": ["integer", "null"]}),
        &["1", "null"],
        &["true", "\"1\""],
    );
    check_schema(
        json!({"type": "integer", "nullable": true}),
        &["1", "null"],
        &["1.5"],
    );
    check_schema(
        json!({"anyOf": [false, {"type": "null"}]}),
        &["null"],
        &["1"],
    );
    for schema in [json!(true), json!({}), json!({"description": "anything"})] {
        check_schema(
            schema,
            &[
                "null",
                r#"{"a":[1,{"b":"c"}]}"#,
                "[]",
                "{}",
                "-1.5",
                "[true,false]",
            ],
            &["", "[1,]", r#"{"a"}"#, "{1:2}", "[1, 2]", "nul"],
        );
    }
}

#[test]
fn strings_have_a_length() {
    let schema = json!({"type": "string", "minLength": 2, "maxLength": 3});
    check_schema(
        schema,
        &[r#""ab""#, r#""äöü""#, r#""\n\"🌍""#],
        &[r#""a""#, r#""abcd""#, r#""""#],
    );
    let long = format!("\"{}\"", "a".repeat(super::MAX_STRING as usize));
    let longer = format!("\"{}\"", "a".repeat(super::MAX_STRING as usize + 1));
    check_schema(json!({"type": "string"}), &[&long], &[&longer]);
    check_schema(json!({"type": "string", "maxLength": 600}), &[&longer], &[]);
}

#[test]
fn patterns_match_somewhere_unless_they_say_where() {
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
    check_schema(pattern("^[a-c]+$"), &[r#""abc""#], &[r#""""#, r#""abd""#]);
    check_schema(pattern("^a"), &[r#""a""#, r#""abc ü""#], &[r#""ba""#]);
    check_schema(pattern("b"), &[r#""b""#, r#""abc""#], &[r#""ac""#]);
    check_schema(
        pattern(r#"^"\\[0-9]$"#),
        &[r#""\"\\7""#],
        &[r#"""\7""#, r#""7""#],
    );
    check_schema(
        pattern("^\\n\\x01?$"),
        &[r#""\n""#, r#""\n\u0001""#],
        &["\"\n\""],
    );
    check_schema(
        json!({"type": "string", "pattern": "^[a-z]*$", "minLength": 2, "maxLength": 3}),
        &[r#""ab""#, r#""abc""#],
        &[r#""a""#, r#""abcd""#],
    );
    check_schema(
        json!({"type": "string", "pattern": "^[A-Z]+-[0-9]+$", "maxLength": 6}),
        &[r#""A-1""#, r#""AB-12""#],
        &[r#""ABCD-123""#],
    );
}

#[test]
fn formats() {
    let format = |format: &str| json!({"type": "string", "format": format});
    check_schema(
        format("date"),
        &[
            r#""2024-02-29""#,
            r#""2000-02-29""#,
            r#""1999-12-31""#,
            r#""2023-04-30""#,
        ],
        &[
            r#""2023-02-29""#,
            r#""1900-02-29""#,
            r#""2023-04-31""#,
            r#""2023-13-01""#,
            r#""23-01-01""#,
        ],
    );
    check_schema(
        format("time"),
        &[r#""23:59:59Z""#, r#""00:00:00.5+02:00""#],
        &[r#""24:00:00Z""#, r#""12:00""#, r#""12:00:00""#],
    );
    check_schema(
        format("date-time"),
        &[r#""2024-02-29T08:30:00Z""#],
        &[r#""2024-02-29""#, r#""2024-02-29 08:30:00Z""#],
    );
    check_schema(
        format("email"),
        &[r#""ada.lovelace@mail.example.org""#, r#""a@b.de""#],
        &[r#""a@b""#, r#""@b.de""#, r#""a..b@c.de""#, r#""a@-b.de""#],
    );
    check_schema(
        format("uuid"),
        &[r#""123e4567-e89b-12d3-a456-426614174000""#],
        &[r#""123e4567e89b12d3a456426614174000""#],
    );
    check_schema(
        format("ipv4"),
        &[r#""192.168.0.1""#, r#""0.0.0.0""#],
        &[r#""256.1.1.1""#, r#""1.1.1""#],
    );
}

#[test]
fn numbers_keep_within_their_bounds() {
    check_schema(
        json!({"type": "integer", "minimum": -12, "maximum": 105}),
        &["-12", "-1", "0", "9", "42", "99", "100", "105"],
        &["-13", "-20", "106", "110", "200", "1000"],
    );
    check_schema(
        json!({"type": "integer", "minimum": 1}),
        &["1", "10", "123456789"],
        &["0", "-1"],
    );
    check_schema(
        json!({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 3}),
        &["1", "2"],
        &["0", "3"],
    );
    check_schema(
        json!({"type": "number", "minimum": 0.5, "exclusiveMaximum": 1}),
        &["0.5", "0.99", "0.51"],
        &["0", "0.49", "1", "1.0", "0.4"],
    );
    check_schema(
        json!({"type": "number", "minimum": -1.125, "maximum": -1}),
        &["-1", "-1.0", "-1.125", "-1.12"],
        &["-1.126", "-1.13", "0", "-0.99"],
    );
    check_schema(
        json!({"type": "integer", "minimum": -9007199254740991i64, "maximum": 9007199254740991i64}),
        &["9007199254740991", "-9007199254740991", "0"],
        &["9007199254740992"],
    );
}

proptest! {
    #[test]
    fn any_bounds_hold_exactly(a in -3000i64..3000, b in -3000i64..3000, x in -4000i64..4000) {
        let (min, max) = (a.min(b), a.max(b));
        let schema = Constraint::JsonSchema(json!({"type": "integer", "minimum": min, "maximum": max}).into());
        prop_assert_eq!(accepts(&schema, &x.to_string()), (min..=max).contains(&x));
        // The same in hundredths.
        let decimal = |x: i64| serde_json::from_str::<Value>(&hundredths(x)).unwrap();
        let schema = json!({"type": "number", "minimum": decimal(min), "exclusiveMaximum": decimal(max + 1)});
        let schema = Constraint::JsonSchema(schema.into());
        prop_assert_eq!(accepts(&schema, &hundredths(x)), (min..=max).contains(&x));
    }
}

fn hundredths(x: i64) -> String {
    let sign = if x < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", x.abs() / 100, x.abs() % 100)
}

#[test]
fn arrays() {
    check_schema(
        json!({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}),
        &["[1]", "[1,2,3]"],
        &["[]", "[1,2,3,4]", "[1,]", "[\"a\"]", "[,1]"],
    );
    check_schema(
        json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}),
        &["[]", r#"["a"]"#, r#"["a",1]"#],
        &[r#"["a",1,2]"#, "[1]"],
    );
    check_schema(
        json!({"type": "array", "prefixItems": [{"type": "null"}], "items": {"type": "integer"}, "minItems": 2, "maxItems": 3}),
        &["[null,1]", "[null,1,2]"],
        &["[null]", "[null,1,2,3]", "[]"],
    );
    check_schema(json!({"type": "array", "items": false}), &["[]"], &["[1]"]);
    check_schema(json!({"type": "array", "maxItems": 0}), &["[]"], &["[1]"]);
    let many = |n: u32| format!("[{}]", vec!["1"; n as usize].join(","));
    check_schema(
        json!({"type": "array", "items": {"const": 1}}),
        &[&many(super::MAX_ITEMS)],
        &[&many(super::MAX_ITEMS + 1)],
    );
}

#[test]
fn objects_have_their_members_in_order() {
    let schema = r#"{"type": "object", "required": ["a"],
        "properties": {"z": {"type": "integer"}, "a": {"type": "null"}, "m": {"type": "boolean"}}}"#;
    let by_text = Constraint::JsonSchema(Schema::parse(schema).unwrap());
    check(
        &by_text,
        &[
            r#"{"a":null}"#,
            r#"{"z":1,"a":null}"#,
            r#"{"z":1,"a":null,"m":true}"#,
            r#"{"a":null,"m":true}"#,
        ],
        &[
            "{}",
            r#"{"a":null,"z":1}"#,
            r#"{"z":1}"#,
            r#"{"a":null,"b":1}"#,
            r#"{"z":1,}"#,
            r#"{,"a":null}"#,
        ],
    );
    // A value has forgotten the order, but not that of what is required.
    check_schema(
        serde_json::from_str(schema).unwrap(),
        &[r#"{"a":null,"m":true,"z":1}"#],
        &[r#"{"z":1,"a":null}"#],
    );
    check_schema(
        json!({"type": "object", "properties": {}}),
        &["{}"],
        &[r#"{"a":1}"#],
    );
    check_schema(
        json!({"type": "object"}),
        &["{}", r#"{"a":1,"b":[]}"#],
        &["[]"],
    );
    check_schema(
        json!({"type": "object", "additionalProperties": {"type": "integer"}}),
        &["{}", r#"{"a":1}"#, r#"{"a":1,"ü\"":2}"#],
        &[r#"{"a":"b"}"#, r#"{"":1}"#],
    );
    check_schema(
        json!({"type": "object", "properties": {"ab": {"type": "string"}, "a\"": {"type": "null"}},
               "additionalProperties": {"type": "integer"}}),
        &[
            "{}",
            r#"{"ab":"x","a":1}"#,
            r#"{"a":1,"abc":2,"b":3}"#,
            r#"{"a\"":null}"#,
        ],
        &[r#"{"ab":1}"#, r#"{"a":1,"ab":"x"}"#, r#"{"b":1,"a\"":2}"#],
    );
    check_schema(
        json!({"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a", "b"]}),
        &[r#"{"a":null,"b":[1]}"#],
        &[r#"{"a":null}"#],
    );
}

#[test]
fn values_and_branches() {
    check_schema(
        json!({"enum": ["a", "ab", 1, null, {"k": [1, 2]}]}),
        &[r#""a""#, r#""ab""#, "1", "null", r#"{"k":[1,2]}"#],
        &["\"", "2", r#""abc""#],
    );
    check_schema(
        json!({"type": "string", "enum": ["a", 1]}),
        &[r#""a""#],
        &["1"],
    );
    check_schema(json!({"const": "x\ny"}), &[r#""x\ny""#], &["\"x\ny\""]);
    check_schema(
        json!({"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 1}]}),
        &["1", r#""a""#],
        &["null", r#""ab""#],
    );
    check_schema(
        json!({"oneOf": [
            {"type": "object", "properties": {"kind": {"const": "a"}, "n": {"type": "integer"}}, "required": ["kind", "n"]},
            {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]},
            {"type": "null"}
        ]}),
        &[r#"{"kind":"a","n":1}"#, r#"{"kind":"b"}"#, "null"],
        &[r#"{"kind":"b","n":1}"#, r#"{"kind":"c"}"#],
    );
    check_schema(json!({"allOf": [{"type": "null"}]}), &["null"], &["1"]);
}

#[test]
fn references() {
    let schema = json!({
        "type": "object",
        "properties": {"value": {"$ref": "#/$defs/a~1b"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["value", "next"],
        "$defs": {"a/b": {"type": "integer"}}
    });
    let nested = |depth: usize| r#"{"value":1,"next":"#.repeat(depth) + "null" + &"}".repeat(depth);
    check_schema(
        schema,
        &[&nested(1), &nested(2), &nested(8)],
        &["null", r#"{"value":1}"#, &nested(40)],
    );
}

#[test]
fn what_cannot_be_kept_to_is_refused_with_its_pointer() {
    for (property, pointer) in [
        (json!({"not": {}}), "/not"),
        (json!({"type": "integer", "multipleOf": 2}), "/multipleOf"),
        (
            json!({"type": "array", "uniqueItems": true}),
            "/uniqueItems",
        ),
        (json!({"patternProperties": {}}), "/patternProperties"),
        (json!({"if": {}, "then": {}}), "/if"),
        (json!({"type": "text"}), "/type"),
        (json!({"type": []}), "/type"),
        (json!({"enum": []}), "/enum"),
        (json!({"type": "integer", "enum": ["a"]}), ""),
        (json!({"enum": [1], "minimum": 0}), "/minimum"),
        (json!({"type": "string", "pattern": "("}), "/pattern"),
        (
            json!({"type": "string", "pattern": "\\bword\\b"}),
            "/pattern",
        ),
        (json!({"type": "string", "pattern": "(?=a)"}), "/pattern"),
        (
            json!({"type": "string", "pattern": "^a{9}$", "maxLength": 3}),
            "/pattern",
        ),
        (
            json!({"type": "string", "pattern": "^ab*$", "minLength": 3}),
            "/pattern",
        ),
        (json!({"type": "string", "format": "color"}), "/format"),
        (json!({"type": "string", "maxLength": -1}), "/maxLength"),
        (
            json!({"type": "string", "minLength": 3, "maxLength": 1}),
            "/minLength",
        ),
        (json!({"type": "integer", "minimum": "1"}), "/minimum"),
        (json!({"type": "integer", "minimum": 3, "maximum": 2}), ""),
        (json!({"type": "integer", "minimum": 1e300}), "/minimum"),
        (json!({"anyOf": []}), "/anyOf"),
        (json!({"anyOf": [{"type": 1}]}), "/anyOf/0/type"),
        (json!({"anyOf": [{}], "type": "object"}), "/type"),
        (
            json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}),
            "/oneOf/1",
        ),
        (json!({"oneOf": [{"type": "integer"}, {}]}), "/oneOf/1"),
        (json!({"allOf": [{}, {}]}), "/allOf"),
        (json!({"items": [{}]}), "/items"),
        (json!({"prefixItems": {}}), "/prefixItems"),
        (json!({"prefixItems": [1]}), "/prefixItems/0"),
        (
            json!({"type": "array", "prefixItems": [{}], "items": false, "minItems": 2}),
            "/minItems",
        ),
        (json!({"properties": []}), "/properties"),
        (json!({"required": "a"}), "/required"),
        (
            json!({"properties": {}, "required": ["b"], "additionalProperties": false}),
            "/required",
        ),
        (json!({"$ref": "#/$defs/none"}), "/$ref"),
        (json!({"$ref": "https://example.org/schema"}), "/$ref"),
        (json!({"$ref": "#", "type": "object"}), "/type"),
        (json!(3), ""),
    ] {
        let schema = json!({"type": "object", "properties": {"a/b": property}});
        match Constraint::JsonSchema(schema.clone().into()).compile() {
            Err(ConstraintError::Schema {
                pointer: found,
                message,
            }) => {
                assert_eq!(found, format!("/properties/a~1b{pointer}"), "{message}");
            }
            other => panic!("{schema} gave {other:?}"),
        }
    }
    let message = Constraint::JsonSchema(json!({"not": {}}).into())
        .compile()
        .unwrap_err();
    assert_eq!(
        message.to_string(),
        "the JSON Schema cannot be used: /not is a keyword that cannot be kept to"
    );
}

#[test]
fn expressions_match_as_a_whole() {
    let regex = |pattern: &str| Constraint::Regex(pattern.into());
    check(
        &regex("[0-9]{3}-[0-9]{4}"),
        &["555-1234"],
        &["555-12345", "a555-1234", ""],
    );
    check(&regex("^(yes|no)$"), &["yes", "no"], &["y", "yesno"]);
    check(&regex("a*"), &["", "aaaa"], &["b"]);
    check(
        &regex("(a?b?){2,3}"),
        &["", "a", "ab", "abab", "ababab", "bbb"],
        &["abababa", "bbbb", "c"],
    );
    check(&regex("(a|b?)*c+?"), &["c", "abac", "bbcc"], &["ab", ""]);
    check(&regex(r"\d\D\w\W\s\S"), &["1a_-\tx"], &["aa_-\tx", "1a_- "]);
    check(&regex("[^a-y\\s]."), &["zü", "Z🌍"], &["ab", "z\n", " a"]);
    check(&regex("ä{2}|[à-ü]"), &["ää", "à", "ü"], &["ä ", "a"]);
    check(&regex("(?:x|(y))(?P<name>z)"), &["xz", "yz"], &["z"]);
    check(&regex("[[:alpha:]_-]+\\."), &["a_-Z."], &["1."]);
    check(&regex("\\u00e4\\x41\\/\\."), &["äA/."], &[]);
    for (pattern, at) in [
        ("(", 1),
        ("ä[z", 2),
        ("a\\b", 2),
        ("a^b", 2),
        ("\\p{L}", 1),
        ("(?i)a", 1),
        ("[a&&b]", 2),
        ("(a)\\1", 4),
    ] {
        match regex(pattern).compile() {
            Err(ConstraintError::Regex { at: found, message }) => {
                assert_eq!(found, at, "{message}")
            }
            other => panic!("{pattern} gave {other:?}"),
        }
    }
}

#[test]
fn grammars() {
    let grammar = |text: &str| Constraint::Grammar(text.into());
    let json = grammar(
        r#"
# a part of llama.cpp's json.gbnf
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ws
ws ::= | " " | "\n" [ \t]{0,20}
"#,
    );
    check(
        &json,
        &[
            "{}",
            "{\"a\": [1, 2.5, {\"b\": \"\\u00e4\"}]\n}",
            "{ \"ü\":null }",
        ],
        &["[]", "{\"a\":}", "{\"a\": 01}"],
    );
    check(
        &grammar("root ::= \"a\" | b-2\nb-2 ::= \"\\u00e4\" [x-z]{2,} .{,1}\n"),
        &["a", "äxy", "äxyz", "äzz🌍"],
        &["ä", "äx"],
    );
    check(
        &grammar("root ::= (\"a\"? \"b\"*)* \"c\""),
        &["c", "abbac"],
        &["ab"],
    );
    check(
        &grammar("root ::= x\nx ::= \"(\" x \")\" | \"\""),
        &["", "()", "((()))"],
        &["(()", ")"],
    );
    for (text, line, part) in [
        ("", 1, "no rule root"),
        ("root ::= a", 1, "no rule a"),
        ("root ::= \"a\"\nroot ::= \"b\"", 2, "twice"),
        ("root ::= (\"a\"", 1, "not closed"),
        ("root ::= \"a", 1, "not closed"),
        ("root ::= [a", 1, "not closed"),
        ("root ::= \"\\q\"", 1, "backslash"),
        ("root ::= \"\\xZZ\"", 1, "2 hexadecimal"),
        ("root ::= \"\\ud800\"", 1, "4 hexadecimal"),
        ("root ::= \"a\"{2,1}", 1, "repetition"),
        ("root ::= \"a\"{x}", 1, "repetition"),
        ("root ::= [z-a]", 1, "range"),
        ("root ::= <think>", 1, "tokens"),
        ("\nroot = \"a\"", 2, "::="),
        ("root ::= \"a\" )", 1, "not expected"),
        ("root ::= a\na ::= \"b\" | a \"c\"", 2, "begin with itself"),
        (
            "root ::= \"x\" a\n\na ::= b a | \"z\"\nb ::= \"y\"?",
            3,
            "begin with itself",
        ),
        ("+", 1, "name"),
    ] {
        match grammar(text).compile() {
            Err(ConstraintError::Grammar {
                line: found,
                message,
            }) => {
                assert_eq!(found, line, "{message}");
                assert!(message.contains(part), "{text}: {message}");
            }
            other => panic!("{text} gave {other:?}"),
        }
    }
    assert_eq!(
        grammar("root ::= \"a\" root").compile().unwrap_err(),
        ConstraintError::NothingFits
    );
}

#[test]
fn choices() {
    let choice =
        |texts: &[&str]| Constraint::Choice(texts.iter().map(ToString::to_string).collect());
    check(
        &choice(&["yes", "no", "not at all", "yes"]),
        &["yes", "no", "not at all"],
        &["", "not", "ye", "yes "],
    );
    assert_eq!(
        choice(&[]).compile().unwrap_err(),
        ConstraintError::EmptyChoice
    );
    assert_eq!(
        choice(&["a", ""]).compile().unwrap_err(),
        ConstraintError::EmptyChoice
    );
    let many: Vec<String> = (0..20_000).map(|i| format!("choice {i}")).collect();
    check(
        &Constraint::Choice(many),
        &["choice 0", "choice 19999"],
        &["choice 20000"],
    );
}

#[test]
fn forced_text_and_shortest_completions() {
    let schema =
        json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
    let (mut automaton, mut state) = automaton(&Constraint::JsonSchema(schema.into()));
    assert_eq!(automaton.shortest(state), r#"{"name":""}"#.len());
    let mut forced = Vec::new();
    while let Some(byte) = automaton.forced(state) {
        forced.push(byte);
        state = automaton.step(state, byte).unwrap();
    }
    assert_eq!(forced, br#"{"name":""#);
    assert_eq!(automaton.shortest(state), 2);
    for byte in "ü\"".bytes() {
        state = automaton.step(state, byte).unwrap();
    }
    assert_eq!(automaton.forced(state), Some(b'}'));
    state = automaton.step(state, b'}').unwrap();
    assert!(automaton.is_final(state) && automaton.is_complete(state));
}

#[test]
fn hostile_constraints_end_in_errors() {
    let long = |n| "a".repeat(n);
    let deep_groups = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
    assert!(Constraint::Regex(deep_groups.clone()).compile().is_err());
    assert!(
        Constraint::Grammar(format!("root ::= {}", deep_groups.replace('a', "\"a\"")))
            .compile()
            .is_err()
    );
    assert!(Constraint::Regex(long(100_000)).compile().is_err());
    assert!(
        Constraint::Grammar(format!("root ::= \"{}\"", long(100_000)))
            .compile()
            .is_err()
    );
    let mut schema = json!({"type": "null"});
    for _ in 0..100 {
        schema = json!({"type": "array", "items": schema});
    }
    assert!(Constraint::JsonSchema(schema.into()).compile().is_err());
    // Every level refers to the next one twice.
    let mut levels = json!({"l40": {"type": "null"}});
    for level in 0..40 {
        let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
        levels[format!("l{level}")] = json!({"type": "array", "prefixItems": [next, next]});
    }
    let schema = json!({"$ref": "#/$defs/l0", "$defs": levels});
    assert!(Constraint::JsonSchema(schema.into()).compile().is_ok());
    assert!(
        Constraint::JsonSchema(json!({"$ref": "#"}).into())
            .compile()
            .is_err()
    );
    // Comparing the branches would double with every level.
    let reference = json!({"$ref": "#/$defs/a"});
    let schema = json!({
        "oneOf": [reference, reference],
        "$defs": {"a": {
            "type": "object", "required": ["p", "q"], "properties": {"p": reference, "q": reference}
        }}
    });
    assert!(Constraint::JsonSchema(schema.into()).compile().is_err());
    // Billions of characters, and of repetitions of repetitions.
    let (automaton, state) = automaton(&Constraint::Regex("((a{1000}){1000}){1000}".into()));
    assert_eq!(automaton.shortest(state), 1_000_000_000);
    assert_eq!(
        Constraint::Regex("(((a{1000}){1000}){1000}){1000}".into())
            .compile()
            .unwrap_err(),
        ConstraintError::NothingFits
    );
    // Twice as many ways with every byte.
    let grammar = "root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"a\"";
    let (mut automaton, mut state) = self::automaton(&Constraint::Grammar(grammar.into()));
    let mut steps = 0;
    let error = loop {
        match automaton.step(state, b'a') {
            Ok(next) => state = next,
            Err(error) => break error,
        }
        steps += 1;
        assert!(steps < 100);
    };
    assert_eq!(error, ConstraintError::TooComplex);
    // Each of many texts begins another one.
    let texts: Vec<String> = (1..2000).map(long).collect();
    assert_eq!(
        Constraint::Choice(texts).compile().unwrap_err(),
        ConstraintError::TooLarge
    );
}

#[test]
fn long_texts_do_not_fill_the_memory() {
    let (mut automaton, mut state) = automaton(&Constraint::JsonSchema(
        json!({"type": "string", "maxLength": 100_000}).into(),
    ));
    state = automaton.step(state, b'"').unwrap();
    for i in 0..60_000 {
        state = automaton.rest(state).unwrap();
        state = automaton.step(state, b'a' + (i % 26) as u8).unwrap();
        assert_ne!(state, DEAD);
    }
    state = automaton.step(state, b'"').unwrap();
    assert!(automaton.is_final(state));
}

/// Walks at random within a budget: the text, which always gets complete.
fn walk(
    constraint: &Constraint,
    budget: usize,
    choices: &[u8],
) -> Result<Vec<u8>, ConstraintError> {
    let compiled = constraint.compile()?;
    let (mut automaton, mut state) = Automaton::new(compiled.0, |_| true)?;
    let mut text = Vec::new();
    if automaton.shortest(state) > budget {
        return Ok(text);
    }
    let mut choices = choices.iter().cycle();
    while !automaton.is_final(state) && text.len() < budget {
        state = automaton.rest(state)?;
        let mut ways = Vec::new();
        for byte in 0..=u8::MAX {
            let next = automaton.step(state, byte)?;
            if next != DEAD && automaton.shortest(next) < budget - text.len() {
                ways.push((byte, next));
            }
        }
        let choice = usize::from(*choices.next().unwrap_or(&0));
        if automaton.is_complete(state) && (ways.is_empty() || choice % 8 == 0) {
            break;
        }
        // Never a dead end.
        let (byte, next) = ways[choice % ways.len()];
        text.push(byte);
        state = next;
    }
    assert!(
        automaton.is_complete(state),
        "{}",
        String::from_utf8_lossy(&text)
    );
    Ok(text)
}

proptest! {
    #[test]
    fn every_walk_through_an_expression_matches_it(
        pattern in r"([a-cä.]|\[a-c\]|\([ab]\|c?\)|\(ab\?\)){1,4}([*+?]|\{1,3\}|\{2\})?[ab]{0,2}",
        choices in prop::collection::vec(any::<u8>(), 1..40),
        budget in 1usize..60,
    ) {
        let constraint = Constraint::Regex(pattern.clone());
        if let Ok(text) = walk(&constraint, budget, &choices) {
            let text = String::from_utf8(text).unwrap();
            let shortest = automaton(&constraint);
            if shortest.0.shortest(shortest.1) <= budget {
                let regex = regex_lite::Regex::new(&format!("^(?:{pattern})$")).unwrap();
                prop_assert!(regex.is_match(&text), "{pattern} {text:?}");
            }
        }
    }

    #[test]
    fn nothing_makes_an_expression_or_a_grammar_panic(text in r#"[abr o:=|()\[\]{}*+?\\^$.,"0-9\n-]{0,40}"#, rule in any::<bool>()) {
        let _ = walk(&Constraint::Regex(text.clone()), 30, &[3, 1, 4, 1, 5]);
        let text = if rule { format!("root ::= {text}") } else { text };
        let _ = walk(&Constraint::Grammar(text), 30, &[3, 1, 4, 1, 5]);
    }
}
