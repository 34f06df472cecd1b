internal import Foundation
internal import PluginKit

/// A conversation as the inbox lists it.
enum Conversation: Payload {
    static let schema = Schema("Conversation", fields)

    static let fields = [
        Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000020"),
        Field("subject", .text(max: 500), nullable: true, example: "Where is my parcel?"),
        Field("status", .oneOf(ConversationWords.statuses), example: "open"),
        Field("priority", .oneOf(ConversationWords.priorities), example: "normal"),
        Field("channel", .oneOf(ConversationWords.channels), example: "web"),
        Field("customer_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000010"),
        Field("assignee_id", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000002"),
        Field("message_count", .integer(0...Int64(Int32.max)), example: 3),
        Field("last_message_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
    ]

    /// The columns, in the order of the fields.
    static let columns: SQL = """
        id, subject, status, priority, channel, customer_id, assignee_id, message_count, last_message_at, created_at, \
        updated_at
        """
}

/// A conversation with its tags.
enum ConversationDetail: Payload {
    static let schema = Schema(
        "ConversationDetail",
        Conversation.fields + [
            Field("tags", .array(.text(1...50), 0...50), example: ["refund"])
        ])
}

/// The words that columns with a CHECK take.
enum ConversationWords {
    static let statuses = ["open", "pending", "resolved", "closed"]
    static let priorities = ["low", "normal", "high", "urgent"]
    static let channels = ["web", "email", "chat", "api", "phone", "sms", "social"]
}

/// A conversation to be opened, with its first message if there is one.
struct NewConversation: RequestPayload {
    let customerID: CustomerID?
    let customerEmail: String?
    let customerName: String?
    let subject: String?
    let channel: String
    let content: String?

    static let schema = Schema(
        "NewConversation",
        [
            Field("customer_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000010"),
            Field(
                "customer",
                .object(
                    Schema(
                        "ConversationCustomer",
                        [
                            Field("email", .email, required: true, example: "noah@example.com"),
                            Field("name", .text(1...200), nullable: true, example: "Noah Brown"),
                        ])), example: ["email": "noah@example.com", "name": "Noah Brown"]),
            Field("subject", .text(1...500), nullable: true, example: "Where is my parcel?"),
            Field("channel", .oneOf(ConversationWords.channels), example: "web"),
            Field(
                "message",
                .object(
                    Schema(
                        "FirstMessage",
                        [
                            Field("content", .text(1...100_000), required: true, example: "I ordered a week ago.")
                        ])), example: ["content": "I ordered a week ago."]),
        ], rules: [.exactlyOne(["customer", "customer_id"])])

    init(_ record: Record) throws {
        customerID = try record["customer_id"]
        let customer: Record? = try record["customer"]
        customerEmail = try customer?["email"]
        customerName = customer?.has("name") == true ? try customer?["name"] : nil
        subject = try record["subject"]
        channel = record.has("channel") ? try record["channel"] : "web"
        let message: Record? = try record["message"]
        content = try message?["content"]
    }
}

/// Fields of a conversation to be changed; what is not named stays.
struct ConversationChange: RequestPayload {
    let record: Record

    static let schema = Schema(
        "ConversationChange",
        [
            Field("subject", .text(1...500), nullable: true, example: "Where is my parcel?"),
            Field("status", .oneOf(ConversationWords.statuses), example: "resolved"),
            Field("priority", .oneOf(ConversationWords.priorities), example: "high"),
            Field("assignee_id", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000002"),
            Field("tags", .array(.text(1...50), 0...50), example: ["refund"]),
        ])

    init(_ record: Record) throws {
        self.record = record
    }
}

/// The same for one of several conversations.
struct BulkConversationChange: RequestPayload {
    let id: ConversationID
    let record: Record

    static let schema = Schema(
        "ConversationChangeOfMany",
        [Field("id", .uuid, required: true, example: "0192f0c1-7a00-7000-8000-000000000020")]
            // Nobody has the id that the example of an assignee has.
            + ConversationChange.schema.fields)

    init(_ record: Record) throws {
        id = try record["id"]
        self.record = record
    }
}

typealias ConversationID = ID<Conversation>
