/// Asks again and again until the answer is yes; false when it still is no at the deadline.
///
/// Not to be called within `#expect`: Swift 6.3.1 takes a closure there and a later one of the same function for each
/// other, and the later one is never called.
package func eventually(
    within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(10))
    }
    return true
}
