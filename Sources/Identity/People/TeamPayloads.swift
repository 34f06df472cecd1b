internal import PluginKit

/// A team and who is in it.
enum TeamPayload: Payload {
    static let schema = Schema(
        "Team",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000006"),
            Field("name", .text(1...80), example: "Returns"),
            members,
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    static let members = Field(
        "member_ids", .array(.uuid, 0...500), example: ["0192f0c1-7a00-7000-8000-000000000002"])
}

/// A team to be made.
struct NewTeam: RequestPayload {
    let name: String
    let memberIDs: [ProfileID]

    static let schema = Schema(
        "NewTeam", [Field("name", .text(1...80), required: true, example: "Returns"), emptyMembers])

    /// Without people, so that the example holds in every tenant.
    static let emptyMembers = Field("member_ids", .array(.uuid, 0...500), example: [])

    init(_ record: Record) throws {
        name = try record["name"]
        memberIDs = record.has("member_ids") ? try record["member_ids"] : []
    }
}

/// What of a team is to be changed; `member_ids` replaces everybody.
struct TeamChange: RequestPayload {
    let name: String?
    let memberIDs: [ProfileID]?

    static let schema = Schema("TeamChange", [Field("name", .text(1...80), example: "Returns"), NewTeam.emptyMembers])

    init(_ record: Record) throws {
        name = try record["name"]
        memberIDs = try record["member_ids"]
    }
}
