/*
 * --BOUNDARY CRLF header CRLF header CRLF CRLF content CRLF --BOUNDARY … CRLF --BOUNDARY--
 *
 * What stands before the first boundary and after the last is of no account.
 */
#include "devnet/participation/form.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/fail.h"
#include "base/view.h"

enum { MAX_BOUNDARY = 70, MAX_HEADERS = 16 * 1024, MAX_PARTS = 16 };

typedef struct part {
    heddle_view headers;
    heddle_view content;
} part;

static heddle_status unreadable(heddle_error *err, const char *why)
{
    return base_fail(err, HEDDLE_E_REFUSED, "cannot read form from request body: %s", why);
}

static heddle_view from(heddle_view text, size_t at)
{
    return base_view_slice(text, at, text.len);
}

/** Where @p what begins in @p text; text.len: nowhere. */
static size_t find(heddle_view text, heddle_view what)
{
    const void *at = what.len && text.len ? memmem(text.data, text.len, what.data, what.len) : NULL;
    return at ? (size_t)((const uint8_t *)at - text.data) : text.len;
}

/** The value of a parameter (name=value or name="value") of a header, empty if there is none. */
static heddle_view parameter(heddle_view header, const char *name)
{
    size_t len = strlen(name);
    while (header.len) {
        size_t end = find(header, VIEW(";"));
        heddle_view one = base_view_slice(header, 0, end);
        while (one.len && one.data[0] == ' ')
            one = from(one, 1);
        if (one.len > len && one.data[len] == '=' &&
            strncasecmp((const char *)one.data, name, len) == 0) {
            heddle_view value = from(one, len + 1);
            bool quoted = value.len >= 2 && value.data[0] == '"';
            return quoted ? base_view_slice(value, 1, find(from(value, 1), VIEW("\""))) : value;
        }
        header = from(header, end + 1);
    }
    return (heddle_view){0};
}

/* Parts. */

/** Cut the next part off @p rest, which begins after a boundary. *last: the form ends here. */
static heddle_status next_part(heddle_view *rest, heddle_view delimiter, bool *last, part *out,
                               heddle_error *err)
{
    *last = base_view_starts(*rest, VIEW("--"));
    if (*last)
        return HEDDLE_OK;
    if (!base_view_starts(*rest, VIEW("\r\n")))
        return unreadable(err, "multipart: NextPart: the line of a boundary goes on");
    heddle_view text = *rest;
    size_t head = find(text, VIEW("\r\n\r\n"));
    if (head == text.len || head > MAX_HEADERS)
        return unreadable(err, "multipart: NextPart: EOF");
    heddle_view content = from(text, head + 4);
    size_t end = find(content, delimiter);
    if (end == content.len)
        return unreadable(err, "multipart: NextPart: unexpected EOF");
    *out =
        (part){base_view_slice(text, 2, head > 2 ? head - 2 : 0), base_view_slice(content, 0, end)};
    *rest = from(content, end + delimiter.len);
    return HEDDLE_OK;
}

/** The value of Content-Disposition, empty if there is none. */
static heddle_view disposition_of(heddle_view headers)
{
    static const char name[] = "content-disposition:";
    while (headers.len) {
        size_t end = find(headers, VIEW("\r\n"));
        if (end >= sizeof(name) - 1 &&
            strncasecmp((const char *)headers.data, name, sizeof(name) - 1) == 0)
            return base_view_slice(headers, sizeof(name) - 1, end - (sizeof(name) - 1));
        headers = from(headers, end + 2);
    }
    return (heddle_view){0};
}

static heddle_status read_delimiter(const char *content_type, char *out, size_t size,
                                    heddle_error *err)
{
    heddle_view boundary = parameter(heddle_view_str(content_type), "boundary");
    if (!boundary.len || boundary.len > MAX_BOUNDARY)
        return unreadable(err, "multipart: boundary is empty");
    snprintf(out, size, "\r\n--%.*s", BASE_VIEW_ARG(boundary));
    return HEDDLE_OK;
}

heddle_status dn_form_read_file(const char *content_type, heddle_view body, const char *key,
                                heddle_view *out, heddle_error *err)
{
    char text[MAX_BOUNDARY + 8];
    heddle_view found = {0};
    bool has_file = false, last = false, at_once;
    size_t count = 0;
    BASE_TRY(read_delimiter(content_type, text, sizeof(text), err));
    heddle_view delimiter = heddle_view_str(text), opening = from(delimiter, 2);
    at_once = base_view_starts(body, opening);
    size_t start = at_once ? 0 : find(body, delimiter);
    if (start == body.len)
        return unreadable(err, "multipart: NextPart: EOF");
    heddle_view rest = from(body, start + (at_once ? opening.len : delimiter.len));
    for (part p = {0}; count <= MAX_PARTS; count++) {
        BASE_TRY(next_part(&rest, delimiter, &last, &p, err));
        if (last)
            break;
        heddle_view disposition = disposition_of(p.headers);
        if (base_view_is(parameter(disposition, "name"), key) &&
            parameter(disposition, "filename").len) {
            has_file = true;
            found = p.content;
        }
    }
    if (!has_file)
        return base_fail(err, HEDDLE_E_REFUSED, "form does not contains part key: %s", key);
    if (count != 1)
        return base_fail(err, HEDDLE_E_REFUSED, "form contains too many parts");
    *out = found;
    return HEDDLE_OK;
}
