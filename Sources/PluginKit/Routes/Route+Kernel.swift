/// The kernel's own routes are of the same kind, but may be for operators, for anybody, or for any session.
@_spi(Kernel)
extension Route {
    /// A route for operators or anybody, with a body.
    public static func request<Input: RequestPayload, Answer: Payload>(
        _ method: String, _ path: String, _ access: Access, takes _: Input.Type, returns _: Answer.Type,
        status: Int = 200, _ summary: String,
        _ handler: @escaping @Sendable (Request, Input) async throws -> Resource<Answer>
    ) -> Route {
        Route(
            method, path, summary, access, body: Input.self, answer: Answer.schema, status: status,
            handler: .request { request, body in try await handler(request, Input.decode(body)).content })
    }

    /// A route for operators or anybody, without a body.
    public static func request<Answer: Payload>(
        _ method: String, _ path: String, _ access: Access, returns _: Answer.Type, _ summary: String,
        _ handler: @escaping @Sendable (Request) async throws -> Resource<Answer>
    ) -> Route {
        Route(
            method, path, summary, access, answer: Answer.schema,
            handler: .request { request, _ in try await handler(request).content })
    }

    /// A list for operators.
    public static func list<Element: Payload>(
        _ path: String, _ access: Access, of _: Element.Type, _ summary: String,
        _ handler: @escaping @Sendable (Request) async throws -> Page<Element>
    ) -> Route {
        Route(
            "GET", path, summary, access, answer: Element.schema, isList: true,
            handler: .request { request, _ in try await handler(request).content })
    }

    /// A route for a session, without a body.
    public static func call<Answer: Payload>(
        _ method: String, _ path: String, _ access: Access, returns _: Answer.Type, _ summary: String,
        _ handler: @escaping @Sendable (Call) async throws -> Resource<Answer>
    ) -> Route {
        Route(
            method, path, summary, access, answer: Answer.schema,
            handler: .call { call, _ in try await handler(call).content })
    }

    /// A route for a session that answers 204.
    public static func call(
        _ method: String, _ path: String, _ access: Access, _ summary: String,
        _ handler: @escaping @Sendable (Call) async throws -> Void
    ) -> Route {
        Route(
            method, path, summary, access, status: 204,
            handler: .call { call, _ in
                try await handler(call)
                return .nothing
            })
    }

    /// A list for a session.
    public static func callList<Element: Payload>(
        _ path: String, _ access: Access, of _: Element.Type, _ summary: String,
        _ handler: @escaping @Sendable (Call) async throws -> Page<Element>
    ) -> Route {
        Route(
            "GET", path, summary, access, answer: Element.schema, isList: true,
            handler: .call { call, _ in try await handler(call).content })
    }

    /// A change for a session.
    public static func callChange<Input: RequestPayload, Answer: Payload>(
        _ path: String, _ access: Access, takes _: Input.Type, returns _: Answer.Type, _ summary: String,
        _ handler: @escaping @Sendable (Call, Input) async throws -> Resource<Answer>
    ) -> Route {
        Route(
            "PATCH", path, summary, access, body: Input.self, answer: Answer.schema,
            handler: .call { call, body in try await handler(call, Input.decode(body)).content })
    }

    /// A route for a session, with a body and an answer.
    public static func call<Input: RequestPayload, Answer: Payload>(
        _ method: String, _ path: String, _ access: Access, takes _: Input.Type, returns _: Answer.Type,
        status: Int = 200, _ summary: String,
        _ handler: @escaping @Sendable (Call, Input) async throws -> Resource<Answer>
    ) -> Route {
        Route(
            method, path, summary, access, body: Input.self, answer: Answer.schema, status: status,
            handler: .call { call, body in try await handler(call, Input.decode(body)).content })
    }

    /// A route for a session, with a body, that answers 204.
    public static func call<Input: RequestPayload>(
        _ method: String, _ path: String, _ access: Access, takes _: Input.Type, _ summary: String,
        _ handler: @escaping @Sendable (Call, Input) async throws -> Void
    ) -> Route {
        Route(
            method, path, summary, access, body: Input.self, status: 204,
            handler: .call { call, body in
                try await handler(call, Input.decode(body))
                return .nothing
            })
    }

    /// A route for operators or anybody, with a body, that answers 204.
    public static func request<Input: RequestPayload>(
        _ method: String, _ path: String, _ access: Access, takes _: Input.Type, _ summary: String,
        _ handler: @escaping @Sendable (Request, Input) async throws -> Void
    ) -> Route {
        Route(
            method, path, summary, access, body: Input.self, status: 204,
            handler: .request { request, body in
                try await handler(request, Input.decode(body))
                return .nothing
            })
    }

    /// A route for operators or anybody that answers 204.
    public static func request(
        _ method: String, _ path: String, _ access: Access, _ summary: String,
        _ handler: @escaping @Sendable (Request) async throws -> Void
    ) -> Route {
        Route(
            method, path, summary, access, status: 204,
            handler: .request { request, _ in
                try await handler(request)
                return .nothing
            })
    }

    /// A route for anybody's browser, which sees cookies and answers with headers of its own.
    ///
    /// - Parameters:
    ///   - isTolerant: for addresses that others send browsers to, with whatever they add.
    ///   - showingPage: whether the answer is also there as a page.
    public static func browser(
        _ method: String, _ path: String, query: [Field] = [], returns answer: Schema? = nil, status: Int = 200,
        ignoringUnknownParameters isTolerant: Bool = false, showingPage: Bool = false, _ summary: String,
        _ handler: @escaping @Sendable (Request) async throws -> HeadedReply
    ) -> Route {
        Route(
            method, path, summary, .public, query: query, answer: answer, status: status,
            handler: .request { request, _ in .headed(try await handler(request)) }
        ).forBrowsers(ignoringUnknownParameters: isTolerant, showingPage: showingPage)
    }

    /// A route for anybody's browser with a body, which sees cookies and answers with headers of its own.
    public static func browser<Input: RequestPayload>(
        _ method: String, _ path: String, takes _: Input.Type, returns answer: Schema, _ summary: String,
        _ handler: @escaping @Sendable (Request, Input) async throws -> HeadedReply
    ) -> Route {
        Route(
            method, path, summary, .public, body: Input.self, answer: answer,
            handler: .request { request, body in .headed(try await handler(request, Input.decode(body))) }
        ).forBrowsers()
    }

    /// A route for a session in a browser, which answers with headers of its own.
    public static func browserCall(
        _ method: String, _ path: String, _ access: Access, returns answer: Schema, _ summary: String,
        _ handler: @escaping @Sendable (Call) async throws -> HeadedReply
    ) -> Route {
        Route(
            method, path, summary, access, answer: answer,
            handler: .call { call, _ in .headed(try await handler(call)) }
        ).forBrowsers()
    }

    /// A list for anybody, chosen by query parameters.
    public static func publicList<Element: Payload>(
        _ path: String, query: [Field], of _: Element.Type, _ summary: String,
        _ handler: @escaping @Sendable (Request) async throws -> Page<Element>
    ) -> Route {
        Route(
            "GET", path, summary, .public, query: query, answer: Element.schema, isList: true,
            handler: .request { request, _ in try await handler(request).content })
    }

    /// A route for a session that takes bytes of any kind.
    public static func upload<Answer: Payload>(
        _ path: String, _ access: Access, query: [Field], returns _: Answer.Type, _ summary: String,
        _ handler: @escaping @Sendable (Call, RawBody) async throws -> Resource<Answer>
    ) -> Route {
        Route(
            "POST", path, summary, access, query: query, answer: Answer.schema, status: 201,
            handler: .upload { call, body in try await handler(call, body).content })
    }

    /// A route for a session that answers bytes.
    public static func download(
        _ path: String, _ access: Access, _ summary: String,
        _ handler: @escaping @Sendable (Call) async throws -> Download
    ) -> Route {
        Route(
            "GET", path, summary, access, medium: .download,
            handler: .call { call, _ in .download(try await handler(call)) })
    }

    /// A route for anybody that answers bytes.
    public static func publicDownload(
        _ path: String, _ summary: String, _ handler: @escaping @Sendable (Request) async throws -> Download
    ) -> Route {
        Route(
            "GET", path, summary, .public, medium: .download,
            handler: .request { request, _ in .download(try await handler(request)) })
    }

    /// The door of all hooks, whose handler is found by the address that was called.
    public static func hooks(_ path: String, problems: Set<Int>, _ summary: String) -> Route {
        Route(
            "POST", path, summary, .hook, medium: .raw,
            handler: .raw { _, _ in throw Problem.notFound }
        ).answering(problems)
    }
}
