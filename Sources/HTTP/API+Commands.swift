internal import Cryptography
internal import Identity
internal import Observability
internal import PluginHost
@_spi(Kernel) package import PluginKit
package import Tenancy

/// Commands that one module asks of another: by the same way as a request, with the same caller.
extension API {
    /// The paths that no plugin may serve: they belong to what all of them offer.
    package static let mounts = ["/commands"]

    /// How far commands may lead to commands.
    private static let maximumDepth = 5

    /// Runs a command once for its key, in a request that is made in somebody's name.
    ///
    /// - Throws: `Problem`; `CommandInTransaction`, `CommandLoop` for a plugin's defects.
    func run(
        command name: String, _ input: JSONValue, key: String, for caller: Caller, askedBy module: MountedRoute.Module,
        depth: Int
    ) async throws -> JSONValue {
        guard !ModuleDatabase.isInTransaction else { throw CommandInTransaction(name: name) }
        guard module.uses.contains(name) || name.hasPrefix("\(module.name).") else { throw API.undeclared(name) }
        return try await run(
            command: name, input, key: key, for: caller, askedBy: module.name.description, depth: depth)
    }

    private func run(
        command name: String, _ input: JSONValue, key: String, for caller: Caller, askedBy module: String, depth: Int
    ) async throws -> JSONValue {
        guard depth <= API.maximumDepth else { throw CommandLoop(name: name) }
        guard case .found(let mounted, _) = table.match(method: "POST", path: "/v1/commands/\(name)"),
            let offering = mounted.module
        else { throw Problem(status: 404, code: "command_unknown", detail: "No module offers this command.") }
        let reach = try requireAccess(mounted, caller)
        // Keys are the asking module's: two of them may use the same ones for different things.
        let claim = IdempotencyClaim(
            keyHash: SHA256.digest("command\n\(module)\n\(name)\n\(key)"),
            fingerprint: SHA256.digest(input.sorted.encoded()),
            among: .commands)
        let request = PluginKit.Request(
            id: RequestScope.current?.requestID ?? "", parameters: [], query: .empty,
            page: PageRequest(limit: PageRequest.defaultLimit, after: []))
        let call = try await call(request, mounted, caller, reach, claim, depth: depth)
        let owner = IdempotencyKeys.Owner.commands(of: offering.name, caller.session.tenant)
        // Who comes second is told the first answer before anything is read that the first one has changed.
        if let first = try await known(claim, owner) { return try API.value(of: first) }
        let answer = try await once(claim, mounted, owner, requestID: request.id) {
            try await settling(claim, owner) {
                Answer(try await respond(mounted, to: call, body: input), cursors, scope: name)
            }
        }
        return try API.value(of: answer)
    }

    /// What a key that is taken came to; nil when it is free.
    private func known(_ claim: IdempotencyClaim, _ owner: IdempotencyKeys.Owner) async throws -> Answer? {
        let outcome = try await idempotency.outcome(claim, owner)
        switch outcome {
        case .free: return nil
        case .answered(let status, let bytes): return Answer(status: status, replayed: bytes)
        case .reused, .unanswered: throw IdempotencyHeader.problem(for: outcome)
        }
    }

    /// Takes the key for a command that has come to an answer and wrote nothing: that is its answer for whoever asks again.
    private func settling(
        _ claim: IdempotencyClaim, _ owner: IdempotencyKeys.Owner, _ body: () async throws -> Answer
    ) async throws -> Answer {
        do {
            let answer = try await body()
            if claim.hasOnlyRead { try await idempotency.take(claim, owner) }
            return answer
        } catch let problem as Problem where claim.hasOnlyRead && problem.status < 500 && problem.status != 429 {
            try await idempotency.take(claim, owner)
            throw problem
        }
    }

    private static func value(of answer: Answer) throws -> JSONValue {
        if let refusal = Problem(answer) { throw refusal }
        return try JSONParser.parse(answer.bytes)
    }

    private static func undeclared(_ name: String) -> Problem {
        Problem(
            status: 403, code: "command_undeclared",
            detail: "The module's plugin.json does not name \(name) under uses."
        )
    }
}

/// Commands that jobs ask for, and those that are jobs themselves: the platform acts, naming the job.
extension API {
    /// What other modules offer to a job of this one.
    package func commands(of module: MountedRoute.Module, forJobIn session: TenantSession) -> Commands {
        let caller = Caller.job(session, permissions: permissions)
        return Commands {
            try await self.run(command: $0, $1, key: $2, for: caller, askedBy: module, depth: 1)
        }
    }

    /// The job that runs commands of a module which a transaction asked for.
    package func commandJob(of module: MountedRoute.Module) -> Job {
        Job(CommandJob.kind(of: module.name), takes: CommandTicket.self) { run, ticket in
            try await self.carryOut(ticket, in: run, of: module)
        }
    }

    /// Does what a transaction asked for, once. The key is taken by the command's writing transaction, or when it has come
    /// to an answer without one; so an attempt that finds the answer lost has nothing left to do. What is under way
    /// elsewhere is tried again, by the job's policy.
    private func carryOut(_ ticket: CommandTicket, in run: JobRun, of module: MountedRoute.Module) async throws {
        guard ticket.command.hasPrefix("\(module.name).") else {
            throw JobRefused("\(ticket.command) is no command of \(module.name)")
        }
        let actor = Actor(kind: .system, id: ActorID(run.id.uuid), role: "system")
        let caller = Caller.job(TenantSession(verified: run.tenant, actor: actor), permissions: permissions)
        do {
            _ = try await self.run(
                command: ticket.command, ticket.input, key: ticket.key, for: caller, askedBy: ticket.askedBy, depth: 0)
        } catch let problem as Problem {
            switch problem.code {
            case "idempotency_answer_lost": return
            case "idempotency_in_progress", "module_disabled": throw problem
            case _ where problem.status >= 500 || problem.status == 429: throw problem
            default: throw JobRefused("\(ticket.command): \(problem.code), \(problem.detail)")
            }
        }
    }
}

extension JSONValue {
    /// The same with the members of every object by their names: the database keeps no order of them.
    fileprivate var sorted: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let members):
            .object(members.map { .init($0.name, $0.value.sorted) }.sorted { $0.name < $1.name })
        default: self
        }
    }
}

/// A command was asked for inside of a transaction, which it could not be part of.
private struct CommandInTransaction: Error {
    let name: String
}

/// Commands led to commands without end.
private struct CommandLoop: Error {
    let name: String
}
