package import ServiceLifecycle

/// A service that begins when it is this process's turn.
package struct FromTurn: Service {
    private let turn: Turn
    private let base: any Service

    package init(_ turn: Turn, _ base: any Service) {
        self.turn = turn
        self.base = base
    }

    /// What logs call it: as the service that begins.
    package var name: String { "\(type(of: base))" }

    /// - Throws: what the service throws.
    package func run() async throws {
        guard await turn.hasCome() else { return }
        try await base.run()
    }
}
