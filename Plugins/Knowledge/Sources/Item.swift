internal import PluginKit

/// An article.
enum Item: Payload {
    static let schema = Schema("KnowledgeItem", fields)

    static let fields = [
        Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000040"),
        Field("title", .text(max: 300), example: "How to return a parcel"),
        Field("body", .text(max: 200_000), example: "Print the label and …"),
        Field("category_id", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000041"),
        Field("status", .oneOf(statuses), example: "published"),
        Field("version", .integer(1...Int64(Int32.max)), example: 1),
        Field("author_id", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000002"),
        Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
    ]

    /// The words the status takes.
    static let statuses = ["draft", "published", "archived"]

    /// The columns, in the order of the fields.
    static let columns: SQL = "id, title, body, category_id, status, version, author_id, created_at, updated_at"
}

/// An article that a search found.
enum FoundItem: Payload {
    static let schema = Schema(
        "FoundKnowledgeItem",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000040"),
            Field("title", .text(max: 300), example: "How to return a parcel"),
            Field("status", .oneOf(Item.statuses), example: "published"),
            Field("rank", .number, example: 0.6),
        ])
}

/// An article to be written.
struct NewItem: RequestPayload {
    let title: String
    let body: String
    let status: String

    static let schema = Schema(
        "NewKnowledgeItem",
        [
            Field("title", .text(1...300), required: true, example: "How to return a parcel"),
            Field("body", .text(0...200_000), required: true, example: "Print the label and …"),
            Field("status", .oneOf(Item.statuses), example: "draft"),
        ])

    init(_ record: Record) throws {
        title = try record["title"]
        body = try record["body"]
        status = record.has("status") ? try record["status"] : "draft"
    }
}

/// Fields of an article to be changed; what is not named stays.
struct ItemChange: RequestPayload {
    let title: String?
    let body: String?
    let status: String?

    static let schema = Schema(
        "KnowledgeItemChange",
        [
            Field("title", .text(1...300), example: "How to return a parcel"),
            Field("body", .text(0...200_000), example: "Print the label and …"),
            Field("status", .oneOf(Item.statuses), example: "published"),
        ])

    init(_ record: Record) throws {
        title = try record["title"]
        body = try record["body"]
        status = try record["status"]
    }
}

typealias ItemID = ID<Item>
