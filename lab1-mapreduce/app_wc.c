// app_wc.c - word count: how often does each word occur?
//
// A word is a maximal run of ASCII letters and of bytes from 0x80 up, so that
// words in UTF-8 stay whole; "don't" is two words. Output: WORD TAB COUNT.
#include <inttypes.h>
#include <stdio.h>

#include "lab1-mapreduce/apps.h"

// SOLUTION BEGIN I
static bool is_word_byte(unsigned char byte)
{
    return (unsigned char)((byte | 0x20) - 'a') < 26 || byte >= 0x80;
}

static uint64_t number_in(struct slice text)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.size; i++)
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    return number;
}
// SOLUTION END

static void wc_map(const struct map_input *in, struct emitter *out)
{
    // SOLUTION BEGIN I; stub: not_implemented("I wc_map");
    const unsigned char *at = in->text.data;
    const unsigned char *end = at + in->text.size;
    while (at < end) {
        const unsigned char *word = at;
        while (at < end && is_word_byte(*at))
            at++;
        if (at > word)
            mr_emit(out, slice_of(word, (size_t)(at - word)), slice_of("1", 1));
        else
            at++;
    }
    // SOLUTION END
}

// Adds the counts up: the values of a word are numbers, written in decimal.
static void wc_reduce(struct slice key, struct values *values,
                      struct emitter *out)
{
    // SOLUTION BEGIN I; stub: not_implemented("I wc_reduce");
    uint64_t sum = 0;
    struct slice value;
    while (mr_next(values, &value))
        sum += number_in(value);

    char text[24];
    int size = snprintf(text, sizeof text, "%" PRIu64, sum);
    mr_emit(out, key, slice_of(text, (size_t)size));
    // SOLUTION END
}

const struct mr_app app_wc = {
    .name = "wc",
    .about = "how often does each word occur",
    .map = wc_map,
    .combine = wc_reduce,
    .reduce = wc_reduce,
};
