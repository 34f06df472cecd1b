import Testing

/// Tests that share the threads on which names are looked up: one after the other, as some keep all of them busy.
@Suite("Threads of look-ups", .serialized, .timeLimit(.minutes(15)))
enum LookUpThreads {}
