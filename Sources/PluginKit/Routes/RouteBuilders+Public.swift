// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that answers one object to anybody: below `/public/<tenant>`, and on the tenant's own hosts.
///
/// Its session reads what the manifest's `tables` declare `public`, and nothing else; it writes nothing.
public func PublicGet<Answer: Payload>(
    _ path: String, query: [Field] = [], returns _: Answer.Type, _ summary: String,
    _ handler: @escaping @Sendable (Call) async throws -> Resource<Answer>
) -> Route {
    Route(
        "GET", path, summary, .visitor, query: query, answer: Answer.schema,
        handler: .call { call, _ in try await handler(call).content })
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that answers a page of a list to anybody; see `PublicGet`.
public func PublicList<Element: Payload>(
    _ path: String, query: [Field] = [], of _: Element.Type, _ summary: String,
    _ handler: @escaping @Sendable (Call) async throws -> Page<Element>
) -> Route {
    Route(
        "GET", path, summary, .visitor, query: query, answer: Element.schema, isList: true,
        handler: .call { call, _ in try await handler(call).content })
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that shows anybody a page; see `PublicGet` and `WebPage`.
public func PublicPage(
    _ path: String, query: [Field] = [], _ summary: String,
    _ handler: @escaping @Sendable (Call) async throws -> WebPage
) -> Route {
    Route(
        "GET", path, summary, .visitor, query: query, medium: .page,
        handler: .call { call, _ in .web(try await handler(call)) })
}
