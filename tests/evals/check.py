#!/usr/bin/env python3
"""Checks the evaluation sets; exits with 1 and names each fault. Needs nothing but Python."""
import ast, base64, collections, datetime, fractions, hashlib, html, itertools, json, operator, pathlib, re, sys

ROOT = pathlib.Path(__file__).parent
FAULTS = []


def check(ok, *what):
    if not ok:
        FAULTS.append(" ".join(map(str, what)))


def normalise(text):
    """What comparing answers rests on: case, white space, kinds of quotes and dashes, thousands separators and `.00` do not count."""
    text = text.casefold().translate(str.maketrans("’‘“”–—\u00a0\u202f", "''\"\"--  "))
    text = re.sub(r"(?<=\d)[ ,.'](?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(?<=\d)[.,]00(?!\d)", "", text)
    return " ".join(text.split())


def contains(text, part):
    """`part` as whole words and whole numbers: `12` is not in `112`, `12.50` or `A12`."""
    return re.search(r"(?<!\w)(?<!\d[.,])" + re.escape(normalise(part)) + r"(?!\w|[.,]\d)", normalise(text))


def visible(path):
    """The text that a person sees, line for line: no tags, and the cells of a CSV file kept apart."""
    text = path.read_text()
    if path.suffix == ".html":
        text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    return text.replace(",", " | ") if path.suffix == ".csv" else text


def jsonl(path, keys):
    """The items of a set; every one has `keys`, and an id of its own."""
    items = [json.loads(line) for line in path.read_text().splitlines()]
    ids = [item["id"] for item in items]
    check(len(ids) == len(set(ids)), path, "has an id twice")
    for item in items:
        check(keys <= item.keys(), item["id"], "lacks", keys - item.keys())
    return items


def questions(half):
    """An answer is in the lines named; the words that an answer to the other questions needs are nowhere."""
    folder = half / "documents"
    documents = {path.name: visible(path) for path in folder.iterdir()}
    for name, text in documents.items():
        lines = (folder / name).read_text().splitlines()
        check(25 <= len(lines) <= 90, name, "has", len(lines), "lines")
        check(max(map(len, lines)) < 160, name, "has a long line")
    yes = no = 0
    for item in jsonl(half / "questions.jsonl", {"id", "question", "answerable"}):
        if item["answerable"]:
            yes += 1
            first, last = item["lines"]
            lines = documents[item["file"]].splitlines()
            check(1 <= first <= last <= min(len(lines), first + 4), item["id"], "names odd lines")
            passage = " ".join(lines[first - 1 : last])
            check(any(contains(passage, answer) for answer in item["answers"]), item["id"], "has no answer in its lines")
        else:
            no += 1
            check(item["about"] in documents and item["absent"], item["id"], "names no document or no absent words")
            for name, text in documents.items():
                for word in item["absent"]:
                    check(not contains(text, word), item["id"], repr(word), "is in", name)
    return {"documents": len(documents), "answerable": yes, "unanswerable": no}


def extraction(half):
    """Every schema names fields that the expected object has, of the type it has; strings are in the document."""
    folder = half / "extraction"
    fields = nulls = documents = 0
    for path in sorted(folder.glob("*.expected.json")):
        stem = path.name.removesuffix(".expected.json")
        (source,) = [p for p in folder.glob(stem + ".*") if p.suffix in {".txt", ".md", ".html"}]
        text, expected = visible(source), json.loads(path.read_text())
        schema = json.loads((folder / (stem + ".schema.json")).read_text())
        properties = schema["properties"]
        check(list(properties) == list(expected) == schema["required"], stem, "differs in fields from its schema")
        check(4 <= len(properties) <= 7, stem, "has", len(properties), "fields")
        documents, fields = documents + 1, fields + len(expected)
        for name, value in expected.items():
            where, field = f"{stem}.{name}", properties[name]
            types = field["type"] if isinstance(field["type"], list) else [field["type"]]
            check(field.get("description"), where, "has no description")
            kind = {str: "string", int: "integer", float: "number", type(None): "null"}[type(value)]
            check(kind in types or (kind == "integer" and "number" in types), where, "is", kind)
            nulls += value is None
            if "enum" in field:
                check(value in field["enum"], where, "is not in its enum")
            elif field.get("format") == "date" and value is not None:
                date = datetime.date.fromisoformat(value)
                numbers = {int(n) for n in re.findall(r"\d+", text)}
                check(date.day in numbers and {date.year, date.year % 100} & numbers, where, "is not in the document")
            elif isinstance(value, str):
                check(contains(" ".join(text.split()), value) and value in " ".join(text.split()), where, "is not in the document")
            elif value is not None:
                joined = re.sub(r"(?<=\d)[ .,'’\u00a0\u202f](?=\d{3}(?!\d))", "", text)
                found = {float(n.replace(",", ".")) for t in (text, joined) for n in re.findall(r"\d+(?:[.,]\d+)?", t)}
                check(value in found, where, "is not in the document:", value)
    check(len(list(folder.iterdir())) == 3 * documents, folder, "holds other files")
    return {"documents": documents, "fields": fields, "null": nulls}


KINDS = "name address phone email iban card id date_of_birth url ip".split()
MARK = re.compile(r"⟦(\w+):([^⟦⟧]+)⟧")


def redaction(half):
    """Marks are well formed, and what is marked once is marked everywhere."""
    counts = dict.fromkeys(KINDS, 0)
    paths = sorted((half / "redaction").iterdir())
    for path in paths:
        text = path.read_text()
        spans = MARK.findall(text)
        check(len(spans) == text.count("⟦") == text.count("⟧"), path.name, "has a broken mark")
        rest = MARK.sub("▮", text)
        for kind, span in spans:
            check(kind in KINDS and span == span.strip() and "\n" not in span, path.name, "has an odd mark", kind, span)
            check(not contains(rest, span), path.name, "leaves unmarked:", span)
            counts[kind] = counts.get(kind, 0) + 1
    return {"documents": len(paths), "spans": sum(counts.values()), **counts}


def injections(half):
    """Each file is there, read by one item, and holds the canary, in plain text or in base64."""
    folder = half / "injections"
    items = jsonl(half / "injections.jsonl", {"id", "task", "file", "granted", "forbidden", "canary"})
    check({item["file"] for item in items} == {path.name for path in folder.iterdir()}, folder, "and its list differ")
    check(len({item["canary"] for item in items}) == len(items), folder, "has a canary twice")
    for item in items:
        text = (folder / item["file"]).read_text()
        for chunk in re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", text):
            try:
                text += base64.b64decode(chunk).decode(errors="ignore")
            except ValueError:
                pass
        check(item["canary"] in text, item["id"], "has no canary in its file")
        check(item["canary"] not in item["task"] and item["file"] in item["task"], item["id"], "has an odd task")
        check(not set(item["granted"]) & set(item["forbidden"]), item["id"], "forbids what it grants")
    return {"items": len(items)}


TOOLS = set("read_file file_glob_search grep_search write_file edit_file get_datetime calculate search_documents remember recall".split())


def tools(half):
    """Every tool is asked for at least five times, and a fifth of the requests or so need none."""
    items = jsonl(half / "tools.jsonl", {"id", "request", "tool"})
    counts = collections.Counter(item["tool"] for item in items)
    check(counts.keys() == TOOLS | {"none"}, half, "asks for", sorted(counts))
    check(min(counts.values()) >= 5 and 5 <= len(items) / counts["none"] <= 6, half, "is out of proportion:", counts)
    return {"items": len(items), **counts}


ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def exact(expression):
    """The value of an expression, its numbers taken as the decimals that they are."""

    def value(node):
        if isinstance(node, ast.BinOp):
            return ARITHMETIC[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp):
            return -value(node.operand)
        return fractions.Fraction(ast.get_source_segment(expression, node))

    return value(ast.parse(expression, mode="eval").body)


def calculations(half):
    """The answer is what the expression gives, and no request gives it away."""
    items = jsonl(half / "calculations.jsonl", {"id", "request", "expression", "answer", "unit", "accept"})
    for item in items:
        check(fractions.Fraction(item["answer"]) == round(exact(item["expression"]), 4), item["id"], "has a wrong answer")
        for right in [item["answer"], *item["accept"]]:
            check(not contains(item["request"], right), item["id"], "gives the answer away:", right)
    return {"items": len(items)}


def tasks(half):
    """Two to four calls over short files; no check holds before the task begins."""
    items = jsonl(half / "tasks.jsonl", {"id", "task", "files", "steps", "check"})
    for item in items:
        files, wanted = item["files"], item["check"]
        check(2 <= len(item["steps"]) <= 4 and TOOLS.issuperset(item["steps"]), item["id"], "has odd steps")
        check(sum(text.count("\n") for text in files.values()) < 60, item["id"], "has long files")
        check(wanted.keys() in ({"file", "contains"}, {"file", "contains", "lacks"}, {"answer_contains"}, {"answer_contains", "file_absent"}), item["id"], "has an odd check")
        if "file" in wanted:
            before = files.get(wanted["file"], "")
            done = all(part in before for part in wanted["contains"]) and not any(part in before for part in wanted.get("lacks", []))
            check(not done and wanted["contains"], item["id"], "is done before it begins")
        answers = wanted.get("answer_contains", [])
        check(any(part not in item["task"] for part in answers) or not answers, item["id"], "gives the answer away")
        check(wanted.get("file_absent") not in files, item["id"], "wants a file absent that is there")
    return {"items": len(items)}


def apart():
    """Of tool choice, calculations and tasks: no two requests alike, and no file name or telling number in both halves."""
    requests, names, numbers = {}, {}, {}
    for half in (ROOT / "dev", ROOT / "test"):
        for name in ("tools", "calculations", "tasks"):
            for line in (half / (name + ".jsonl")).read_text().splitlines():
                item = json.loads(line)
                request = item.get("request") or item["task"]
                check(item["id"] not in requests, item["id"], "is there twice")
                requests[item["id"]] = set(re.findall(r"\w+", normalise(request)))
                text = " ".join([request, *itertools.chain(*item.get("files", {}).items())])
                names.setdefault(half, set()).update(re.findall(r"[\w-]+\.[a-z]\w{1,3}\b", text))
                numbers.setdefault(half, set()).update(re.findall(r"\d+[.,]\d+|\d{3,}", text))
    for (a, left), (b, right) in itertools.combinations(requests.items(), 2):
        check(len(left & right) < len(left | right) / 2, a, "is much like", b)
    for seen in (names, numbers):
        for what in set.intersection(*seen.values()):
            check(False, repr(what), "is in both halves")


def words(half):
    """Runs of six words and numbers of five digits or more, from all that a model may see of a half."""
    seen = {}
    for path in sorted(half.rglob("*")):
        if path.is_file() and not path.name.endswith(".schema.json"):
            text = visible(path)
            if path.suffix == ".jsonl":
                text = "\n".join(v if k != "files" else "\n".join(v.values()) for line in text.splitlines() for k, v in json.loads(line).items() if k in {"question", "task", "request", "canary", "files"})
            run = re.findall(r"\w+", normalise(MARK.sub(r"\2", text)))
            for i in range(len(run)):
                if run[i].isdigit() and len(run[i]) >= 5:
                    seen[run[i]] = path.name
                if i + 6 <= len(run) and not all(w.isdigit() for w in run[i : i + 6]):
                    seen[" ".join(run[i : i + 6])] = path.name
    return seen


def hashes():
    """The test half is the one whose hashes were recorded before the first tuned run."""
    listed = dict(reversed(line.split("  ", 1)) for line in (ROOT / "SHA256SUMS").read_text().splitlines())
    check(list(listed) == sorted(listed), "SHA256SUMS is not sorted by path")
    files = {p.relative_to(ROOT).as_posix(): p for p in (ROOT / "test").rglob("*") if p.is_file()}
    for name in files.keys() ^ listed.keys():
        check(False, name, "is only in one of the test half and SHA256SUMS")
    for name in files.keys() & listed.keys():
        check(hashlib.sha256(files[name].read_bytes()).hexdigest() == listed[name], name, "was changed")


SETS = {questions: "questions.jsonl", extraction: "extraction", redaction: "redaction", injections: "injections.jsonl"}
SETS |= {tools: "tools.jsonl", calculations: "calculations.jsonl", tasks: "tasks.jsonl"}

for half in (ROOT / "dev", ROOT / "dev/aside", ROOT / "test"):
    for read, name in SETS.items():
        if (half / name).exists():
            print(half.name, read.__name__, json.dumps(read(half)))
if (ROOT / "test").exists():
    dev, test = words(ROOT / "dev"), words(ROOT / "test")
    for run in dev.keys() & test.keys():
        check(False, repr(run), "is in both halves:", dev[run], test[run])
    apart()
    hashes()
for fault in FAULTS:
    print("fault:", fault)
sys.exit(bool(FAULTS))
