#include "devnet/network/yaml.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/fail.h"

static heddle_status append_value(const json_t *value, int indent, base_buffer *out);

/** JSON's scalars are YAML's. */
static heddle_status append_scalar(const json_t *value, base_buffer *out)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    if (!text)
        return HEDDLE_E_NO_MEMORY;
    heddle_status status = base_buffer_printf(out, " %s\n", text);
    free(text);
    return status;
}

static heddle_status append_object(const json_t *object, int indent, base_buffer *out)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        BASE_TRY(base_buffer_printf(out, "%*s%s:", indent, "", key));
        BASE_TRY(append_value(value, indent, out));
    }
    return HEDDLE_OK;
}

static heddle_status append_array(const json_t *array, int indent, base_buffer *out)
{
    size_t i;
    json_t *value;
    json_array_foreach(array, i, value)
    {
        BASE_TRY(base_buffer_printf(out, "%*s-", indent, ""));
        BASE_TRY(append_value(value, indent, out));
    }
    return HEDDLE_OK;
}

/** What stands after "key:" or "-". */
static heddle_status append_value(const json_t *value, int indent, base_buffer *out)
{
    bool is_object = json_is_object(value);
    if ((!is_object && !json_is_array(value)) || (is_object && json_object_size(value) == 0) ||
        (!is_object && json_array_size(value) == 0))
        return append_scalar(value, out);
    BASE_TRY(base_buffer_append_str(out, "\n"));
    return is_object ? append_object(value, indent + 2, out) : append_array(value, indent + 2, out);
}

heddle_status dn_yaml_append(const json_t *document, base_buffer *out)
{
    return append_object(document, 0, out);
}
