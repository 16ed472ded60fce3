/*
 * A wall clock that can be set, for the one program that this is preloaded into.
 *
 * The file that TIMEOFF_CLOCK names holds, in its first eight bytes, by how many seconds the clock is behind the
 * system's; it may change at any moment. Monotonic clocks are left alone, as they are when somebody sets a machine's
 * clock.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *behind;

static int64_t seconds_behind(void) { return behind ? *behind : 0; }

__attribute__((constructor)) static void map_file(void) {
    const char *path = getenv("TIMEOFF_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) behind = mapped;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec -= seconds_behind();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *also) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (also) *also = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
    return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, now) ? base : 0;
}

/* How long a wait goes on before it reads the set clock again: it takes this long to notice a step. */
#define SLICE_NS 50000000

typedef int (*waiting)(void *condition, void *mutex, const struct timespec *until);

/*
 * Waits until the set clock shows this time, even if it is set meanwhile. The same happens on a machine whose clock is
 * set: a wait that is under way becomes longer by as much as the clock steps back.
 */
static int wait_by_set_clock(waiting wait, int timed_out, void *condition, void *mutex, const struct timespec *until) {
    for (;;) {
        struct timespec now, slice;
        syscall(SYS_clock_gettime, CLOCK_REALTIME, &slice);
        slice.tv_nsec += SLICE_NS;
        if (slice.tv_nsec >= 1000000000) slice.tv_sec++, slice.tv_nsec -= 1000000000;
        struct timespec real = *until;
        real.tv_sec += seconds_behind();
        int is_last = real.tv_sec < slice.tv_sec || (real.tv_sec == slice.tv_sec && real.tv_nsec <= slice.tv_nsec);
        int outcome = wait(condition, mutex, is_last ? &real : &slice);
        if (outcome != timed_out) return outcome;
        clock_gettime(CLOCK_REALTIME, &now);
        if (now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec)) return outcome;
    }
}

static waiting next(const char *name, const char *version) {
    void *found = dlvsym(RTLD_NEXT, name, version);
    return (waiting)(found ? found : dlsym(RTLD_NEXT, name));
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
    return wait_by_set_clock(next("pthread_cond_timedwait", "GLIBC_2.3.2"), ETIMEDOUT, condition, mutex, until);
}

/* librdkafka waits with this function. */
int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
    return wait_by_set_clock(next("cnd_timedwait", "GLIBC_2.34"), thrd_timedout, condition, mutex, until);
}
