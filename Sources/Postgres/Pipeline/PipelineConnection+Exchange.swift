internal import PluginKit

/// Requests out, answers in. On the reactor's thread.
extension PipelineConnection {
    func perform(_ actions: [Machine.Action]) {
        for action in actions {
            switch action {
            case .connect: connect()
            case .send(let id): send(id)
            case .complete(let id, let outcome): complete(id, outcome)
            case .prepared(let name): cache.confirm(name)
            case .forget(let name): cache.forget(name)
            case .close: disconnect()
            }
        }
    }

    private func complete(_ id: Machine.RequestID, _ outcome: Result<[PQResult], DatabaseError>) {
        guard let request = requests.removeValue(forKey: id) else { return }
        switch outcome {
        case .success(let results):
            request.continuation.resume(
                returning: Answer(results: results, status: connection?.transactionStatus ?? .unknown))
        case .failure(let error): request.continuation.resume(throwing: error)
        }
    }

    private func send(_ id: Machine.RequestID) {
        guard let connection, let request = requests[id] else { return }
        var steps: [Machine.Step] = []
        var names: [String?] = []
        var isSent = true
        for statement in request.statements {
            guard case .shared = sharing else {
                names.append(nil)
                continue
            }
            switch cache.plan(statement.text, statement.binds) {
            case .named(let name): names.append(name)
            case .prepare(let name):
                isSent = connection.sendPrepare(name, statement.text, statement.binds) && isSent
                steps.append(.prepare(name))
                names.append(name)
            case .unnamed: names.append(nil)
            }
        }
        for (statement, name) in zip(request.statements, names) {
            isSent = connection.sendExecute(name, statement.text, statement.binds) && isSent
            steps.append(.execute(name))
        }
        isSent = connection.sendSync() && isSent
        machine.sent(id, steps + [.sync])
        if !isSent { lose(DatabaseError(.connectionLost, message: connection.message)) }
    }

    func flush() {
        guard let connection else { return }
        guard let outcome = connection.flush() else {
            return lose(DatabaseError(.connectionLost, message: connection.message))
        }
        let mustWait = outcome == .blocked
        if mustWait != waitsForWriting {
            waitsForWriting = mustWait
            reactor.setInterest(readable: !isPaused, writable: mustWait, connection.socket)
        }
    }

    func read() {
        guard let connection else { return }
        // Nobody asked whether there is something to read, so it is the end.
        guard !isPaused else { return lose(DatabaseError(.connectionLost, message: "the server has hung up")) }
        let isOpen = connection.consumeInput()
        // A large answer takes its time, and comes in parts until it is one.
        machine.heard()
        while let heard, let payload = connection.nextNotification() { heard(payload) }
        if let simpleQuery {
            advance(simpleQuery, connection)
        } else {
            readAnswers(connection)
        }
        if self.connection === connection, !isOpen || !connection.isAlive {
            lose(DatabaseError(.connectionLost, message: connection.message))
        }
    }

    private func readAnswers(_ connection: PQConnection) {
        var wasEnd = false
        while machine.awaitsAnswer, self.connection === connection, !connection.isBusy {
            guard let result = connection.nextResult() else {
                // libpq says nothing twice in a row only when it has nothing to say.
                guard !wasEnd else { return }
                wasEnd = true
                perform(machine.received(.endOfStatement))
                continue
            }
            wasEnd = false
            switch result.kind {
            case .rows, .command: perform(machine.received(.rows(result, result.commandTag)))
            case .failed: perform(machine.received(.failed(result.error)))
            case .copyOut, .copyIn: perform(machine.received(.copy))
            case .aborted: perform(machine.received(.aborted))
            case .sync: perform(machine.received(.sync(connection.transactionStatus)))
            case .notice: continue
            }
        }
    }
}
