#define _GNU_SOURCE
#include "CScheduling.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// As linux/sched/types.h has it, which glibc does not.
struct attributes {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t niceness;
    uint32_t priority;
    uint64_t runtime;
    uint64_t deadline;
    uint64_t period;
};

// The least that sched_setattr(2) takes as the slice of an ordinary thread, in nanoseconds. Since Linux 6.6 a thread
// keeps its core until its slice of 3 ms is over, whoever wakes up; since 6.12 the slice can be shorter.
static const uint64_t slice = 100 * 1000;

void scheduling_stand_back(int thread, int niceness) {
    struct attributes wanted = {
        .size = sizeof wanted, .policy = SCHED_OTHER, .niceness = niceness, .runtime = slice};
    if (syscall(SYS_sched_setattr, thread, &wanted, 0) == 0) return;
    setpriority(PRIO_PROCESS, (id_t)thread, niceness);
}

void scheduling_leave_session(int niceness) {
    // A leader of a group cannot leave its session.
    setpgid(0, getpgid(getppid()));
    if (setsid() == -1) return;
    char text[8];
    int length = snprintf(text, sizeof text, "%d", niceness);
    int file = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (file == -1) return;
    // Ordinary users may do this ten times a second, all of them together.
    for (int attempt = 0; attempt < 20; attempt++) {
        if (write(file, text, length) == length || errno != EAGAIN) break;
        usleep(50 * 1000);
    }
    close(file);
}
#else
void scheduling_stand_back(int thread, int niceness) { (void)thread, (void)niceness; }
void scheduling_leave_session(int niceness) { (void)niceness; }
#endif
