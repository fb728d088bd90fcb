#include <stdio.h>

#include "base/fail.h"
#include "conf/table.h"

static const char *type_text(const conf_key *key)
{
    static const char *const texts[] = {[CONF_TEXT] = "text",
                                        [CONF_BOOL] = "true or false",
                                        [CONF_NUMBER] = "number",
                                        [CONF_DURATION] = "duration",
                                        [CONF_SIZE] = "size",
                                        [CONF_CHOICE] = "choice",
                                        [CONF_TEXTS] = "list of text",
                                        [CONF_TEXT_MAP] = "name=value …",
                                        [CONF_ITEMS] = "list, in the file"};
    return key->flags & CONF_PATH ? "path" : texts[key->type];
}

static heddle_status put_flag_name(const char *name, base_buffer *out)
{
    for (; *name; name++)
        BASE_TRY(base_buffer_append_byte(out, *name == '_' || *name == '.' ? '-' : (uint8_t)*name));
    return HEDDLE_OK;
}

static heddle_status put_choices(const conf_key *key, base_buffer *out)
{
    for (int i = 0; key->choices && key->choices[i]; i++)
        BASE_TRY(base_buffer_printf(out, "%s%s", i ? "|" : "", key->choices[i]));
    return HEDDLE_OK;
}

static heddle_status put_help_row(const conf_key *key, base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(out, "  --"));
    BASE_TRY(put_flag_name(key->name, out));
    if (key->type == CONF_CHOICE) {
        BASE_TRY(base_buffer_append_str(out, " "));
        BASE_TRY(put_choices(key, out));
    } else if (key->type != CONF_BOOL) {
        BASE_TRY(base_buffer_printf(out, " <%s>", type_text(key)));
    }
    BASE_TRY(base_buffer_printf(out, "\n        %s", key->help));
    if (key->value && key->value[0])
        BASE_TRY(base_buffer_printf(out, " (default %s)", key->value));
    return base_buffer_append_str(out, "\n");
}

heddle_status conf_help(const conf_table *table, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out,
                                "%s: %s\n\nusage: %s [--config FILE] [--KEY VALUE …]\n\n"
                                "Order of precedence: defaults, FILE, variables %s…, flags.\n\n",
                                table->program, table->summary, table->program, table->prefix));
    for (size_t i = 0; i < table->count; i++)
        if (table->keys[i].type != CONF_ITEMS)
            BASE_TRY(put_help_row(&table->keys[i], out));
    return base_buffer_append_str(out, "  --config <path>\n        YAML file with these keys\n"
                                       "  --check\n        check the configuration and stop\n"
                                       "  --reference\n        print the page of all keys\n"
                                       "  --version\n  --help\n");
}

static const char *default_text(const conf_key *key)
{
    if (key->value)
        return key->value;
    return key->flags & CONF_REQUIRED ? "required" : "";
}

static heddle_status put_reference_row(const conf_table *table, const conf_key *key,
                                       const char *indent, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out, "| `%s%s` | ", indent, key->name));
    if (key->type == CONF_CHOICE)
        for (int i = 0; key->choices[i]; i++)
            BASE_TRY(base_buffer_printf(out, "%s%s", i ? ", " : "", key->choices[i]));
    else
        BASE_TRY(base_buffer_append_str(out, type_text(key)));
    BASE_TRY(base_buffer_printf(out, " | %s | %s | %s |\n", default_text(key),
                                key->flags & CONF_LIVE ? "yes" : "no", key->help));
    for (size_t i = 0; key->type == CONF_ITEMS && i < key->item_count; i++) {
        char name[128];
        snprintf(name, sizeof(name), "%s%s[].", indent, key->name);
        BASE_TRY(put_reference_row(table, &key->items[i], name, out));
    }
    return HEDDLE_OK;
}

heddle_status conf_reference(const conf_table *table, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(
        out,
        "# %s: configuration\n\nMade by `%s --reference`. A key is given in the YAML file, as a "
        "variable (`%s` and the key in capitals, `_` for `.`) or as a flag (`--` and the key, "
        "`-` for `_` and `.`). Flags win over variables, variables over the file.\n\n"
        "| key | value | default | reload | meaning |\n| --- | --- | --- | --- | --- |\n",
        table->program, table->program, table->prefix));
    for (size_t i = 0; i < table->count; i++)
        BASE_TRY(put_reference_row(table, &table->keys[i], "", out));
    return HEDDLE_OK;
}
