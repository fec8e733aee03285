//! Models into pages. Whether browsers take these is for the tests of the page.

mod common;

use base64ct::{Base64, Encoding};
use common::{TINY, Work, stderr};
use sha2::{Digest, Sha256};
use std::fs;
use std::process::Command;

const NOTICE: &str = "Of a model.\n";

/// A folder `page`, as the build writes it as far as `akio embed` looks, and `page.html`.
fn work() -> Work {
    let work = Work::new();
    work.run(&["embed", TINY, "-o", "old.wasm"]);
    let (relaxed, plain) = (work.read("old.wasm"), work.read("guest.wasm"));
    let notice = format!("{NOTICE}\n{}\n\nOf <data> & all.\n", "-".repeat(80));
    let files = [
        ("NOTICE.txt", notice.as_bytes()),
        ("editions.json", b"[]"),
        ("index.html", b"<p>page"),
    ];
    let shell: Vec<_> = files
        .iter()
        .map(|(name, bytes)| {
            let hash = Base64::encode_string(&Sha256::digest(bytes));
            format!("\"{name}\":\"sha256-{hash}\"")
        })
        .collect();
    let worker = format!(
        "const BUILD={{\"shell\":{{{}}},\"headers\":{{}},\"version\":\"old\"}};\ncode();",
        shell.join(",")
    );
    fs::create_dir(work.path("page")).unwrap();
    for (name, bytes) in files.into_iter().chain([
        ("akio.wasm", &relaxed[..]),
        ("akio-plain.wasm", &plain),
        ("akio-threads.wasm", b"of any edition"),
        ("service-worker.js", worker.as_bytes()),
        ("_headers", b"/*\n"),
        ("akio-other.wasm", b"of another edition"),
    ]) {
        fs::write(work.path("page").join(name), bytes).unwrap();
    }

    let (relaxed, plain) = (
        Base64::encode_string(&relaxed),
        Base64::encode_string(&plain),
    );
    let escaped = notice.replace('&', "&amp;").replace('<', "&lt;");
    let html = format!(
        "<p>page<pre data-akio=\"notice\">{escaped}</pre>\n\
        <script type=\"application/json\" data-akio=\"editions\">[]</script>\n\
        <script type=\"text/plain\" data-akio=\"worker\">const AKIO_PLAIN=\"{plain}\";\ncode();</script>\n\
        <script type=\"text/plain\" data-akio=\"module\" data-bytes=\"1\">{relaxed}</script>\n\
        </body>"
    );
    fs::write(work.path("page.html"), html).unwrap();
    work
}

fn text(work: &Work, name: &str) -> String {
    String::from_utf8(work.read(name)).unwrap()
}

#[test]
fn a_page_gets_another_model() {
    let work = work();
    let embed = |out, page| {
        work.run(&[
            "embed",
            TINY,
            "-o",
            out,
            "--web",
            page,
            "--name",
            "mine",
            "--license",
            "MIT",
        ])
    };
    embed("site", "page");
    let mut names: Vec<_> = fs::read_dir(work.path("site"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = "NOTICE.txt _headers akio-plain.wasm akio-threads.wasm akio.wasm editions.json index.html service-worker.js";
    assert_eq!(names.join(" "), expected);
    assert!(
        work.run(&["info", "site/akio.wasm", "--verify"])
            .contains("mine\n")
    );
    assert_eq!(text(&work, "site/akio-threads.wasm"), "of any edition");
    let notice = text(&work, "site/NOTICE.txt");
    assert!(
        notice.starts_with("MIT\n") && !notice.contains(NOTICE),
        "{notice}"
    );
    assert!(notice.ends_with("\n\nOf <data> & all.\n"), "{notice}");

    let editions: serde_json::Value =
        serde_json::from_slice(&work.read("site/editions.json")).unwrap();
    let hex = |bytes: &[u8]| {
        let digest = Sha256::digest(bytes);
        digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    work.run(&["extract-model", "site/akio.wasm", "-o", "model"]);
    let (module, model) = (work.read("site/akio.wasm"), work.read("model"));
    let start = module
        .windows(model.len())
        .position(|window| window == model)
        .unwrap();
    let expected = serde_json::json!([{
        "name": "akio",
        "model": "mine",
        "license": "MIT",
        "sha256": hex(&model[64..]),
        "published": {
            "bytes": start + model.len(),
            "code": hex(&module[..start]),
            "plain": hex(&work.read("site/akio-plain.wasm")),
        },
    }]);
    assert_eq!(editions, expected);

    let worker = text(&work, "site/service-worker.js");
    assert!(worker.starts_with("const BUILD={\"shell\":{\"NOTICE.txt\":"));
    assert!(worker.ends_with("};\ncode();") && !worker.contains("\"old\""));
    for name in ["NOTICE.txt", "editions.json", "index.html"] {
        let bytes = work.read(&format!("site/{name}"));
        let hash = Base64::encode_string(&Sha256::digest(&bytes));
        assert!(worker.contains(&format!("\"{name}\":\"sha256-{hash}\"")));
    }

    // What was made is such a page too, and the same comes of it.
    embed("again", "site");
    for name in names {
        assert_eq!(
            work.read(&format!("again/{name}")),
            work.read(&format!("site/{name}"))
        );
    }
}

#[test]
fn the_one_file_gets_another_model() {
    let work = work();
    let embed = |out, page| {
        let name = ["--name", "a <b>", "--license", "MIT"];
        work.run(&[&["embed", TINY, "-o", out, "--html", page][..], &name].concat())
    };
    embed("one.html", "page.html");
    let html = text(&work, "one.html");
    assert!(html.contains(">MIT\n\n---"), "{html}");
    assert!(
        html.contains("Of &lt;data> &amp; all.\n</pre>\n<script"),
        "{html}"
    );
    assert!(html.contains(r#""model":"a \u003cb>""#), "{html}");
    assert!(html.ends_with("</script>\n</body>"));
    embed("two.html", "one.html");
    assert_eq!(text(&work, "two.html"), html);
}

#[test]
fn what_is_no_page_is_one_line_and_leaves_nothing() {
    let work = work();
    let changed = |name: &str, change: &dyn Fn(&str)| {
        let cp = Command::new("cp")
            .arg("-r")
            .args([work.path("page"), work.path(name)])
            .status();
        assert!(cp.unwrap().success());
        change(name);
    };
    let put = |folder: &str, name: &str, content: &str| {
        fs::write(work.path(folder).join(name), content).unwrap();
    };
    changed("damaged", &|folder| put(folder, "index.html", "<p>other"));
    changed("old", &|folder| put(folder, "service-worker.js", "code();"));
    changed("elsewhere", &|folder| {
        let worker = text(&work, "page/service-worker.js").replace("index.html", "../page.html");
        put(folder, "service-worker.js", &worker);
    });
    changed("unsaid", &|folder| {
        put(folder, "NOTICE.txt", "one notice alone");
    });
    changed("no-module", &|folder| put(folder, "akio.wasm", "text"));
    changed("part", &|folder| {
        fs::remove_file(work.path(folder).join("index.html")).unwrap();
    });
    let html = text(&work, "page.html");
    let write = |name, content: &[u8]| fs::write(work.path(name), content).unwrap();
    write("cut.html", &html.as_bytes()[..1000]);
    write("other.html", b"<!doctype html><p>the page of somebody else");
    write("latin1.html", b"<p>page \xff");
    write(
        "no-base64.html",
        html.replace("data-bytes=\"1\">", "data-bytes=\"1\">!")
            .as_bytes(),
    );
    write(
        "no-module.html",
        html.replace("data-bytes=\"1\">", "data-bytes=\"1\">AAAA")
            .as_bytes(),
    );
    write("unsaid.html", html.replace(&"-".repeat(80), "").as_bytes());
    // A model that says neither name nor licence.
    work.run(&["embed", TINY, "-o", "nameless", "--name=", "--license="]);
    write("there.html", b"old");
    let before = work.names();
    let refused = |command: &[&str], args: &[&str], code, words: &str| {
        let output = work.try_run(&[command, args].concat());
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.starts_with("akio: ") && said.contains(words),
            "{args:?}: {said}"
        );
        assert_eq!(work.names(), before, "{args:?}");
    };
    for (code, words, args) in [
        (
            2,
            "index.html has been changed",
            &["-o", "out", "--web", "damaged"][..],
        ),
        (2, "service worker", &["-o", "out", "--web", "old"]),
        (2, "a file elsewhere", &["-o", "out", "--web", "elsewhere"]),
        (2, "NOTICE.txt", &["-o", "out", "--web", "unsaid"]),
        (2, "WebAssembly", &["-o", "out", "--web", "no-module"]),
        (3, "index.html", &["-o", "out", "--web", "part"]),
        (3, "service-worker.js", &["-o", "out", "--web", "missing"]),
        (3, "exists", &["-o", "page", "--web", "page"]),
        (3, "no/such", &["-o", "no/such/folder", "--web", "page"]),
        (2, "parts", &["-o", "out", "--html", "cut.html"]),
        (3, "missing", &["-o", "out", "--html", "missing"]),
        (3, "page", &["-o", "out", "--html", "page"]),
        (2, "parts", &["-o", "there.html", "--html", "other.html"]),
        (2, "UTF-8", &["-o", "there.html", "--html", "latin1.html"]),
        (2, "parts", &["-o", "out", "--html", "no-base64.html"]),
        (2, "WebAssembly", &["-o", "out", "--html", "no-module.html"]),
        (2, "one notice", &["-o", "out", "--html", "unsaid.html"]),
        (3, "no/such", &["-o", "no/such/file", "--html", "page.html"]),
        (1, "--name", &["-o", "out", "--web", "page", "--name", " "]),
        (
            1,
            "--license",
            &["-o", "out", "--html", "page.html", "--license", ""],
        ),
        (1, "--native", &["-o", "out", "--web", "page", "--native"]),
        (
            1,
            "--html",
            &["-o", "out", "--web", "page", "--html", "page.html"],
        ),
    ] {
        refused(&["embed", TINY], args, code, words);
    }
    for (words, args) in [
        ("--name", &["--html", "page.html"][..]),
        ("--license", &["--html", "page.html", "--name", "mine"]),
        ("--name", &["--web", "page", "--license", "MIT"]),
    ] {
        refused(&["embed", "nameless", "-o", "out"], args, 1, words);
    }
    assert_eq!(work.read("there.html"), b"old");
}

#[test]
fn what_browsers_do_not_compile_is_not_made() {
    let work = work();
    let before = work.names();
    // A custom section of nearly 1 GiB behind the rest, most of it a hole in the file.
    let len = (1_u32 << 30) - 1000;
    let mut module = work.read("guest.wasm");
    module.push(0);
    module.extend((0..5).map(|i| (len >> (7 * i)) as u8 & 0x7F | if i < 4 { 0x80 } else { 0 }));
    let size = module.len() as u64 + u64::from(len);
    let path = work.path("page").join("akio.wasm");
    fs::write(&path, module).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(size).unwrap();
    let output = work.try_run(&["embed", TINY, "-o", "out", "--web", "page"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("this target loads at most 1073741824"),
        "{}",
        stderr(&output)
    );
    assert_eq!(work.names(), before);
}

#[test]
fn one_file_has_at_most_128_mib() {
    let work = work();
    let html = text(&work, "page.html");
    let (front, end) = html.split_once("</script>\n</body>").unwrap();
    // The code, and a custom section that fills up the rest.
    let mut module = work.read("guest.wasm");
    let len = (128 << 20) - module.len();
    module.push(0);
    module.extend((0..5).map(|i| (len >> (7 * i)) as u8 & 0x7F | if i < 4 { 0x80 } else { 0 }));
    module.resize(module.len() + len, 0);
    let (front, _) = front.rsplit_once('>').unwrap();
    let module = Base64::encode_string(&module);
    fs::write(
        work.path("large.html"),
        format!("{front}>{module}</script>\n</body>{end}"),
    )
    .unwrap();
    let before = work.names();
    let output = work.try_run(&["embed", TINY, "-o", "out", "--html", "large.html"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("this target loads at most 134217728"),
        "{}",
        stderr(&output)
    );
    assert_eq!(work.names(), before);
}

#[test]
fn a_full_disk_leaves_no_folder() {
    let work = work();
    let before = work.names();
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
        .arg(&work.0.program)
        .args(["embed", TINY, "-o", "out", "--web", "page"])
        .current_dir(work.0.dir.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("cannot write out: File too large"),
        "{}",
        stderr(&output)
    );
    assert_eq!(work.names(), before);
}
