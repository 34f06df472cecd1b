// What the handler of faults asks of the load that is under way.
#pragma once

#define MAXIMUM_NAME 32

// The module whose code this process is loading, or NULL. May be called in a signal's handler.
const char *romashka_crash_loading(void);
