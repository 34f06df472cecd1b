#define _GNU_SOURCE
#include "LoadWatch.h"
#include "CrashReporter.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define WATCH_STACK (256 * 1024)

struct romashka_load {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct timespec deadline;
    bool is_over;
};

static char loading[MAXIMUM_NAME];
// The process that loads, or 0. A copy of it that the plugin's code makes by fork(2) is another.
static atomic_int loader;

const char *romashka_crash_loading(void) { return atomic_load(&loader) == getpid() ? loading : NULL; }

// Ends the process by a signal, of which the handler of faults tells. The plugin may hold any lock that others would take.
static _Noreturn void give_up(const char *why) {
    struct iovec words[] = {
        {.iov_base = (void *)"plugin ", .iov_len = 7},
        {.iov_base = loading, .iov_len = strlen(loading)},
        {.iov_base = (void *)why, .iov_len = strlen(why)},
    };
    ssize_t written = writev(STDERR_FILENO, words, sizeof words / sizeof words[0]);
    (void)written;
    abort();
}

static void handle_exit(void) {
    if (romashka_crash_loading() != NULL) give_up(": its code ended the process while it was loaded\n");
}

static void register_exits(void) {
    atexit(handle_exit);
    at_quick_exit(handle_exit);
}

static void *watch(void *argument) {
    struct romashka_load *load = argument;
    int status = 0;
    pthread_mutex_lock(&load->lock);
    while (!load->is_over && status == 0) {
        status = pthread_cond_clockwait(&load->changed, &load->lock, CLOCK_MONOTONIC, &load->deadline);
    }
    if (!load->is_over && status == ETIMEDOUT) give_up(": its code was not loaded in time\n");
    pthread_mutex_unlock(&load->lock);
    return NULL;
}

// Begins the watch on a thread that takes no signals of anybody else's.
static bool begin(struct romashka_load *load) {
    pthread_attr_t attributes;
    sigset_t blocked;
    sigfillset(&blocked);
    sigdelset(&blocked, SIGABRT);
    if (pthread_attr_init(&attributes) != 0) return false;
    bool has_begun = pthread_attr_setstacksize(&attributes, WATCH_STACK) == 0
        && pthread_attr_setsigmask_np(&attributes, &blocked) == 0
        && pthread_create(&load->thread, &attributes, watch, load) == 0;
    pthread_attr_destroy(&attributes);
    return has_begun;
}

struct romashka_load *romashka_crash_begin_load(const char *module, unsigned seconds) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    atomic_store(&loader, 0);
    if (strlen(module) >= MAXIMUM_NAME) return NULL;
    // Last in is first out: of what ends the process in order, this comes first.
    pthread_once(&once, register_exits);
    strcpy(loading, module);
    atomic_store(&loader, getpid());
    struct romashka_load *load = calloc(1, sizeof *load);
    if (load == NULL) return NULL;
    pthread_mutex_init(&load->lock, NULL);
    pthread_cond_init(&load->changed, NULL);
    clock_gettime(CLOCK_MONOTONIC, &load->deadline);
    load->deadline.tv_sec += seconds;
    if (begin(load)) return load;
    free(load);
    return NULL;
}

void romashka_crash_end_load(struct romashka_load *load) {
    atomic_store(&loader, 0);
    if (load == NULL) return;
    pthread_mutex_lock(&load->lock);
    load->is_over = true;
    pthread_cond_signal(&load->changed);
    pthread_mutex_unlock(&load->lock);
    pthread_join(load->thread, NULL);
    pthread_cond_destroy(&load->changed);
    pthread_mutex_destroy(&load->lock);
    free(load);
}
