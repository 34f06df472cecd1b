package import Foundation
internal import Synchronization

/// A process started by this one and watched until it ends.
///
/// A thread sleeps until the process itself has ended, whatever its own children hold open and however long they live.
package final class ChildProcess: Sendable {
    /// Someone waiting for the end.
    private typealias Waiter = CheckedContinuation<ProcessExit?, Never>

    /// What is known of the process.
    private enum State {
        /// It runs; exits to `ended`.
        case running(waiters: [UInt64: Waiter], next: UInt64)
        /// It has ended and its id may belong to another process by now.
        case ended(ProcessExit)
    }

    /// The process's id.
    package let id: pid_t

    /// What is known of it.
    private let state = Mutex(State.running(waiters: [:], next: 0))

    /// Creates the record of a process that runs.
    private init(id: pid_t) {
        self.id = id
    }

    /// Watches a process that this one has started, and that nobody else reaps.
    ///
    /// - Parameter id: the process's id.
    package static func watching(_ id: pid_t) -> ChildProcess {
        let process = ChildProcess(id: id)
        onThread { process.watch() }
        return process
    }

    /// Starts a process on the thread that then watches it.
    ///
    /// A death signal that the process asks for is sent when the *thread* that started it ends, thus with this process.
    ///
    /// - Parameter spawn: starts the process and returns its id.
    /// - Throws: what `spawn` throws.
    package static func start<Failure: Error>(
        _ spawn: @escaping @Sendable () throws(Failure) -> pid_t
    ) async throws(Failure) -> ChildProcess {
        let started: Result<ChildProcess, Failure> = await withCheckedContinuation { continuation in
            onThread {
                let started = Result(catching: spawn).map(ChildProcess.init(id:))
                continuation.resume(returning: started)
                if case .success(let process) = started { process.watch() }
            }
        }
        return try started.get()
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = "child process"
        thread.start()
    }

    /// Waits for the end, whether or not the task is cancelled.
    package func exit() async -> ProcessExit {
        while true {
            if let exit = await wait(register: { _ in }) { return exit }
        }
    }

    /// Waits for the end, whether or not the task is cancelled.
    ///
    /// - Returns: how the process ended, or nothing if it has not within the limit.
    package func exit(within limit: Duration) async -> ProcessExit? {
        let (seconds, attoseconds) = limit.components
        let deadline = DispatchTime.now() + Double(seconds) + Double(attoseconds) / 1e18
        return await wait { waiter in
            DispatchQueue.global().asyncAfter(deadline: deadline) { [weak self] in self?.dismiss(waiter) }
        }
    }

    /// Waits for the end or the cancellation of the task.
    ///
    /// - Returns: how the process ended, or nothing if the task was cancelled before.
    package func exitUnlessCancelled() async -> ProcessExit? {
        let registered = Mutex<UInt64?>(nil)
        return await withTaskCancellationHandler {
            await wait { waiter in
                registered.withLock { $0 = waiter }
                if Task.isCancelled { self.dismiss(waiter) }
            }
        } onCancel: {
            if let waiter = registered.withLock({ $0 }) { dismiss(waiter) }
        }
    }

    /// Sends a signal, unless the process has ended.
    package func signal(_ signal: Int32) {
        state.withLock { state in
            guard case .running = state else { return }
            _ = kill(id, signal)
        }
    }

    /// Waits until the process ends or the waiter is dismissed.
    ///
    /// - Parameter register: is given the waiter's number, with which it can be dismissed.
    private func wait(register: (UInt64) -> Void) async -> ProcessExit? {
        await withCheckedContinuation { continuation in
            let number: UInt64? = state.withLock { state in
                switch state {
                case .ended(let exit):
                    continuation.resume(returning: exit)
                    return nil
                case .running(var waiters, let next):
                    waiters[next] = continuation
                    state = .running(waiters: waiters, next: next + 1)
                    return next
                }
            }
            if let number { register(number) }
        }
    }

    /// Lets a waiter go without an answer.
    private func dismiss(_ number: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            guard case .running(var waiters, let next) = state else { return nil }
            let waiter = waiters.removeValue(forKey: number)
            state = .running(waiters: waiters, next: next)
            return waiter
        }
        waiter?.resume(returning: nil)
    }

    /// Sleeps until the process ends, then tells everyone.
    ///
    /// The process is reaped under the lock, so that ``signal(_:)`` never reaches a stranger with the same id.
    private func watch() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (exit, waiters) = state.withLock { state in
            let exit = Self.reap(id)
            guard case .running(let waiters, _) = state else { return (exit, [UInt64: Waiter]()) }
            state = .ended(exit)
            return (exit, waiters)
        }
        for waiter in waiters.values { waiter.resume(returning: exit) }
    }

    /// Takes the status of a process that has ended.
    private static func reap(_ id: pid_t) -> ProcessExit {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? .status(status >> 8 & 0xFF) : .signal(signal)
    }
}
