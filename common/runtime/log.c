// log.c - who gets a line, and what it looks like.
//
// Nothing here allocates, takes a lock or buffers: a line that was logged
// before a crash, or by a thread that holds any lock, has been written. The
// text of LAB_LOG is read again for each line that may be printed, instead of
// a table that threads would have to share.
#include "common/runtime/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/buf.h"
#include "common/runtime/clock.h"
#include "common/runtime/self.h"

// The smaller, the more urgent.
enum level {
    LEVEL_UNKNOWN = -1,
    LEVEL_ERROR,
    LEVEL_WARN,
    LEVEL_INFO,
    LEVEL_DEBUG,
};

// The highest level that LAB_LOG names for anything, so that a log_debug()
// that nobody wants costs one load. LEVEL_UNKNOWN until the first line: the
// threads that find that out at once all store the same.
static atomic_int highest = LEVEL_UNKNOWN;

static enum level parse_level(struct slice name)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    for (int i = LEVEL_ERROR; i <= LEVEL_DEBUG; i++)
        if (slice_equal(name, slice_text(names[i])))
            return (enum level)i;
    return LEVEL_UNKNOWN;
}

// One item of LAB_LOG: LEVEL or TOPIC=LEVEL.
struct setting {
    struct slice topic; // data is NULL: for all topics
    enum level level;
};

// Takes the next item off *text, which is NULL after the last.
static struct setting next_setting(const char **text)
{
    const char *item = *text;
    size_t size = strcspn(item, ",");
    *text = item[size] == ',' ? item + size + 1 : NULL;

    const char *equals = memchr(item, '=', size);
    if (equals == NULL)
        return (struct setting){.level = parse_level(slice_of(item, size))};

    size_t topic = (size_t)(equals - item);
    struct slice level = slice_of(equals + 1, size - topic - 1);
    return (struct setting){
        .topic = slice_of(item, topic),
        .level = topic > 0 ? parse_level(level) : LEVEL_UNKNOWN,
    };
}

static const char *settings_text(void)
{
    const char *text = getenv("LAB_LOG");
    return text == NULL ? "warn" : text;
}

// Checks LAB_LOG as well: a typing error must not look like a silent node.
static int find_highest(void)
{
    int found = LEVEL_WARN;
    const char *text = settings_text();
    while (text != NULL) {
        struct setting s = next_setting(&text);
        if (s.level == LEVEL_UNKNOWN) {
            dprintf(2,
                    "LAB_LOG is \"%s\": error, warn, info or debug is needed, "
                    "then perhaps topics: warn,paxos=debug\n",
                    settings_text());
            _exit(2);
        }
        if ((int)s.level > found)
            found = s.level;
    }
    atomic_store_explicit(&highest, found, memory_order_relaxed);
    return found;
}

static bool is_printed(const char *topic, enum level level)
{
    int limit = atomic_load_explicit(&highest, memory_order_relaxed);
    if (limit == LEVEL_UNKNOWN)
        limit = find_highest();
    if ((int)level > limit)
        return false;

    enum level general = LEVEL_WARN;
    enum level own = LEVEL_UNKNOWN;
    const char *text = settings_text();
    while (text != NULL) {
        struct setting s = next_setting(&text);
        if (s.topic.data == NULL)
            general = s.level;
        else if (slice_equal(s.topic, slice_text(topic)))
            own = s.level;
    }
    return level <= (own == LEVEL_UNKNOWN ? general : own);
}

// Where a snprintf() that answered `size` for `room` bytes really ended.
static size_t printed(int size, size_t room)
{
    if (size < 0)
        return 0;
    return (size_t)size < room ? (size_t)size : room - 1;
}

// Bytes that would make two lines of one, or reprogram a terminal.
static void hide_control_bytes(char *line, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
}

// Fills `line` without a newline and returns its length, LOG_LINE_MAX - 1 at
// most, so that the newline fits as well.
static size_t format_line(char line[static LOG_LINE_MAX], const char *topic,
                          const char *format, va_list arguments)
{
    int64_t now_ms = clock_now_ms();
    int head =
        snprintf(line, LOG_LINE_MAX, "%" PRId64 ".%03d %s %s: ", now_ms / 1000,
                 (int)(now_ms % 1000), self_get()->name, topic);
    size_t size = printed(head, LOG_LINE_MAX);
    size_t room = LOG_LINE_MAX - size;
    int text = vsnprintf(line + size, room, format, arguments);
    if (text >= 0 && (size_t)text >= room)
        memcpy(line + LOG_LINE_MAX - 4, "...", 3); // say that it was cut
    size += printed(text, room);
    hide_control_bytes(line, size);
    return size;
}

// One write is one line, whoever else writes to the same file.
static void print(char line[static LOG_LINE_MAX], size_t size)
{
    line[size] = '\n';
    ssize_t written = -1;
    do
        written = write(STDERR_FILENO, line, size + 1);
    while (written < 0 && errno == EINTR);
}

static void log_line(enum level level, const char *topic, const char *format,
                     va_list arguments)
{
    int saved = errno; // who logs an error wants to look at it afterwards
    struct self *self = self_get();
    bool print_it = is_printed(topic, level);
    bool trace_it = level <= LEVEL_INFO && self->on_log != NULL;
    if (!print_it && !trace_it)
        return;

    char line[LOG_LINE_MAX];
    size_t size = format_line(line, topic, format, arguments);
    if (trace_it)
        self->on_log(self->arg, line, size);
    if (print_it)
        print(line, size);
    errno = saved;
}

void log_error(const char *topic, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(LEVEL_ERROR, topic, format, arguments);
    va_end(arguments);
}

void log_warn(const char *topic, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(LEVEL_WARN, topic, format, arguments);
    va_end(arguments);
}

void log_info(const char *topic, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(LEVEL_INFO, topic, format, arguments);
    va_end(arguments);
}

void log_debug(const char *topic, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(LEVEL_DEBUG, topic, format, arguments);
    va_end(arguments);
}
