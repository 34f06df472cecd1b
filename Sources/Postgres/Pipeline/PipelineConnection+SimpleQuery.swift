/// What runs outside of pipeline mode, by the one holder of an exclusive connection.
extension PipelineConnection {
    func begin(_ query: SimpleQuery) {
        guard let connection, machine.isIdle, simpleQuery == nil else {
            return query.fail(DatabaseError(.connectionLost, message: "the connection is gone or in use"))
        }
        simpleQuery = query
        guard query.start(on: connection) else {
            return lose(DatabaseError(.connectionLost, message: connection.message))
        }
        advance(query, connection)
        flush()
    }

    func advance(_ query: SimpleQuery, _ connection: PQConnection) {
        switch query.advance(on: connection) {
        case .waiting: break
        case .paused: setPaused(true)
        case .finished: simpleQuery = nil
        }
    }

    /// Reads on after a pause, beginning with what libpq has read already. From any thread.
    func resumeReading() {
        reactor.run { [self] _ in
            guard isPaused, let simpleQuery, let connection else { return }
            setPaused(false)
            advance(simpleQuery, connection)
            flush()
        }
    }

    /// A paused connection is not read, so that what the server sends waits with the server.
    private func setPaused(_ isPaused: Bool) {
        self.isPaused = isPaused
        reactor.setInterest(readable: !isPaused, writable: waitsForWriting, socket)
    }
}
