/// A command to be run after the commit of the transaction that asks for it: rolled back, it was never asked for.
///
/// ```swift
/// try await call.tx.batch([change, "SELECT \(CommandRequest("sample.pin", input, key: id).enqueuing)"])
/// ```
/// It runs as a job of the module that offers it, as that module and for the platform itself, so that what the caller
/// may do is not asked; `plugin.json` must name it under `uses`. Where that module is switched off, it waits.
public struct CommandRequest: Sendable {
    /// The command's name.
    public let name: String
    /// What it is given.
    public let input: JSONValue
    /// Under one key of the asking module, of at most 200 characters, it happens once.
    public let key: String
    /// Not before this; nil for at once.
    public var runAt: Timestamp?

    /// A command for as soon as possible.
    public init(_ name: String, _ input: JSONValue, key: String) {
        self.name = name
        self.input = input
        self.key = key
    }

    /// The expression that enqueues it and is the id of its job.
    ///
    /// Its statement fails with `Problem` 404 `command_unknown` when no module offers the command, 403
    /// `command_undeclared` when `plugin.json` does not name it, 409 `command_loop` when commands led to it without end.
    public var enqueuing: SQL {
        var sql: SQL = """
            core.enqueue_command(\(name), \(input)::jsonb, \(key), \(runAt)::timestamptz, \(TraceParent.current)::text)
            """
        sql.mayEnqueue = true
        return sql
    }
}
