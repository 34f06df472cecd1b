internal import Cryptography
internal import Identity
internal import Observability
@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// Commands that one module asks of another: by the same way as a request, with the same caller.
extension API {
    /// The paths that no plugin may serve: they belong to what all of them offer.
    package static let mounts = ["/commands"]

    /// How far commands may lead to commands.
    private static let maximumDepth = 5

    /// Runs a command once for its key.
    ///
    /// - Throws: `Problem`; `CommandInTransaction`, `CommandLoop` for a plugin's defects.
    func run(
        command name: String, _ input: JSONValue, key: String, for caller: Caller, depth: Int
    ) async throws -> JSONValue {
        guard !ModuleDatabase.isInTransaction else { throw CommandInTransaction(name: name) }
        guard depth <= API.maximumDepth else { throw CommandLoop(name: name) }
        guard case .found(let mounted, _) = table.match(method: "POST", path: "/v1/commands/\(name)") else {
            throw Problem(status: 404, code: "command_unknown", detail: "No module offers this command.")
        }
        let reach = try requireAccess(mounted, caller)
        let claim = IdempotencyClaim(
            keyHash: SHA256.digest("command\n\(name)\n\(key)"), fingerprint: SHA256.digest(input.encoded()))
        let request = PluginKit.Request(
            id: RequestScope.current?.requestID ?? "", parameters: [], query: .empty,
            page: PageRequest(limit: PageRequest.defaultLimit, after: []))
        let call = try await call(request, mounted, caller, reach, claim, depth: depth)
        let answer = try await once(claim, mounted, .session(caller.session), requestID: request.id) {
            Answer(try await respond(mounted, to: call, body: input), cursors, scope: name)
        }
        if let refusal = Problem(answer) { throw refusal }
        return try JSONParser.parse(answer.bytes)
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
