// err.c - words for errors, and errors for errno.
#include "common/runtime/err.h"

#include <errno.h>

const char *err_text(int err)
{
    switch ((enum err)err) { // no default, so that -Wswitch finds a new one
    case ERR_OK:
        return "ok";
    case ERR_NOT_FOUND:
        return "not found";
    case ERR_EXISTS:
        return "exists already";
    case ERR_DENIED:
        return "permission denied";
    case ERR_FULL:
        return "no space left";
    case ERR_LIMIT:
        return "limit reached";
    case ERR_TIMEOUT:
        return "timed out";
    case ERR_BUSY:
        return "in use by somebody else";
    case ERR_PROTO:
        return "malformed data";
    case ERR_CLOSED:
        return "closed";
    case ERR_IO:
        return "input/output error";
    }
    return "unknown error";
}

int err_from_errno(int number)
{
    switch (number) { // the numbers are the system's: no list is complete
    case ENOENT:
    case ENOTDIR:
        return ERR_NOT_FOUND;
    case EEXIST:
    case ENOTEMPTY:
        return ERR_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_DENIED;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_FULL;
    case EMFILE:
    case ENFILE:
    case ENAMETOOLONG:
    case E2BIG:
    case ELOOP:
    case ENOMEM:
        return ERR_LIMIT;
    case ETIMEDOUT:
        return ERR_TIMEOUT;
    case EAGAIN:
    case EBUSY:
    case ETXTBSY:
        return ERR_BUSY;
    case EPIPE:
    case ECONNRESET:
    case ECONNREFUSED:
    case ENOTCONN:
        return ERR_CLOSED;
    default:
        return ERR_IO;
    }
}
