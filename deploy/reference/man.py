"""The reference as manual pages of section 3: one a function, one a header for its types (to
which each type's name leads), and libheddle(3) as the index."""
import re

from headers import matters


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def prose(text):
    text = escape(text)
    text = re.sub(r"@p (\w+)", r"\\fI\1\\fP", text)
    return re.sub(r"\b((?:heddle|HEDDLE)_\w+)", r"\\fB\1\\fP", text)


def code(text):
    return [".PP", ".nf", ".RS 4", escape(text.rstrip()), ".RE", ".fi"]


def paragraphs(comment):
    out = []
    for kind, lines in comment.paragraphs:
        if kind == "code":
            out += code("\n".join(lines))
        elif kind == "list":
            for term, text in lines:
                out += [".TP", prose(term), prose(text)]
        else:
            out += [".PP", prose(" ".join(lines))]
    return out


def page(name, brief, version, header, body):
    return "\n".join(
        ["'\\\" -*- coding: utf-8 -*-",
         f'.TH {name.upper()} 3 "" "Heddle {version}" "Heddle"', ".nh",
         ".SH NAME", f"{escape(name)} \\- {prose(brief)}", *body,
         ".SH SEE ALSO", *see_also(name, header)]) + "\n"


def see_also(name, header):
    if header is None:
        return [".BR heddle_gateway.h (3)"]
    if name == f"heddle_{header.name}.h":
        return [".BR libheddle (3)"]
    return [f".BR heddle_{header.name}.h (3),", ".BR libheddle (3)"]


def library(header):
    return "heddle\\-chaincode" if header.name.startswith("chaincode") else "heddle"


def brief_of(item):
    brief = item.doc.first_sentence() if item.doc else ""
    return brief[:1].lower() + brief[1:].rstrip(".") if brief[:2] != brief[:2].upper() else brief


def function(header, item, version):
    body = [".SH SYNOPSIS", ".nf", f".B #include <heddle/{header.name}.h>", ".PP",
            escape(item.code), ".PP", f"Link with \\fI\\-l{library(header)}\\fP.", ".fi"]
    if item.doc:
        body += [".SH DESCRIPTION"] + paragraphs(item.doc)
        if item.note:
            body += [".PP", prose(item.note[0].upper() + item.note[1:] + ".")]
        for name, text in item.doc.params:
            body += [".TP", f"\\fI{name}\\fP", prose(text)]
        for matter, text in matters(header, item):
            body += [f".SH {matter.upper()}", prose(text)]
    return page(item.name, brief_of(item), version, header, body)


def types(header, version):
    body = [".SH SYNOPSIS", f".B #include <heddle/{header.name}.h>", ".SH DESCRIPTION"]
    body += paragraphs(header.doc)
    for matter, text in header.doc.matters.values():
        body += [".TP", f".B {matter}", prose(text)]
    for item in header.items:
        if item.kind != "function":
            body += [f".SS {item.name}"] + (paragraphs(item.doc) if item.doc else [])
            body += code(item.code)
    if header.functions():
        body.append(".SH FUNCTIONS")
        for item in header.functions():
            body += [".TP", f".BR {item.name} (3)", prose(brief_of(item))]
    return page(f"heddle_{header.name}.h", header.doc.first_sentence().rstrip("."), version, header,
                body)


def index(all_headers, version):
    body = [".SH DESCRIPTION", "libheddle is a client library for Hyperledger Fabric; "
            "libheddle\\-chaincode is for contracts. Their headers:"]
    for header in all_headers:
        body += [".TP", f".BR heddle_{header.name}.h (3)", prose(header.doc.first_sentence())]
    return page("libheddle", "Hyperledger Fabric in C", version, None, body)


def pages(all_headers, version):
    found = {"libheddle.3": index(all_headers, version)}
    for header in all_headers:
        own = f"heddle_{header.name}.h.3"
        found[own] = types(header, version)
        for item in header.items:
            name = f"{item.name}.3"
            found[name] = (function(header, item, version) if item.kind == "function"
                           else f".so man3/{own}\n")
    return found
