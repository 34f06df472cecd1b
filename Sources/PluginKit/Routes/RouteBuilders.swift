// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that answers one object.
public func Get<Answer: Payload>(
    _ path: String, needs permission: String, query: [Field] = [], returns _: Answer.Type, _ summary: String,
    _ handler: @escaping @Sendable (Call) async throws -> Resource<Answer>
) -> Route {
    Route(
        "GET", path, summary, .permission(permission), query: query, answer: Answer.schema,
        handler: .call { call, _ in try await handler(call).content })
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that answers a page of a list: `{"data": […], "next_cursor": …}`.
public func List<Element: Payload>(
    _ path: String, needs permission: String, query: [Field] = [], of _: Element.Type, _ summary: String,
    _ handler: @escaping @Sendable (Call) async throws -> Page<Element>
) -> Route {
    Route(
        "GET", path, summary, .permission(permission), query: query, answer: Element.schema, isList: true,
        handler: .call { call, _ in try await handler(call).content })
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that creates something and answers it with 201.
public func Post<Input: RequestPayload, Answer: Payload>(
    _ path: String, needs permission: String, takes _: Input.Type, returns _: Answer.Type, _ summary: String,
    _ handler: @escaping @Sendable (Call, Input) async throws -> Resource<Answer>
) -> Route {
    Route(
        "POST", path, summary, .permission(permission), body: Input.self, answer: Answer.schema, status: 201,
        handler: .call { call, body in try await handler(call, Input.decode(body)).content })
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that changes some fields of something and answers it whole.
///
/// - Parameter ifMatch: whether the handler compares `call.expectedVersions` with the answer's `updated_at`.
public func Patch<Input: RequestPayload, Answer: Payload>(
    _ path: String, needs permission: String, takes _: Input.Type, returns _: Answer.Type, ifMatch: Bool = false,
    _ summary: String,
    _ handler: @escaping @Sendable (Call, Input) async throws -> Resource<Answer>
) -> Route {
    Route(
        "PATCH", path, summary, .permission(permission), body: Input.self, answer: Answer.schema,
        takesIfMatch: ifMatch,
        handler: .call { call, body in try await handler(call, Input.decode(body)).content })
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that removes something and answers 204.
///
/// - Parameter ifMatch: whether the handler compares `call.expectedVersions`.
public func Delete(
    _ path: String, needs permission: String, ifMatch: Bool = false, _ summary: String,
    _ handler: @escaping @Sendable (Call) async throws -> Void
) -> Route {
    Route(
        "DELETE", path, summary, .permission(permission), status: 204, takesIfMatch: ifMatch,
        handler: .call { call, _ in
            try await handler(call)
            return .nothing
        })
}
