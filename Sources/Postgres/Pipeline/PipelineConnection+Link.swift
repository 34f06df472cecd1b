internal import Logging
internal import Synchronization

/// Making and losing the connection. Everything but `open` runs on the reactor's thread.
extension PipelineConnection {
    /// Connects now, for a holder that wants to know whether it can.
    func open(_ completion: @escaping @Sendable (Result<Void, DatabaseError>) -> Void) {
        Connector.connect(settings) { [self, reactor] outcome in
            reactor.run { [self] _ in
                switch outcome {
                case .success(let connection):
                    adopt(connection)
                    perform(machine.connected())
                    completion(.success(()))
                case .failure(let error): completion(.failure(error))
                }
            }
        }
    }

    func connect() {
        let settings = settings
        reactor.startTicking(self)
        Connector.connect(settings) { [self, reactor] outcome in
            reactor.run { [self] _ in didConnect(outcome) }
        }
    }

    private func didConnect(_ outcome: Result<PQConnection, DatabaseError>) {
        // Closed meanwhile, or connected by a later attempt: this one goes away with its last reference.
        guard machine.link == .connecting else { return }
        reactor.stopTicking(self)
        switch outcome {
        case .success(let connection):
            adopt(connection)
            perform(machine.connected())
            flush()
        case .failure(let error):
            logger.warning("database connection failed", metadata: ["to": "\(settings)", "error": "\(error)"])
            perform(machine.connectFailed(error))
        }
    }

    /// Takes over a connection that was made elsewhere.
    private func adopt(_ connection: PQConnection) {
        self.connection = connection
        cache = StatementCache()
        waitsForWriting = false
        isPaused = false
        mailbox.withLock { $0.isOpen = true }
        socket = connection.socket
        reactor.watch(socket, for: self)
    }

    func disconnect() {
        guard connection != nil else { return }
        reactor.unwatch(socket, for: self)
        connection = nil
        mailbox.withLock { $0.isOpen = false }
    }

    func lose(_ error: DatabaseError) {
        disconnect()
        simpleQuery?.fail(error)
        simpleQuery = nil
        perform(machine.lost(error))
    }
}
