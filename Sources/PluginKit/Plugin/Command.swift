/// Something a module does for others: by name, with a schema, a permission and a key under which it happens once.
///
/// Commands are how modules act on each other's data. Each runs in its own transaction, as the module that offers it,
/// and is served as `POST /v1/commands/<name>` too.
///
/// ```swift
/// Command("sample.pin", needs: "sample.write", takes: Pin.self, returns: Note.self, "Pin a note") { call, pin in … }
/// ```
public struct Command: Sendable {
    /// The module's name, a point, and a verb: `sample.pin`.
    public let name: String
    /// The command as a route.
    @_spi(Kernel)
    public let route: Route

    /// A command.
    ///
    /// - Parameters:
    ///   - name: also stands in `plugin.json` under `commands`.
    ///   - permission: what the actor of the caller needs.
    ///   - summary: one sentence.
    public init<Input: RequestPayload, Answer: Payload>(
        _ name: String, needs permission: String, takes _: Input.Type, returns _: Answer.Type, _ summary: String,
        _ handler: @escaping @Sendable (Call, Input) async throws -> Resource<Answer>
    ) {
        self.name = name
        route = Route(
            "POST", "/commands/\(name)", summary, .permission(permission), body: Input.self, answer: Answer.schema,
            handler: .call { call, body in try await handler(call, Input.decode(body)).content })
    }
}
