/// Exchanges outside of pipeline mode, by the one holder of an exclusive connection.
extension PipelineConnection {
    /// The SCRAM-SHA-256 verifier for a role's password, by the connection's own settings.
    func scramVerifier(password: String, role: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            reactor.run { [self] _ in
                do throws(DatabaseError) {
                    guard let connection else { throw DatabaseError(.connectionLost) }
                    continuation.resume(returning: try connection.scramVerifier(password: password, role: role))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    func begin(_ conversation: Conversation) {
        guard let connection, machine.isIdle, self.conversation == nil else {
            return conversation.fail(DatabaseError(.connectionLost, message: "the connection is gone or in use"))
        }
        self.conversation = conversation
        guard conversation.start(on: connection) else {
            return lose(DatabaseError(.connectionLost, message: connection.message))
        }
        advance(conversation, connection)
        flush()
    }

    func advance(_ conversation: Conversation, _ connection: PQConnection) {
        switch conversation.advance(on: connection) {
        case .waiting: break
        case .paused: setPaused(true)
        case .finished: self.conversation = nil
        }
    }

    /// Reads on after a pause, beginning with what libpq has read already. From any thread.
    func resumeReading() {
        reactor.run { [self] _ in
            guard isPaused, let conversation, let connection else { return }
            setPaused(false)
            advance(conversation, connection)
            flush()
        }
    }

    /// A paused connection is not read, so that what the server sends waits with the server.
    private func setPaused(_ isPaused: Bool) {
        self.isPaused = isPaused
        reactor.setInterest(readable: !isPaused, writable: waitsForWriting, socket)
    }
}
