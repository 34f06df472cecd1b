package import PluginKit

/// The document of the API (OpenAPI 3.1, spec.openapis.org/oas/v3.1.1), made of the routes alone.
package enum OpenAPI {
    /// The document of these routes and of what the server answers besides them; the same for the same input.
    ///
    /// - Parameter version: the product's.
    package static func document(of routes: [MountedRoute], version: String) -> JSONValue {
        var components = Components()
        let operations = named(
            routes.map { Operation($0) } + [EventStreamPage.operation] + Health.operations + Documents.operations)
        var tags: [(name: String, title: String)] = []
        var paths: [(path: String, methods: [JSONValue.Member])] = []
        for operation in operations {
            if !tags.contains(where: { $0.name == operation.tag.name }) { tags.append(operation.tag) }
            let member = JSONValue.Member(operation.method, operation.json(&components))
            if let index = paths.firstIndex(where: { $0.path == operation.path }) {
                paths[index].methods.append(member)
            } else {
                paths.append((operation.path, [member]))
            }
        }
        return [
            "openapi": "3.1.1",
            "info": info(version: version),
            "servers": [["url": "/", "description": "The server that this document comes from."]],
            "tags": .array(tags.map { ["name": .string($0.name), "description": .string($0.title)] }),
            "paths": .object(paths.map { .init($0.path, .object($0.methods)) }),
            "components": components.json,
        ]
    }

    private static func info(version: String) -> JSONValue {
        [
            "title": "Romashka",
            "summary": "Multi-tenant customer support.",
            "description": """
            JSON in UTF-8, names in snake_case, times as RFC 3339 writes them. Strings hold no NUL and objects no \
            name twice; arrays and objects nest at most 32 deep. JSON takes at most 1 MiB. What a request does \
            not declare is refused. Errors are problems (RFC 9457) with a stable code. A list answers a page and \
            next_cursor, which is null on the last page and else the parameter cursor of the next. An access token \
            lasts ten minutes at most; `POST /v1/auth/refresh` trades the refresh token for a new pair. A person has \
            at most 100 logins in a tenant: another one ends that which was not used for the longest. Most writes \
            with a token take `Idempotency-Key`: for a day the same request gets the same answer, with \
            `Idempotency-Replayed: true`, and another request 409. An answer that shows a secret once is not kept: \
            the same request then gets 409, and so it does after an answer of 500 or above if it may have been carried \
            out; otherwise that is tried again under the same key. What takes `If-None-Match` answers an `ETag`, and \
            304 to who names it; `If-Match` is refused with 400 by writes that do not take it. 429 says in \
            `Retry-After` after how many seconds to come back.
            """,
            "license": ["name": "Apache License 2.0", "identifier": "Apache-2.0"],
            "version": .string(version),
        ]
    }

    /// Two routes may have one name when they differ in a hyphen only; the later one gets a number.
    private static func named(_ operations: [Operation]) -> [Operation] {
        var seen: Set<String> = []
        return operations.map { operation in
            var operation = operation
            let name = operation.id
            var number = 2
            while !seen.insert(operation.id).inserted {
                operation.id = "\(name)\(number)"
                number += 1
            }
            return operation
        }
    }
}

extension JSONValue {
    /// An object of the members that are there.
    init(members: KeyValuePairs<String, JSONValue?>) {
        self = .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }
}
