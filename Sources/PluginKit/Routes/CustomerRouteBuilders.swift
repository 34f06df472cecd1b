/// Who calls a route without being a member of the tenant.
public enum Outsider: Hashable, Sendable {
    /// A customer, by a token that `Call.customers` made. The actor's id is the customer's; the database shows a customer
    /// what `plugin.json` says is theirs, and no permission reaches here.
    case customer

    fileprivate var access: Route.Access {
        switch self {
        case .customer: .customer
        }
    }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route for outsiders that answers one object.
public func Get<Answer: Payload>(
    _ path: String, for outsider: Outsider, query: [Field] = [], returns _: Answer.Type, _ summary: String,
    _ handler: @escaping @Sendable (Call) async throws -> Resource<Answer>
) -> Route {
    Route(
        "GET", path, summary, outsider.access, query: query, answer: Answer.schema,
        handler: .call { call, _ in try await handler(call).content })
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route for outsiders that answers a page of a list.
public func List<Element: Payload>(
    _ path: String, for outsider: Outsider, query: [Field] = [], of _: Element.Type, _ summary: String,
    _ handler: @escaping @Sendable (Call) async throws -> Page<Element>
) -> Route {
    Route(
        "GET", path, summary, outsider.access, query: query, answer: Element.schema, isList: true,
        handler: .call { call, _ in try await handler(call).content })
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route for outsiders that creates something and answers it with 201.
public func Post<Input: RequestPayload, Answer: Payload>(
    _ path: String, for outsider: Outsider, takes _: Input.Type, returns _: Answer.Type, _ summary: String,
    _ handler: @escaping @Sendable (Call, Input) async throws -> Resource<Answer>
) -> Route {
    Route(
        "POST", path, summary, outsider.access, body: Input.self, answer: Answer.schema, status: 201,
        handler: .call { call, body in try await handler(call, Input.decode(body)).content })
}
