/// Runs `body` and tells whether it came to its end in time; one that hangs is left behind, so that the test can fail.
func finishes(within limit: Duration, _ body: @escaping @Sendable () async throws -> Void) async throws -> Bool {
    let (outcomes, outcome) = AsyncStream<Result<Bool, any Error>>.makeStream()
    let work = Task {
        do {
            try await body()
            outcome.yield(.success(true))
        } catch {
            outcome.yield(.failure(error))
        }
    }
    let clock = Task {
        try await Task.sleep(for: limit)
        outcome.yield(.success(false))
    }
    defer {
        work.cancel()
        clock.cancel()
    }
    for await outcome in outcomes { return try outcome.get() }
    return false
}
