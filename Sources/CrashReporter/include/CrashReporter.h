// Tells which plugin a crash belongs to: the one whose image is on the stack of the thread that faulted.
//
// A trap ends the process, whoever caused it. Before it does, one line goes to a file, from which the next start learns
// whose code it was: `<module> <load|run> <signal> <seconds since 1970> <pid>`.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Opens the file for appending and takes the signals of faults. Returns 0, or the errno of what failed.
int romashka_crash_begin(const char *_Nonnull path);

// Notes where the library at `path`, which is loaded, lies in memory. Returns whether there is room and it was found.
bool romashka_crash_note_image(const char *_Nonnull module, const char *_Nonnull path);

struct romashka_load;

// The module whose code is being loaded from now on; a fault meanwhile is its own. So is a load that takes longer than so
// many seconds, and an exit of the process before it is over: each becomes an abort. Returns what ends the load, also where
// there is no room for a watch over its time.
struct romashka_load *_Nullable romashka_crash_begin_load(const char *_Nonnull module, unsigned seconds);
void romashka_crash_end_load(struct romashka_load *_Nullable load);

// Gives the calling thread a stack for the handler, so that a stack that overflowed is told of too, and a name, of which
// the system keeps 15 bytes.
void romashka_crash_enter_thread(const char *_Nonnull name);

// Takes that stack from the calling thread and frees it; to be called before the thread ends. A stack that somebody else
// gave it stays.
void romashka_crash_leave_thread(void);

// The id of the calling thread, as the scheduler knows it.
int romashka_thread_id(void);

// Lets a thread run only when nothing else wants to (SCHED_IDLE of sched(7)), and on one core that all such threads
// share, so that the others keep theirs and their caches.
void romashka_thread_set_idle(int id);
