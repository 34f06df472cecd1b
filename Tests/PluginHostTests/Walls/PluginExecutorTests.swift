import Foundation
import PluginHost
import Synchronization
import TestKit
import Testing

@Suite("Plugin executor")
struct PluginExecutorTests {
    @Test("A thread that was written off gives back the stack on which its crash would have been told")
    func writtenOff() async throws {
        let (wall, gate, end) = (PluginWall(name: "sample"), Gate(), ThreadEnd())
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            defer { gate.open() }
            tasks.addTask { try await wall.run() }
            tasks.addTask {
                try await wall.run(for: nil) {
                    end.watch()
                    gate.pass()
                }
            }
            let isWrittenOff = try await eventually {
                wall.watch()
                return wall.status.threadsWrittenOff == 1
            }
            gate.open()
            let hasEnded = try await eventually { end.hadStack != nil }
            #expect(isWrittenOff && hasEnded && end.hadStack == false)
            tasks.cancelAll()
        }
    }
}

/// Sees whether a thread has a stack for handlers of signals when it ends.
private final class ThreadEnd: Sendable {
    private let seen = Mutex(Bool?.none)
    private let key: pthread_key_t

    init() {
        var key = pthread_key_t()
        pthread_key_create(&key) { value in
            guard let value else { return }
            var stack = stack_t()
            sigaltstack(nil, &stack)
            let end = Unmanaged<ThreadEnd>.fromOpaque(value).takeRetainedValue()
            end.seen.withLock { $0 = stack.ss_flags & Int32(SS_DISABLE) == 0 }
        }
        self.key = key
    }

    deinit { pthread_key_delete(key) }

    /// Nil while it has not ended.
    var hadStack: Bool? { seen.withLock { $0 } }

    /// Watches the calling thread.
    func watch() { pthread_setspecific(key, Unmanaged.passRetained(self).toOpaque()) }
}
