internal import PluginKit

/// A customer of the tenant.
enum Customer: Payload {
    static let schema = Schema(
        "Customer",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000010"),
            Field("external_id", .text(max: 200), nullable: true, example: "crm-4711"),
            Field("email", .email, nullable: true, example: "noah@example.com"),
            Field("name", .text(max: 200), nullable: true, example: "Noah Brown"),
            Field("phone", .text(max: 40), nullable: true, example: "+49 30 1234567"),
            Field("company", .text(max: 200), nullable: true, example: "Acme Ltd"),
            Field("status", .oneOf(["active", "blocked", "merged"]), example: "active"),
            Field("metadata", .json(maximumBytes: 16_384), example: ["city": "Denver"]),
            Field("last_interaction_at", .timestamp, nullable: true, example: "2026-11-21T09:00:00.000000Z"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// The columns, in the order of the fields.
    static let columns: SQL = """
        id, external_id, email, name, phone, company, status, metadata, last_interaction_at, created_at, updated_at
        """
}

/// A customer to be created.
struct NewCustomer: RequestPayload {
    let externalID: String?
    let email: String?
    let name: String?
    let phone: String?
    let company: String?
    let metadata: JSONValue

    static let schema = Schema(
        "NewCustomer",
        [
            Field("external_id", .text(1...200), nullable: true, example: "crm-4711"),
            Field("email", .email, nullable: true, example: "noah@example.com"),
            Field("name", .text(1...200), nullable: true, example: "Noah Brown"),
            Field("phone", .text(1...40), nullable: true, example: "+49 30 1234567"),
            Field("company", .text(1...200), nullable: true, example: "Acme Ltd"),
            Field("metadata", .json(maximumBytes: 16_384), example: ["city": "Denver"]),
        ], rules: [.atLeastOne(["external_id", "email", "name"])])

    init(_ record: Record) throws {
        externalID = try record["external_id"]
        email = try record["email"]
        name = try record["name"]
        phone = try record["phone"]
        company = try record["company"]
        metadata = record.has("metadata") ? try record["metadata"] : [:]
    }
}

/// Fields of a customer to be changed; what is not named stays.
struct CustomerChange: RequestPayload {
    let record: Record

    static let schema = Schema(
        "CustomerChange",
        [
            Field("name", .text(1...200), nullable: true, example: "Noah Brown"),
            Field("phone", .text(1...40), nullable: true, example: "+49 30 1234567"),
            Field("company", .text(1...200), nullable: true, example: "Acme Ltd"),
            Field("status", .oneOf(["active", "blocked"]), example: "blocked"),
            Field("metadata", .json(maximumBytes: 16_384), example: ["city": "Denver"]),
        ])

    init(_ record: Record) throws {
        self.record = record
    }
}

typealias CustomerID = ID<Customer>
