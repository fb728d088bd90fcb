#include "base/view.h"

bool base_view_equal(heddle_view a, heddle_view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool base_view_is(heddle_view a, const char *text)
{
    return base_view_equal(a, heddle_view_str(text));
}

int base_view_compare(heddle_view a, heddle_view b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool base_view_starts(heddle_view a, heddle_view prefix)
{
    return a.len >= prefix.len && base_view_equal(base_view_slice(a, 0, prefix.len), prefix);
}

heddle_view base_view_slice(heddle_view a, size_t from, size_t len)
{
    if (from >= a.len)
        return heddle_view_of(NULL, 0);
    size_t left = a.len - from;
    return heddle_view_of(a.data + from, len < left ? len : left);
}
