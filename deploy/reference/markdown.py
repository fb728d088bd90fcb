"""The reference in Markdown: a page a header, and an index of all functions."""
import re


def prose(text):
    text = re.sub(r"@p (\w+)", r"`\1`", text)
    return re.sub(r"(?<![`\w])((?:heddle|HEDDLE)_\w+(?:\(\))?)(?![`\w])", r"`\1`", text)


def paragraphs(comment):
    for kind, lines in comment.paragraphs:
        if kind == "code":
            yield "```c\n" + "\n".join(lines) + "\n```"
        elif kind == "list":
            yield "\n".join(f"- {prose('@p ' + t if t.isidentifier() else t)}: {prose(x)}"
                            for t, x in lines)
        else:
            yield prose(" ".join(lines))


def function(header, matters, item):
    out = [f"### {item.name}", "```c\n" + item.code + "\n```"]
    out += paragraphs(item.doc) if item.doc else []
    if item.note:
        out.append(prose(item.note[0].upper() + item.note[1:] + "."))
    if item.doc and item.doc.params:
        out.append("\n".join(f"- `{n}`: {prose(t)}" for n, t in item.doc.params))
    if item.doc:
        own = [(m, t) for m, t in matters(header, item)
               if m == "Blocking" or m in item.doc.matters]
        rest = [m.lower() for m, _ in matters(header, item) if (m, _) not in own]
        lines = [f"- *{m}:* {prose(t)}" for m, t in own]
        if rest:
            lines.append(f"- *{', '.join(rest).capitalize()}:* as for the "
                         f"[whole header](#heddle{header.name}h)")
        out.append("\n".join(lines))
    return out


def declared(item):
    out = [f"### {item.name}"]
    out += paragraphs(item.doc) if item.doc else []
    out.append("```c\n" + item.code.rstrip() + "\n```")
    return out


def page(header, matters):
    out = [f"# heddle/{header.name}.h",
           "Made from the header by `deploy/reference/libheddle`."]
    out += paragraphs(header.doc)
    if header.doc.matters:
        out.append("\n".join(f"- *{m}:* {prose(t)}" for m, t in header.doc.matters.values()))
    others = [i for i in header.items if i.kind != "function"]
    if others:
        out.append("## Types")
        for item in others:
            out += declared(item)
    if header.functions():
        out.append("## Functions")
        for item in header.functions():
            out += function(header, matters, item)
    return "\n\n".join(out) + "\n"


def index(all_headers):
    out = ["# The C libraries: reference",
           "Made from the public headers by `deploy/reference/libheddle`. A guide to the client "
           "library is [docs/sdk.md](../../sdk.md), to chaincode "
           "[docs/chaincode.md](../../chaincode.md). `man heddle_submit` shows the same where "
           "the libraries are installed."]
    for header in all_headers:
        out.append(f"## [heddle/{header.name}.h]({header.name}.md)")
        out.append(prose(header.doc.first_sentence()))
        rows = [f"| [`{i.name}`]({header.name}.md#{i.name}) | "
                f"{prose(i.doc.first_sentence()) if i.doc else ''} |" for i in header.functions()]
        if rows:
            out.append("| function | |\n| --- | --- |\n" + "\n".join(rows))
    return "\n\n".join(out) + "\n"


def pages(all_headers):
    from headers import matters
    found = {f"{h.name}.md": page(h, matters) for h in all_headers}
    found["README.md"] = index(all_headers)
    return found
