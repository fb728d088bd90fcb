/* JSON, not JSON, and JSON that jsonb refuses. */
#ifndef JSON_CASES_H
#define JSON_CASES_H

static const char *const json_good[] = {
    "null",
    "true",
    " false ",
    "0",
    "-0",
    "-0.5e-3",
    "1E+10",
    "123456789012345678901234567890.5",
    "\"\"",
    "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u00e9\\ud83d\\ude00\"",
    "\"\xc3\xa9\"",
    "[]",
    "{}",
    "[1,2,[3]]",
    "{\"a\":{\"b\":[{}]},\"a\":1}",
    "\t{ \"a\" : [ ] }\r\n",
    "\"\x7f\"",
    "\"\\uffff\"",
};

static const char *const json_bad[] = {
    "nul",
    "True",
    "01",
    "1.",
    ".5",
    "+1",
    "1e",
    "0x1",
    "-",
    "'a'",
    "\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"a\nb\"",
    "[",
    "]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "{",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{1:2}",
    "[}",
    "{]",
    "[1]]",
    "1 2",
    "NaN",
    "Infinity",
    "\"\xff\"",
    "\"\xc0\x80\"",
    "\"\xed\xa0\x80\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83d\\u0041\"",
    " ",
    "\xef\xbb\xbf\x31",
};

/* JSON by its grammar. */
static const char *const json_too_much[] = {
    "\"\\u0000\"",
    "{\"\\u0000\":1}",
    "1e999999",
    "1e-999999",
};

#endif
