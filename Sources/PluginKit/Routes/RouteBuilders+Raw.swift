// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that takes bytes instead of JSON, whole and to the byte.
///
/// - Parameters:
///   - mediaTypes: the types of bodies it takes; another one is answered with 415.
///   - maximumSize: the most bytes of a body, at most 1 MiB; more are answered with 413.
///   - headers: those that the handler wants to see.
public func PostRaw(
    _ path: String, needs permission: String, accepts mediaTypes: [String], maximumSize: Int = 262_144,
    headers: [String] = [], _ summary: String,
    _ handler: @escaping @Sendable (Call, RawMessage) async throws -> RawReply
) -> Route {
    Route(
        "POST", path, summary, .permission(permission),
        rawInput: RawInput(mediaTypes: mediaTypes, maximumSize: maximumSize, headers: headers), medium: .raw,
        handler: .raw { call, message in .raw(try await handler(call, message)) })
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that answers a list whole, however long: as lines of JSON, or as CSV with `?format=csv`.
///
/// The handler is that of a list. It is asked for one page after the other, each in a transaction of its own and only
/// when the one before has left, so that a slow reader holds nothing but its connection. What changes meanwhile is in
/// the export or not.
public func Export<Element: Payload>(
    _ path: String, needs permission: String, query: [Field] = [], of _: Element.Type, _ summary: String,
    _ handler: @escaping @Sendable (Call) async throws -> Page<Element>
) -> Route {
    Route(
        "GET", path, summary, .permission(permission), query: query + [ExportFormat.field], medium: .export,
        handler: .call { call, _ in try await handler(call).content })
}
