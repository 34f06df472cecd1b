package import PluginKit

/// A tenant as operators see it.
package enum TenantPayload: Payload {
    package static let schema = Schema(
        "Tenant",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000001"),
            Field("slug", .text(1...63), example: "acme"),
            Field("name", .text(1...200), example: "Acme Ltd"),
            Field("status", .oneOf(["active", "suspended"]), example: "active"),
            Field("is_test", .boolean, example: false),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}

/// A tenant to be created, with its first owner.
package struct NewTenant: RequestPayload {
    package let slug: String
    package let name: String
    package let isTest: Bool
    package let admin: NewMember

    package static let schema = Schema(
        "NewTenant",
        [
            Field(
                "slug", .slug(2...63), required: true, example: "acme",
                summary: "Lower-case letters, digits and inner hyphens."),
            Field("name", .text(1...200), required: true, example: "Acme Ltd"),
            Field("is_test", .boolean, example: false),
            Field(
                "admin", .object(Schema("NewAdmin", NewMember.personFields)), required: true,
                example: [
                    "email": "ada@example.com", "name": "Ada", "password": "correct horse battery",
                ], summary: "The tenant's first owner."),
        ])

    package init(_ record: Record) throws {
        slug = try record["slug"]
        name = try record["name"]
        isTest = record.has("is_test") ? try record["is_test"] : false
        admin = try NewMember(try record["admin"], role: .owner)
    }
}
