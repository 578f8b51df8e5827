/* Every call by which a process changes what is below one folder: counted, written down, and, on
 * order, the one before which the process is killed, or which fails.
 *
 * Preloaded (LD_PRELOAD). Nothing is counted until `shim_watch`; the order may be given after a
 * fork. The log is written by bare system calls, before the call it tells of; a line a call:
 *
 *     number TAB call TAB path TAB other path TAB flags or offset TAB length TAB place of the bytes
 *     = TAB number TAB result TAB errno          (what it gave)
 *     ! TAB number TAB kill | errno              (the fault that happened)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { NOTHING, KILL, FAIL_ONCE, FAIL_FROM };

static char root[PATH_MAX];
static size_t root_length;
static int log_to = -1, bytes_to = -1, syncs_for_real = 1;
static int order = NOTHING, error_to_give;
static long count, number_of_the_fault, place_of_bytes;

void shim_watch(const char *folder, int log, int bytes, int really_sync)
{
    root_length = strlen(folder);
    memcpy(root, folder, root_length + 1);
    log_to = log;
    bytes_to = bytes;
    syncs_for_real = really_sync;
    count = place_of_bytes = 0;
    order = NOTHING;
}

void shim_order(int kind, long number, int error)
{
    order = kind;
    number_of_the_fault = number;
    error_to_give = error;
}

static void tell(const char *text, int length)
{
    if (log_to >= 0 && length > 0)
        syscall(SYS_write, log_to, text, (size_t)length);
}

/* The absolute path of an open descriptor, as the kernel names it now. */
static const char *of(int descriptor, char *into)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = syscall(SYS_readlink, link, into, PATH_MAX - 1);
    into[length < 0 ? 0 : length] = 0;
    return into;
}

static const char *at(int folder, const char *path, char *into)
{
    if (path[0] == '/') {
        snprintf(into, PATH_MAX, "%s", path);
        return into;
    }
    if (folder == AT_FDCWD)
        syscall(SYS_getcwd, into, PATH_MAX);
    else
        of(folder, into);
    size_t length = strlen(into);
    snprintf(into + length, PATH_MAX - length, "/%s", path);
    return into;
}

static int is_below(const char *path)
{
    return root_length && strncmp(path, root, root_length) == 0 &&
           (path[root_length] == '/' || path[root_length] == 0);
}

/* What a full disk still does. */
static int frees(const char *call)
{
    return !strcmp(call, "unlink") || !strcmp(call, "rmdir");
}

static __thread long counted;

/* Count one call; the errno it must fail with, or 0. */
static int step(const char *call, const char *one, const char *two, long what, long length,
                const struct iovec *bytes, int parts)
{
    counted = 0;
    if (!is_below(one) && !is_below(two))
        return 0;
    counted = ++count;
    long kept = -1;
    if (bytes && bytes_to >= 0) {
        kept = place_of_bytes;
        for (int part = 0; part < parts; part++)
            place_of_bytes += syscall(SYS_write, bytes_to, bytes[part].iov_base, bytes[part].iov_len);
    }
    char line[2 * PATH_MAX + 200];
    tell(line, snprintf(line, sizeof line, "%ld\t%s\t%s\t%s\t%ld\t%ld\t%ld\n", count, call, one,
                        two, what, length, kept));
    if (order == KILL && count == number_of_the_fault) {
        tell(line, snprintf(line, sizeof line, "!\t%ld\tkill\n", count));
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;)
            pause();
    }
    if ((order == FAIL_ONCE && count == number_of_the_fault) ||
        (order == FAIL_FROM &&
         (count == number_of_the_fault || (count > number_of_the_fault && !frees(call))))) {
        tell(line, snprintf(line, sizeof line, "!\t%ld\t%d\n", count, error_to_give));
        return error_to_give;
    }
    return 0;
}

static long gave(long result)
{
    if (counted) {
        char line[100];
        int kept = errno;
        tell(line, snprintf(line, sizeof line, "=\t%ld\t%ld\t%d\n", counted, result,
                            result < 0 ? kept : 0));
        errno = kept;
    }
    return result;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REFUSED(...)                                                                               \
    do {                                                                                           \
        int refused = step(__VA_ARGS__);                                                           \
        if (refused) {                                                                             \
            errno = refused;                                                                       \
            return -1;                                                                             \
        }                                                                                          \
    } while (0)

/* Bytes */

static long end_of(const struct iovec *parts, int number)
{
    long length = 0;
    for (int part = 0; part < number; part++)
        length += (long)parts[part].iov_len;
    return length;
}

#define WRITES(name, last, give, first, many, place, ...)                                          \
    ssize_t name(int descriptor, __VA_ARGS__)                                                      \
    {                                                                                              \
        char path[PATH_MAX];                                                                       \
        if (root_length && log_to != descriptor && bytes_to != descriptor) {                       \
            const struct iovec *parts = first;                                                     \
            REFUSED("write", of(descriptor, path), "", place, end_of(parts, many), parts, many);   \
        } else                                                                                     \
            counted = 0;                                                                           \
        return gave(REAL(last) give);                                                              \
    }

#define ALONE (&(struct iovec){(void *)bytes, length})
#define HERE (long)syscall(SYS_lseek, descriptor, 0, SEEK_CUR)
WRITES(write, write, (descriptor, bytes, length), ALONE, 1, HERE, const void *bytes, size_t length)
WRITES(pwrite, pwrite, (descriptor, bytes, length, offset), ALONE, 1, offset, const void *bytes,
       size_t length, off_t offset)
WRITES(pwrite64, pwrite64, (descriptor, bytes, length, offset), ALONE, 1, offset, const void *bytes,
       size_t length, off64_t offset)
WRITES(writev, writev, (descriptor, vector, number), vector, number, HERE,
       const struct iovec *vector, int number)
WRITES(pwritev, pwritev, (descriptor, vector, number, offset), vector, number, offset,
       const struct iovec *vector, int number, off_t offset)
WRITES(pwritev64, pwritev64, (descriptor, vector, number, offset), vector, number, offset,
       const struct iovec *vector, int number, off64_t offset)
WRITES(pwritev2, pwritev2, (descriptor, vector, number, offset, flags), vector, number, offset,
       const struct iovec *vector, int number, off_t offset, int flags)

#define COPIES(name, call, give, into, ...)                                                        \
    ssize_t name(__VA_ARGS__)                                                                      \
    {                                                                                              \
        char path[PATH_MAX];                                                                       \
        REFUSED(call, of(into, path), "", 0, (long)length, NULL, 0);                               \
        return gave(REAL(name) give);                                                              \
    }
COPIES(copy_file_range, "copy", (from, from_at, to, to_at, length, flags), to, int from,
       off64_t *from_at, int to, off64_t *to_at, size_t length, unsigned flags)
ssize_t sendfile(int, int, off_t *, size_t);
ssize_t sendfile64(int, int, off64_t *, size_t);
COPIES(sendfile, "copy", (to, from, offset, length), to, int to, int from, off_t *offset,
       size_t length)
COPIES(sendfile64, "copy", (to, from, offset, length), to, int to, int from, off64_t *offset,
       size_t length)

#define ON_A_DESCRIPTOR(name, call, what, give, ...)                                               \
    int name(int descriptor, ##__VA_ARGS__)                                                        \
    {                                                                                              \
        char path[PATH_MAX];                                                                       \
        REFUSED(call, of(descriptor, path), "", what, 0, NULL, 0);                                 \
        return (int)gave(REAL(name) give);                                                         \
    }
ON_A_DESCRIPTOR(ftruncate, "truncate", length, (descriptor, length), off_t length)
ON_A_DESCRIPTOR(ftruncate64, "truncate", length, (descriptor, length), off64_t length)
ON_A_DESCRIPTOR(fallocate, "allocate", length, (descriptor, mode, offset, length), int mode,
                off_t offset, off_t length)
ON_A_DESCRIPTOR(fallocate64, "allocate", length, (descriptor, mode, offset, length), int mode,
                off64_t offset, off64_t length)
ON_A_DESCRIPTOR(fchmod, "mode", mode, (descriptor, mode), mode_t mode)
ON_A_DESCRIPTOR(fchown, "owner", owner, (descriptor, owner, group), uid_t owner, gid_t group)
ON_A_DESCRIPTOR(futimens, "time", 0, (descriptor, times), const struct timespec times[2])

/* Syncs: hushed, they are counted and not made, so that a disk is not waited for. */

#define SYNCS(name)                                                                                \
    int name(int descriptor)                                                                       \
    {                                                                                              \
        char path[PATH_MAX];                                                                       \
        REFUSED(#name, of(descriptor, path), "", 0, 0, NULL, 0);                                   \
        return (int)gave(counted && !syncs_for_real ? 0 : REAL(name)(descriptor));                 \
    }
SYNCS(fsync)
SYNCS(fdatasync)
SYNCS(syncfs)

void sync(void)
{
    if (step("sync", root, "", 0, 0, NULL, 0) == 0 && syncs_for_real)
        REAL(sync)();
    gave(0);
}

/* Names */

#define ON_A_PATH(name, call, folder, what, give, ...)                                             \
    int name(__VA_ARGS__)                                                                          \
    {                                                                                              \
        char one[PATH_MAX];                                                                        \
        REFUSED(call, at(folder, path, one), "", what, 0, NULL, 0);                                \
        return (int)gave(REAL(name) give);                                                         \
    }
ON_A_PATH(unlink, "unlink", AT_FDCWD, 0, (path), const char *path)
ON_A_PATH(unlinkat, flags & AT_REMOVEDIR ? "rmdir" : "unlink", folder, 0, (folder, path, flags),
          int folder, const char *path, int flags)
ON_A_PATH(rmdir, "rmdir", AT_FDCWD, 0, (path), const char *path)
ON_A_PATH(mkdir, "mkdir", AT_FDCWD, 0, (path, mode), const char *path, mode_t mode)
ON_A_PATH(mkdirat, "mkdir", folder, 0, (folder, path, mode), int folder, const char *path,
          mode_t mode)
ON_A_PATH(truncate, "truncate", AT_FDCWD, length, (path, length), const char *path, off_t length)
ON_A_PATH(truncate64, "truncate", AT_FDCWD, length, (path, length), const char *path,
          off64_t length)
ON_A_PATH(chmod, "mode", AT_FDCWD, mode, (path, mode), const char *path, mode_t mode)
ON_A_PATH(fchmodat, "mode", folder, mode, (folder, path, mode, flags), int folder,
          const char *path, mode_t mode, int flags)
ON_A_PATH(chown, "owner", AT_FDCWD, owner, (path, owner, group), const char *path, uid_t owner,
          gid_t group)
ON_A_PATH(utimensat, "time", folder, 0, (folder, path, times, flags), int folder, const char *path,
          const struct timespec times[2], int flags)

#define ON_TWO_PATHS(name, call, from_folder, to_folder, give, ...)                                \
    int name(__VA_ARGS__)                                                                          \
    {                                                                                              \
        char one[PATH_MAX], two[PATH_MAX];                                                         \
        REFUSED(call, at(from_folder, from, one), at(to_folder, to, two), 0, 0, NULL, 0);          \
        return (int)gave(REAL(name) give);                                                         \
    }
ON_TWO_PATHS(rename, "rename", AT_FDCWD, AT_FDCWD, (from, to), const char *from, const char *to)
ON_TWO_PATHS(renameat, "rename", here, there, (here, from, there, to), int here, const char *from,
             int there, const char *to)
ON_TWO_PATHS(renameat2, "rename", here, there, (here, from, there, to, flags), int here,
             const char *from, int there, const char *to, unsigned flags)
ON_TWO_PATHS(link, "link", AT_FDCWD, AT_FDCWD, (from, to), const char *from, const char *to)
ON_TWO_PATHS(linkat, "link", here, there, (here, from, there, to, flags), int here,
             const char *from, int there, const char *to, int flags)

#define SYMLINKS(name, folder, give, ...)                                                          \
    int name(__VA_ARGS__)                                                                          \
    {                                                                                              \
        char one[PATH_MAX];                                                                        \
        REFUSED("symlink", at(folder, path, one), "", 0, 0, NULL, 0);                              \
        return (int)gave(REAL(name) give);                                                         \
    }
SYMLINKS(symlink, AT_FDCWD, (target, path), const char *target, const char *path)
SYMLINKS(symlinkat, folder, (target, folder, path), const char *target, int folder,
         const char *path)

/* Opening changes the disk when it may create or truncate. */

#define OPENS(name, folder, give, ...)                                                             \
    int name(__VA_ARGS__, ...)                                                                     \
    {                                                                                              \
        char one[PATH_MAX];                                                                        \
        mode_t mode = 0;                                                                           \
        if (flags & O_CREAT) {                                                                     \
            va_list rest;                                                                          \
            va_start(rest, flags);                                                                 \
            mode = va_arg(rest, mode_t);                                                           \
            va_end(rest);                                                                          \
        }                                                                                          \
        counted = 0;                                                                               \
        if (root_length && flags & (O_CREAT | O_TRUNC))                                            \
            REFUSED("open", at(folder, path, one), "", flags, 0, NULL, 0);                         \
        return (int)gave(REAL(name) give);                                                         \
    }
OPENS(open, AT_FDCWD, (path, flags, mode), const char *path, int flags)
OPENS(open64, AT_FDCWD, (path, flags, mode), const char *path, int flags)
OPENS(openat, folder, (folder, path, flags, mode), int folder, const char *path, int flags)
OPENS(openat64, folder, (folder, path, flags, mode), int folder, const char *path, int flags)

#define CREATES(name)                                                                              \
    int name(const char *path, mode_t mode)                                                        \
    {                                                                                              \
        char one[PATH_MAX];                                                                        \
        REFUSED("open", at(AT_FDCWD, path, one), "", O_CREAT | O_WRONLY | O_TRUNC, 0, NULL, 0);    \
        return (int)gave(REAL(name)(path, mode));                                                  \
    }
CREATES(creat)
CREATES(creat64)
