internal import Dispatch

/// Makes connections on threads that may block, and tries again while a server starts.
enum Connector {
    private static let queue = DispatchQueue(label: "postgres-connect", attributes: .concurrent)
    /// How long to wait before each further attempt: about three seconds in all, enough for a restart.
    private static let delays = [50, 100, 200, 400, 800, 1500]

    /// After how long no further attempt is made: an attempt that hears nothing takes seconds by itself.
    private static let patience: UInt64 = 5_000_000_000

    /// Connects and hands the connection, or the last failure, to `completion` on a thread of its own.
    static func connect(
        _ settings: ConnectionSettings, attempt: Int = 0, since start: UInt64 = Reactor.now(),
        _ completion: @escaping @Sendable (Result<PQConnection, DatabaseError>) -> Void
    ) {
        queue.async {
            do throws(DatabaseError) {
                completion(.success(try PQConnection(settings)))
            } catch {
                guard attempt < delays.count, mayPass(error), Reactor.now() - start < patience else {
                    return completion(.failure(error))
                }
                queue.asyncAfter(deadline: .now() + .milliseconds(delays[attempt])) {
                    connect(settings, attempt: attempt + 1, since: start, completion)
                }
            }
        }
    }

    /// Whether trying again can help: a wrong password or a missing database stays wrong.
    private static func mayPass(_ error: DatabaseError) -> Bool {
        let text = error.debugDescription
        let lasting = [
            "authentication failed", "does not exist", "certificate", "no password supplied", "not permitted",
            "does not support SSL", "no pg_hba.conf entry",
        ]
        return !lasting.contains { text.contains($0) }
    }
}
