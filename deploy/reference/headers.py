"""The public headers, read: what they declare, and what their comments say of it.

A declaration has the comment that begins with two stars and ends on the line before it. What
stands behind a declaration on its line is added. Three kinds of functions need no comment, since
their names mean one thing everywhere: heddle_x_start is heddle_x without waiting, heddle_x_ref
takes a reference, heddle_x_unref, _free and _done give back.

Four matters are said of every function: whether it blocks, which threads may call it, who owns
what it is given and gives out, and how it fails. A paragraph that begins with "Blocking:",
"Threads:", "Ownership:" or "Errors:" says it, in the function's comment or, for all functions
of a header, in the comment that the header opens with.
"""
import dataclasses
import re

MATTERS = ("Blocking", "Threads", "Ownership", "Errors")


@dataclasses.dataclass
class Comment:
    """Paragraphs in order; each is ("text" | "code", lines) or ("list", [(term, text)])."""
    paragraphs: list
    params: list  # [(name, text)]
    matters: dict

    def first_sentence(self):
        for kind, lines in self.paragraphs:
            if kind == "text":
                text = " ".join(lines)
                # Neither what stands in parentheses nor an "e.g." ends a sentence.
                bare = re.sub(r"\([^)]*\)|e\.g\.|i\.e\.", lambda m: "-" * len(m[0]), text)
                end = re.search(r"[.;:](\s|$)", bare)
                return (text[:end.start()] if end else text) + "."
        return ""

    def plain(self):
        words = []
        for kind, lines in self.paragraphs:
            words += [t for pair in lines for t in pair] if kind == "list" else lines
        return " ".join(words)


@dataclasses.dataclass
class Item:
    kind: str  # function, callback, struct, opaque, enum, constants, macro
    name: str
    code: str  # as it is shown
    line: int
    doc: Comment = None
    note: str = ""  # what stands behind it


@dataclasses.dataclass
class Header:
    name: str  # "gateway"
    doc: Comment
    items: list

    def functions(self):
        return [i for i in self.items if i.kind == "function"]

    def types(self):
        return [i for i in self.items if i.kind not in ("function", "macro")]

    def matter(self, item, matter):
        own = item.doc.matters.get(matter) if item.doc else None
        return own or self.doc.matters.get(matter)


def parse_comment(raw):
    lines = [re.sub(r"^\s*\*? ?", "", l) if n else l.strip()
             for n, l in enumerate(re.sub(r"^/\*+|\*/$", "", raw.strip()).split("\n"))]
    out = Comment([], [], {})
    block = []
    for line in lines + [""]:
        if line.strip():
            block.append(line.rstrip())
        elif block:
            add_block(out, block)
            block = []
    return out


def add_block(out, block):
    indent = min(len(l) - len(l.lstrip()) for l in block)
    if indent >= 2:
        out.paragraphs.append(("code", [l[indent:] for l in block]))
        return
    text, terms, sink = [], [], None
    for line in block:
        param = re.match(r"\s*@param (\w+)\s+(.*)", line)
        matter = re.match(r"(%s):\s+(.*)" % "|".join(MATTERS), line.strip())
        term = re.match(r"(\S+(?: \S+){0,3}) {2,}(\S.*)", line)
        if param:
            sink = [param[1], param[2]]
            out.params.append(sink)
        elif matter:
            sink = [matter[1], matter[2]]
            out.matters[matter[1]] = sink
        elif term:
            sink = [term[1], term[2]]
            terms.append(sink)
        elif sink:
            sink[1] += " " + line.strip()
        else:
            text.append(line.strip())
    if text:
        out.paragraphs.append(("text", text))
    if terms:
        out.paragraphs.append(("list", terms))


def without_cplusplus(text):
    """C's side of every #ifdef __cplusplus, with the lines kept in number."""
    out, skip, depth = [], False, 0
    for line in text.split("\n"):
        if re.match(r"#\s*ifdef __cplusplus", line):
            skip, depth = True, 1
        elif depth and re.match(r"#\s*if", line):
            depth += 1
        elif depth == 1 and re.match(r"#\s*else", line):
            skip = False
        elif depth and re.match(r"#\s*endif", line):
            depth -= 1
            skip = skip and depth > 0
        elif not skip:
            out.append(line)
            continue
        out.append("")
    return "\n".join(out)


TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/) | (?P<directive>^\#(?:[^\n]*\\\n)*[^\n]*$) |
    (?P<string>"(?:\\.|[^"\\])*") | (?P<other>.)
""", re.X | re.S | re.M)


def pieces(text):
    """(kind, text, first line, last line) of every comment, directive and declaration."""
    line, decl, begin, depth = 1, "", 0, 0
    for match in TOKEN.finditer(text):
        token, kind = match[0], match.lastgroup
        if kind == "directive" and not depth:
            yield kind, token, line, line + token.count("\n")
        elif kind == "comment" and not decl.strip():
            yield kind, token, line, line + token.count("\n")
        elif kind != "directive":
            if not decl.strip() and not token.isspace():
                begin, decl = line, ""
            decl += token
            depth += (token == "{") - (token == "}")
            inline = token == "}" and decl.lstrip().startswith("static inline")
            if depth == 0 and (token == ";" or inline):
                yield "declaration", decl, begin, line
                decl = ""
            elif re.fullmatch(r"\s*HEDDLE_(BEGIN|END)_DECLS", decl):
                decl = ""
        line += token.count("\n")


def plain_code(decl):
    bare = re.sub(r"/\*.*?\*/", " ", decl, flags=re.S)
    bare = re.sub(r"\bHEDDLE_(API|MUST_USE)\b|\bHEDDLE_PRINTF\([^)]*\)", " ", bare)
    return re.sub(r"\s+", " ", bare).replace("( ", "(").strip()


def signature(bare):
    """One line, or a line a parameter."""
    bare = re.sub(r" ?;$", ";", re.sub(r"\s*\{.*$", ";", bare).replace("static inline ", ""))
    if len(bare) <= 76:
        return bare
    head, params = bare.split("(", 1)
    parts, depth, part = [], 0, ""
    for c in params:
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += c
    parts.append(part.strip())
    return head + "(\n    " + ",\n    ".join(parts)


def classify(decl):
    """(kind, name, code) or None."""
    bare = plain_code(decl)
    code = decl.strip()
    if "HEDDLE_API" in decl or bare.startswith("static inline"):
        name = re.search(r"(\w+) ?\(", bare)[1]
        return "function", name, signature(bare)
    if bare.startswith("typedef enum"):
        return "enum", re.search(r"(\w+);$", bare)[1], code
    if re.match(r"typedef (struct|union) \w+ \{", bare):
        return "struct", re.search(r"(\w+);$", bare)[1], code
    if re.match(r"typedef struct \w+ \w+;", bare):
        return "opaque", re.search(r"(\w+);$", bare)[1], code
    if bare.startswith("typedef") and "(" in bare:
        name = re.search(r"\(\*(\w+)\)|(\w+) ?\(", bare)
        return "callback", name[1] or name[2], signature(bare)
    if bare.startswith("enum {"):
        return "constants", re.search(r"\{ (\w+)", bare)[1], code
    return None


def read(path, name):
    text = without_cplusplus(path.read_text())
    header = Header(name, None, [])
    macros = {}
    doc, doc_end, last, last_end = None, 0, None, 0
    for kind, token, first, end in pieces(text):
        if kind == "comment":
            if header.doc is None:
                header.doc = parse_comment(token)
            elif last and first == last_end and not token.startswith("/**"):
                last.note = " ".join(parse_comment(token).plain().split())
            elif token.startswith("/**"):
                doc, doc_end = parse_comment(token), end
        elif kind == "directive":
            macro = re.match(r"#\s*define (HEDDLE_\w+)(.*)", token, re.S)
            if macro:
                macros[macro[1]] = macro[2]
                last, last_end = None, 0
                if doc and doc_end == first - 1:
                    header.items.append(Item("macro", macro[1], token, first, doc))
        else:
            found = classify(token)
            if not found:
                continue
            item = Item(*found, first)
            if doc and doc_end == first - 1:
                item.doc = doc
            spell_out(item, macros)
            header.items.append(item)
            last, last_end = item, end
    for item in header.items:
        item.doc = item.doc or by_name(item, header)
    return header


ENDINGS = {
    "ref": "Take one more reference to it. Gives the object itself.",
    "unref": "Give back a reference; the last one ends the object.",
    "free": "End the object.",
    "done": "Free what is inside, and leave it empty; the struct itself is the caller's.",
}


def by_name(item, header):
    """What the name says, for a function without a comment."""
    if item.kind != "function":
        return None
    stem, _, ending = item.name.rpartition("_")
    if ending == "start" and any(i.name == stem and i.doc for i in header.items):
        text = [f"As {stem}(), without waiting."]
    elif ending in ENDINGS:
        text = [ENDINGS[ending]]
    else:
        return None
    return Comment([("text", text)], [], {})


def spell_out(item, macros):
    """An enum that a macro lists, written out."""
    listed = re.search(r"\b(HEDDLE_\w+_MAP)\(HEDDLE_X\)", item.code)
    if not listed or listed[1] not in macros:
        return
    entries = re.findall(r'X\((\w+),\s*"([^"]*)"\)', macros[listed[1]])
    lines = [f"    HEDDLE_{name}, /* {text} */" for name, text in entries]
    item.code = f"typedef enum {item.name} {{\n" + "\n".join(lines) + f"\n}} {item.name};"


def read_all(include):
    """Every public header but heddle.h and export.h, which declare nothing of their own."""
    return [read(path, path.stem) for path in sorted((include / "heddle").glob("*.h"))
            if path.stem not in ("heddle", "export")]


def blocks(item):
    """Whether a function waits, as its comment has it."""
    own = item.doc.matters.get("Blocking", "")
    if own:
        return bool(re.match(r"yes|blocks|waits", own[1], re.I))
    text = re.sub(r"(do(es)?|did|must|need) not (yet )?(wait|block)\w*|without waiting", "",
                  item.doc.plain() + ". " + item.note, flags=re.I)
    return not item.name.endswith("_start") and bool(
        re.search(r"(^|[.;:,] )(Blocks|Waits?)\b|\b(waits|waiting|wait) (for|until)\b", text))


def matters(header, item):
    """[(matter, text)]: what is said of a function, its own words before the header's."""
    out = []
    for matter in MATTERS:
        said = header.matter(item, matter)
        own = item.doc.matters.get(matter)
        if matter == "Blocking" and not own:
            lead = ("Blocks." if blocks(item) else
                    "Does not block: the function it is given runs once, later, on a thread of "
                    "the library." if item.name.endswith("_start") else "Does not block.")
            out.append((matter, lead))
        elif said:
            out.append((matter, said[1]))
    return out
