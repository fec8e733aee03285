//! Rendered prompts against those of another Jinja, and what a template can do wrong.

mod common;

use akio_agent::{AgentError, Message, Overflow, template::Template};
use common::{GOLDEN, gguf, real_tokenizer, scripted_with};

#[test]
fn prompts_equal_the_golden_ones() {
    for conversation in &GOLDEN.conversations {
        for (model, prompt) in &conversation.prompts {
            let template = Template::new(&GOLDEN.templates[model].template, "", "").unwrap();
            assert_eq!(
                &template.render(&conversation.messages).unwrap(),
                prompt,
                "{model}: {}",
                conversation.name
            );
        }
    }
}

#[test]
fn sessions_render_the_golden_prompts_with_the_templates_of_the_models() {
    for (model, golden) in &GOLDEN.templates {
        assert_eq!(
            gguf(model).text("tokenizer.chat_template"),
            Some(&*golden.template),
            "{model}"
        );
        let (session, _) = scripted_with(real_tokenizer(model), 4096, Overflow::Stop);
        for conversation in &GOLDEN.conversations {
            let prompt = session.render(&conversation.messages).unwrap();
            assert_eq!(
                prompt, conversation.prompts[model],
                "{model}: {}",
                conversation.name
            );
        }
    }
}

fn error(template: &str) -> (Option<usize>, String) {
    let rendered = Template::new(template, "", "")
        .and_then(|template| template.render(&[Message::user("Hi")]));
    match rendered {
        Err(AgentError::Template { line, message }) => (line, message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn errors_name_the_line_of_the_template() {
    assert_eq!(error("\n\n{% if %}").0, Some(3));
    assert_eq!(
        error("\n{{ raise_exception('no ' + messages[0].role) }}"),
        (Some(2), "no user".into())
    );
    assert_eq!(error("{{ messages[0].nothing.at.all }}").0, Some(1));
    assert_eq!(
        error("\n\n\n{{ messages[0].content.explode() }}").0,
        Some(4)
    );
    // Recursion without end.
    assert!(
        error("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")
            .0
            .is_some()
    );
}

#[test]
fn templates_may_use_what_python_gives_them() {
    let render = |template| {
        Template::new(template, "<s>", "</s>")
            .unwrap()
            .render(&[Message::user("  a-b ")])
            .unwrap()
    };
    assert_eq!(render("{{ messages[0]['content'].strip() }}|"), "a-b|");
    assert_eq!(
        render("{{ messages[0].content.split('-')[-1].rstrip() }}|"),
        "b|"
    );
    assert_eq!(
        render("{{ messages[0].content.lstrip().startswith('a-') }}"),
        "True"
    );
    assert_eq!(
        render("{{ messages[0].get('name', 'none').upper() }}"),
        "NONE"
    );
    assert_eq!(
        render("{{ messages[0].content | trim | replace('-', '+') }}"),
        "a+b"
    );
    assert_eq!(
        render("{{ bos_token }}{{ messages | length }}{{ eos_token }}"),
        "<s>1</s>"
    );
    assert_eq!(
        render("{% if tools is not none or documents %}tools{% endif %}{{ nothing }}"),
        ""
    );
    assert_eq!(
        render("{% for x in [1, 2, 3] %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}"),
        "1"
    );
    assert_eq!(
        render("{% set ns = namespace(n=0) %}{% set ns.n = ns.n + 1 %}{{ ns.n }}"),
        "1"
    );
    // Block tags take the space before them and the newline after them along.
    assert_eq!(
        render("a\n  {% if true %}\n  b\n  {% endif %}\nc\n"),
        "a\n  b\nc"
    );
}
