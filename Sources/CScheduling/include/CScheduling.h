#pragma once

/// Lets a thread stand back for others on the same core: by its niceness (10 gets a tenth of what they get, 5 a third),
/// and so that it is off the core within a tenth of a millisecond when one of them wakes up. Threads that it starts
/// from then on stand back too.
///
/// Not SCHED_IDLE of sched(7): on a machine that others keep busy such a thread gets next to nothing.
///
/// `thread` is a thread's id, or 0 for the caller's.
void scheduling_stand_back(int thread, int niceness);

/// Gives the calling process a session of its own, which as a whole stands back by that niceness.
///
/// Where autogroups are on (sched(7)), Linux shares a core among sessions before it looks at their threads, and each
/// process of PostgreSQL has one: in its parent's, this process would take from the parent whatever its niceness.
void scheduling_leave_session(int niceness);
