package import Logging
package import PluginKit
internal import Synchronization

/// Connections lent to one holder at a time, from one budget for all roles. A tenant has a share of it; see
/// `LeasePoolStateMachine`.
package final class LeasePool: Sendable {
    private typealias Machine = LeasePoolStateMachine<PipelineConnection, TenantID>
    private typealias Grant = CheckedContinuation<PipelineConnection, any Error>

    private struct State {
        var machine: Machine
        var grants: [UInt64: Grant] = [:]
        var lastID: UInt64 = 0
    }

    private let state: Mutex<State>
    private let reactor: Reactor
    private let settings: @Sendable (String) -> ConnectionSettings
    private let logger: Logger

    /// - Parameters:
    ///   - budget: the most connections at once.
    ///   - settings: how to connect as a role.
    package init(
        budget: Int = 20, reactor: Reactor, logger: Logger, settings: @escaping @Sendable (String) -> ConnectionSettings
    ) {
        state = Mutex(State(machine: Machine(budget: budget, isUsable: { $0.isOpen })))
        self.reactor = reactor
        self.settings = settings
        self.logger = logger
    }

    /// How many connections exist.
    package var connectionCount: Int { state.withLock { $0.machine.connectionCount } }

    /// Lends a connection as `role` for the time of `body`, which must not keep it.
    ///
    /// Afterwards everything the holder left on it is discarded; what cannot be discarded closes it.
    ///
    /// - Parameter tenant: for whom; nil for the kernel itself.
    /// - Throws: `DatabaseError` with code `overloaded` after five seconds without a free connection; what `body` throws.
    package func withLease<Value: Sendable>(
        as role: String, for tenant: TenantID? = nil, _ body: (Lease) async throws -> Value
    ) async throws -> Value {
        let connection = try await acquire(role, tenant)
        let lease = Lease(connection)
        do {
            let value = try await body(lease)
            await giveBack(connection, role, tenant, isHealthy: true)
            return value
        } catch {
            await giveBack(connection, role, tenant, isHealthy: !Task.isCancelled)
            throw error
        }
    }

    /// Closes what nobody holds.
    package func close() {
        perform(state.withLock { $0.machine.drain() })
    }

    /// Ends waits that took too long and connections unused for a minute; called now and then.
    package func tick() {
        let now = Reactor.now()
        perform(
            state.withLock { $0.machine.expire(now: now, idleSince: now > 60_000_000_000 ? now - 60_000_000_000 : 0) })
    }

    private func acquire(_ role: String, _ tenant: TenantID?) async throws -> PipelineConnection {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (grant: Grant) in
                perform(
                    state.withLock { state in
                        state.grants[id] = grant
                        return state.machine.acquire(
                            id, role: role, for: tenant, deadline: Reactor.now() + 5_000_000_000)
                    })
                // A cancellation before this line came too early to find the request.
                if Task.isCancelled { perform(state.withLock { $0.machine.abandon(id) }) }
            }
        } onCancel: {
            perform(state.withLock { $0.machine.abandon(id) })
        }
    }

    private func giveBack(
        _ connection: PipelineConnection, _ role: String, _ tenant: TenantID?, isHealthy: Bool
    ) async {
        var isClean = false
        if isHealthy {
            let answer = try? await connection.submit([("DISCARD ALL", [])], isReplayable: false, timeout: .seconds(2))
            isClean = answer?.status == .idle
        }
        perform(
            state.withLock { state in
                state.machine.released(
                    connection, role: role, for: tenant, isHealthy: isClean, now: Reactor.now())
            })
    }

    private func perform(_ actions: [Machine.Action]) {
        for action in actions {
            switch action {
            case .grant(let id, let connection): takeGrant(id)?.resume(returning: connection)
            case .fail(let id, let error): takeGrant(id)?.resume(throwing: error)
            case .close(let connection): connection.close()
            case .open(let id, let role): open(id, role)
            }
        }
    }

    private func takeGrant(_ id: UInt64) -> Grant? {
        state.withLock { $0.grants.removeValue(forKey: id) }
    }

    private func open(_ id: UInt64, _ role: String) {
        let connection = PipelineConnection(settings(role), sharing: false, reactor: reactor, logger: logger)
        connection.open { [self] outcome in
            switch outcome {
            case .success: perform(state.withLock { $0.machine.opened(id, connection) })
            case .failure(let error): perform(state.withLock { $0.machine.openFailed(id, error) })
            }
        }
    }
}
