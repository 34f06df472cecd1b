/// Up to a hundred of the same in one request, each for itself.
struct BulkRequest<Item: RequestPayload>: RequestPayload {
    /// Each as it was read, or what was wrong with it besides its form.
    let items: [Result<Item, Problem>]

    static var schema: Schema {
        Schema(
            "Bulk\(Item.schema.name)",
            [
                Field("items", .array(.object(Item.schema), 1...100), required: true, example: [Item.schema.example])
            ])
    }

    init(_ record: Record) throws {
        let records: [Record] = try record["items"]
        items = try records.map { record in
            do {
                return .success(try Item(record))
            } catch let problem as Problem {
                return .failure(problem)
            }
        }
    }
}

/// What became of each.
enum BulkAnswer<Answer: Payload>: Payload {
    static var schema: Schema {
        Schema(
            "Bulk\(Answer.schema.name)Answer",
            [Field("results", .array(.object(result), 1...100), example: [result.exampleOfAnswer])])
    }

    private static var result: Schema {
        Schema(
            "\(Answer.schema.name)Result",
            [
                Field(
                    "status", .integer(200...599), example: 200, summary: "What the request for this one alone answers."
                ),
                Field(
                    "code", .text(max: 80), nullable: true, example: nil, summary: "The problem's, when there is one."),
                Field("detail", .text(max: 500), nullable: true, example: nil),
                Field("result", .object(Answer.schema), nullable: true, example: Answer.schema.exampleOfAnswer),
            ])
    }
}

extension Schema {
    fileprivate var exampleOfAnswer: JSONValue { .object(fields.map { .init($0.name, $0.example) }) }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// A route that does up to a hundred times what another does once: `{"items": […]}`, answered with one result for each,
/// in their order.
///
/// Each item is a transaction of its own, and one that is refused or fails leaves the others alone. Items for which there
/// was no time are answered 503 `not_attempted`: they may be sent again. A wrong form is refused as a whole, before
/// anything happens.
///
/// - Parameters:
///   - status: what the request for one alone answers.
///   - handler: what is done for one item; asks for each whether the caller may.
public func Bulk<Item: RequestPayload, Answer: Payload>(
    _ path: String, needs permission: String, takes _: Item.Type, returns _: Answer.Type, status: Int = 200,
    _ summary: String, _ handler: @escaping @Sendable (Call, Item) async throws -> Resource<Answer>
) -> Route {
    Route(
        "POST", path, summary, .permission(permission), body: BulkRequest<Item>.self,
        answer: BulkAnswer<Answer>.schema,
        handler: .call { call, body in
            var results: [JSONValue] = []
            for item in try BulkRequest<Item>.decode(body).items {
                do {
                    guard call.mayBegin else { throw Problem.notAttempted }
                    let answer = try await handler(call, try item.get())
                    results.append(
                        [
                            "status": .integer(Int64(status)), "code": nil, "detail": nil, "result": answer.value,
                        ])
                } catch let problem as Problem {
                    results.append(
                        [
                            "status": .integer(Int64(problem.status)), "code": .string(problem.code),
                            "detail": .string(problem.detail), "result": nil,
                        ])
                }
            }
            return .value(["results": .array(results)])
        })
}

extension Call {
    /// Whether there is time for one more item, and somebody who waits for it.
    fileprivate var mayBegin: Bool { !Task.isCancelled && (beginsUntil.map { .now < $0 } ?? true) }
}

extension Problem {
    fileprivate static let notAttempted = Problem(
        status: 503, code: "not_attempted", detail: "There was no time left for this one; send it again.")
}
