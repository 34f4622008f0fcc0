// app_text.c - what applications share: names of files in their output.
#include <stdio.h>
#include <string.h>

#include "lab1-mapreduce/apps.h"

void app_print_name(struct buf *out, struct slice file)
{
    for (size_t i = 0; i < file.size; i++) {
        unsigned char byte = file.data[i];
        char text[5] = {(char)byte, '\0'};
        if (byte <= ' ' || byte == 0x7f || byte == '\\')
            snprintf(text, sizeof text, "\\x%02x", byte);
        buf_append(out, text, strlen(text));
    }
}
