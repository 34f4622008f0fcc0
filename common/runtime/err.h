// err.h - the errors of the runtime: one int, one meaning, one channel.
//
// Functions that can fail return ERR_OK or one of these negative numbers.
// errno becomes one of them at the system call and goes no further. "No such
// key" or "not the primary" are no errors but a status in a reply.
#ifndef COMMON_RUNTIME_ERR_H
#define COMMON_RUNTIME_ERR_H

enum err {
    ERR_OK = 0,
    ERR_NOT_FOUND = -1, // no such file, folder, name
    ERR_EXISTS = -2,    // it is there already
    ERR_DENIED = -3,    // no permission, read-only file system
    ERR_FULL = -4,      // no space, quota, or file size limit
    ERR_LIMIT = -5,     // a limit: descriptors, threads, path or buffer length
    ERR_TIMEOUT = -6,   // the deadline passed
    ERR_BUSY = -7,      // somebody else has it
    ERR_PROTO = -8,     // bytes from outside that make no sense
    ERR_CLOSED = -9,    // stopped, or the other side is gone
    ERR_IO = -10,       // anything else the system answered
};

// A few words for people, lower case, no full stop. Never NULL, static.
const char *err_text(int err);

// The error that `number`, an errno, stands for; never ERR_OK.
int err_from_errno(int number);

#endif
