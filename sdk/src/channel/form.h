/* multipart/form-data with one file in it, as browsers and osnadmin send it. */
#ifndef CHANNEL_FORM_H
#define CHANNEL_FORM_H

#include "base/buffer.h"

typedef struct channel_form_file {
    const char *field;
    const char *name;
    heddle_view content;
} channel_form_file;

typedef struct channel_form {
    char content_type[96]; /* the whole header */
    base_buffer body;      /* yours to base_buffer_done() */
} channel_form;

HEDDLE_MUST_USE heddle_status channel_form_write(const channel_form_file *file, channel_form *out,
                                                 heddle_error *err);

#endif
