#define _GNU_SOURCE
#include "CrashReporter.h"
#include "LoadWatch.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#define MAXIMUM_IMAGES 256
#define MAXIMUM_FRAMES 256
#define HANDLER_STACK (64 * 1024)

struct image {
    char module[MAXIMUM_NAME];
    uintptr_t start, end;
};

// Written once each, before `image_count` says so; the handler only reads.
static struct image images[MAXIMUM_IMAGES];
static atomic_int image_count;
static int file = -1;
static atomic_flag is_told = ATOMIC_FLAG_INIT;

// The handler's stack that was made for this thread.
static _Thread_local void *handler_stack;

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
#define SIGNAL_COUNT (sizeof signals / sizeof signals[0])
static struct sigaction before[SIGNAL_COUNT];

struct walk {
    const struct image *found;
    int depth;
};

static _Unwind_Reason_Code look_at_frame(struct _Unwind_Context *context, void *argument) {
    struct walk *walk = argument;
    uintptr_t address = _Unwind_GetIP(context);
    int count = atomic_load(&image_count);
    for (int index = 0; index < count; index++) {
        if (address >= images[index].start && address < images[index].end) {
            walk->found = &images[index];
            return _URC_END_OF_STACK;
        }
    }
    return ++walk->depth < MAXIMUM_FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

// The handler may only call what is async-signal-safe (signal-safety(7)), so it formats by itself.
static char *append_text(char *end, const char *text) {
    while (*text != 0) *end++ = *text++;
    return end;
}

static char *append_number(char *end, unsigned long number) {
    char digits[24];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) *end++ = digits[--count];
    return end;
}

static void tell(const char *module, const char *phase, int signal) {
    char line[160];
    char *end = append_text(line, module);
    end = append_text(end, phase);
    end = append_number(end, (unsigned long)signal);
    end = append_text(end, " ");
    end = append_number(end, (unsigned long)time(NULL));
    end = append_text(end, " ");
    end = append_number(end, (unsigned long)getpid());
    end = append_text(end, "\n");
    ssize_t written = write(file, line, (size_t)(end - line));
    (void)written;
}

static void handle(int signal, siginfo_t *info, void *context) {
    (void)context;
    if (!atomic_flag_test_and_set(&is_told)) {
        struct walk walk = {NULL, 0};
        _Unwind_Backtrace(look_at_frame, &walk);
        const char *loading = romashka_crash_loading();
        if (walk.found != NULL) {
            tell(walk.found->module, " run ", signal);
        } else if (loading != NULL) {
            tell(loading, " load ", signal);
        }
    }
    // Whoever was asked before goes on: the fault happens again when this returns.
    for (size_t index = 0; index < SIGNAL_COUNT; index++) {
        if (signals[index] == signal) sigaction(signal, &before[index], NULL);
    }
    if (info->si_code <= 0) raise(signal);
}

static _Unwind_Reason_Code look_at_nothing(struct _Unwind_Context *context, void *argument) {
    (void)context;
    (void)argument;
    return _URC_END_OF_STACK;
}

int romashka_crash_begin(const char *path) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0) return errno;
    // The unwinder's first use may allocate, which a handler must not.
    _Unwind_Backtrace(look_at_nothing, NULL);
    int old = file;
    file = descriptor;
    if (old >= 0) {
        close(old);
        return 0;
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (size_t index = 0; index < SIGNAL_COUNT; index++) {
        if (sigaction(signals[index], &action, &before[index]) != 0) return errno;
    }
    return 0;
}

struct search {
    const char *path;
    uintptr_t start, end;
};

static int look_at_image(struct dl_phdr_info *info, size_t size, void *argument) {
    (void)size;
    struct search *search = argument;
    if (info->dlpi_name == NULL || strcmp(info->dlpi_name, search->path) != 0) return 0;
    search->start = UINTPTR_MAX;
    for (int index = 0; index < info->dlpi_phnum; index++) {
        if (info->dlpi_phdr[index].p_type != PT_LOAD) continue;
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[index].p_vaddr;
        uintptr_t end = start + info->dlpi_phdr[index].p_memsz;
        if (start < search->start) search->start = start;
        if (end > search->end) search->end = end;
    }
    return 1;
}

bool romashka_crash_note_image(const char *module, const char *path) {
    struct search search = {path, 0, 0};
    int count = atomic_load(&image_count);
    if (count >= MAXIMUM_IMAGES || strlen(module) >= MAXIMUM_NAME) return false;
    if (dl_iterate_phdr(look_at_image, &search) == 0) return false;
    strcpy(images[count].module, module);
    images[count].start = search.start;
    images[count].end = search.end;
    atomic_store(&image_count, count + 1);
    return true;
}

void romashka_crash_enter_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
    if (handler_stack != NULL) return;
    stack_t stack = {.ss_sp = malloc(HANDLER_STACK), .ss_size = HANDLER_STACK, .ss_flags = 0};
    if (stack.ss_sp == NULL) return;
    if (sigaltstack(&stack, NULL) == 0) {
        handler_stack = stack.ss_sp;
    } else {
        free(stack.ss_sp);
    }
}

void romashka_crash_leave_thread(void) {
    if (handler_stack == NULL) return;
    stack_t stack;
    if (sigaltstack(NULL, &stack) != 0) return;
    // A plugin may have put one of its own in its place.
    if (stack.ss_sp == handler_stack) {
        stack_t none = {.ss_sp = NULL, .ss_size = 0, .ss_flags = SS_DISABLE};
        if (sigaltstack(&none, NULL) != 0) return;
    }
    free(handler_stack);
    handler_stack = NULL;
}

int romashka_thread_id(void) { return (int)syscall(SYS_gettid); }

void romashka_thread_set_idle(int id) {
    struct sched_param parameters;
    memset(&parameters, 0, sizeof parameters);
    sched_setscheduler(id, SCHED_IDLE, &parameters);
    cpu_set_t allowed, last;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    CPU_ZERO(&last);
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        CPU_SET(cpu, &last);
        break;
    }
    sched_setaffinity(id, sizeof last, &last);
}
