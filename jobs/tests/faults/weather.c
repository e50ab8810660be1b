/* Preloaded by tests: a wall clock that jumps, and a disk that is slow.
 *
 * NECKAR_CLOCK names a file of 8 bytes, the seconds by which the wall clock is wrong, which may
 * change at any moment. What is written or synchronised below NECKAR_SLOW_DISK takes
 * NECKAR_SLOW_WRITE or NECKAR_SLOW_SYNC milliseconds longer.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *wrong_by;
static const char *slow_disk;
static long slow_write, slow_sync; /* ms */

static long number(const char *name) { return getenv(name) ? atol(getenv(name)) : 0; }

__attribute__((constructor)) static void begin(void) {
    const char *clock = getenv("NECKAR_CLOCK");
    int file = clock ? open(clock, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        void *found = mmap(NULL, 8, PROT_READ, MAP_SHARED, file, 0);
        wrong_by = found == MAP_FAILED ? NULL : found;
        close(file);
    }
    slow_disk = getenv("NECKAR_SLOW_DISK");
    slow_write = number("NECKAR_SLOW_WRITE");
    slow_sync = number("NECKAR_SLOW_SYNC");
}

/* the clock */

int clock_gettime(clockid_t which, struct timespec *at) {
    int failed = (int)syscall(SYS_clock_gettime, which, at);
    if (!failed && wrong_by && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        at->tv_sec += *wrong_by;
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at)
        *at = now.tv_sec;
    return now.tv_sec;
}

/* the disk */

static void linger(int file, long milliseconds) {
    char link[32], path[PATH_MAX];
    if (!slow_disk || milliseconds <= 0)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return;
    path[length] = 0;
    if (strncmp(path, slow_disk, strlen(slow_disk)) == 0) {
        struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
        nanosleep(&pause, NULL);
    }
}

ssize_t write(int file, const void *data, size_t size) {
    linger(file, slow_write);
    return syscall(SYS_write, file, data, size);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
    linger(file, slow_write);
    return syscall(SYS_pwrite64, file, data, size, at);
}

int fsync(int file) {
    linger(file, slow_sync);
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    linger(file, slow_sync);
    return (int)syscall(SYS_fdatasync, file);
}
