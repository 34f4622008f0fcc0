// log.h - one line to stderr for what a node does.
//
//     412.338 s2 paxos: slot 7: promised ballot 3.1
//
// First the monotonic seconds, then node and topic, then what it is about.
// The merged logs of all nodes, sorted, tell the story of a run. Lines are
// lower case, no full stop; one call is one write, at most LOG_LINE_MAX bytes,
// control bytes shown as '?'. Any thread; no lock is needed.
//
// LAB_LOG sets what is printed: error, warn (the default), info or debug, and
// per topic after it: LAB_LOG=warn,paxos=debug. It is read at the first line;
// if it makes no sense the program says so and exits with status 2.
// All lines, printed or not, at or below info also go to the node's trace
// (on_log in self.h), as they would be printed but without the newline.
#ifndef COMMON_RUNTIME_LOG_H
#define COMMON_RUNTIME_LOG_H

enum {
    LOG_LINE_MAX = 512,
};

#define LOG_FORMAT __attribute__((format(printf, 2, 3)))
void log_error(const char *topic, const char *format, ...) LOG_FORMAT;
void log_warn(const char *topic, const char *format, ...) LOG_FORMAT;
void log_info(const char *topic, const char *format, ...) LOG_FORMAT;
void log_debug(const char *topic, const char *format, ...) LOG_FORMAT;
#undef LOG_FORMAT

#endif
