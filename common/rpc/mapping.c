#include "common/rpc/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/err.h"
#include "common/runtime/world.h"

// Maps `fd` and closes it.
static int map(int fd, size_t size, bool writable, void **out)
{
    int access = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *mapping = mmap(NULL, size, access, MAP_SHARED, fd, 0);
    int err = mapping == MAP_FAILED ? err_from_errno(errno) : ERR_OK;
    close(fd);
    if (err == ERR_OK)
        *out = mapping;
    return err;
}

static int make_room(int fd, off_t size)
{
    // On a full disk a hole kills who writes to it (SIGBUS). But a simulation
    // makes many that are hardly used.
    if (world_is_simulated())
        return ftruncate(fd, size) == 0 ? 0 : errno;
    return posix_fallocate(fd, 0, size);
}

int mapping_create(const char *path, size_t size, void **out)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_from_errno(errno);
    int number = make_room(fd, (off_t)size);
    if (number != 0) {
        int err = err_from_errno(number);
        close(fd);
        unlink(path);
        return err;
    }
    return map(fd, size, true, out);
}

int mapping_open(const char *path, size_t size, bool writable, void **out)
{
    int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size != (off_t)size) {
        close(fd);
        return ERR_PROTO;
    }
    return map(fd, size, writable, out);
}

void mapping_close(void *mapping, size_t size)
{
    if (mapping != NULL)
        munmap(mapping, size);
}
