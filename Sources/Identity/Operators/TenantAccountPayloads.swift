internal import Foundation
internal import PluginKit

/// A tenant with what it may use and how it is set.
enum TenantAccountPayload: Payload {
    static let schema = Schema(
        "TenantAccount",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000001"),
            Field("slug", .text(1...63), example: "acme"),
            Field("name", .text(1...200), example: "Acme Ltd"),
            Field("status", .oneOf(["active", "suspended"]), example: "active"),
            Field("is_test", .boolean, example: false),
            TenantZone.field,
            Field("plan", .text(1...40), example: "standard"),
            Field("limits", .json(maximumBytes: 16_384), example: ["members": 20], summary: Limits.summary),
            Field("settings", .json(maximumBytes: 65_536), example: ["language": "en"]),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field(
                "updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z",
                summary: "When the tenant or its plan was last changed."),
        ])
}

/// The limits there are.
enum Limits {
    static let summary =
        """
        The most of each: members, api_keys, requests_per_minute, visitor_requests_per_minute, hook_requests_per_minute
        (to one process; the last for each address), storage_bytes, jobs_running, jobs_per_minute and jobs_queued (of
        one module); and job_weight, how many shares of the workers the tenant has beside others. What is not named has
        no limit, but jobs_queued one of 100000, visitor_requests_per_minute and hook_requests_per_minute one of 6000
        each, and one share.
        """
    /// Each limit with the most that it can be.
    private static let maxima = [
        "members": 1_000_000_000, "api_keys": 1_000_000_000, "requests_per_minute": 1_000_000_000,
        "visitor_requests_per_minute": 1_000_000_000, "hook_requests_per_minute": 1_000_000_000,
        "storage_bytes": 1 << 50, "jobs_running": 1_000_000_000, "jobs_per_minute": 1_000_000_000,
        "jobs_queued": 1_000_000_000, "job_weight": 1000,
    ]

    /// The field of a request.
    static func field(required: Bool) -> Field {
        Field(
            "limits", .json(maximumBytes: 4096), required: required,
            example: ["members": 20, "requests_per_minute": 6000],
            summary: summary)
    }

    /// Refuses names and numbers that are no limits.
    ///
    /// - Throws: `Problem` 422.
    static func require(_ limits: JSONValue) throws {
        for member in limits.members ?? [] {
            guard let maximum = maxima[member.name], let number = Int(field: member.value),
                (1...maximum).contains(number)
            else {
                throw Problem.validation(
                    [
                        .init(
                            pointer: "/limits/\(member.name.prefix(80))", code: "limit",
                            detail:
                                "must be \(maxima.keys.sorted().joined(separator: ", ")) with a whole number above 0")
                    ], code: "limit_unknown")
            }
        }
    }
}

/// The time zone that a tenant's schedules follow.
enum TenantZone {
    static let field = Field(
        "zone", .text(1...60), example: "Europe/Berlin",
        summary: "A zone of the IANA database; schedules of modules that ask for the tenant's follow it.")

    /// Refuses what is no zone.
    ///
    /// - Throws: `Problem` 422 `zone_unknown`.
    static func require(_ zone: String) throws {
        // Abbreviations such as CET name different zones at different times of the year.
        guard zone == "UTC" || zone.contains("/"), TimeZone(identifier: zone) != nil else {
            throw Problem.validation(
                [.init(pointer: "/zone", code: "zone", detail: "must be a zone of the IANA database")],
                code: "zone_unknown")
        }
    }
}

/// What an operator changes of a tenant.
struct TenantChange: RequestPayload {
    let name: String?
    let isTest: Bool?
    let zone: String?
    let plan: String?
    let limits: JSONValue?

    static let schema = Schema(
        "TenantChange",
        [
            Field("name", .text(1...200), example: "Acme Ltd"), Field("is_test", .boolean, example: false),
            TenantZone.field, Field("plan", .text(1...40), example: "standard"), Limits.field(required: false),
        ])

    init(_ record: Record) throws {
        name = try record["name"]
        isTest = try record["is_test"]
        zone = try record["zone"]
        if let zone { try TenantZone.require(zone) }
        plan = try record["plan"]
        limits = try record["limits"]
        if let limits { try Limits.require(limits) }
    }
}

/// What an admin changes of the own tenant.
struct OwnTenantChange: RequestPayload {
    let name: String?
    let zone: String?
    let settings: JSONValue?

    static let schema = Schema(
        "OwnTenantChange",
        [
            Field("name", .text(1...200), example: "Acme Ltd"), TenantZone.field,
            Field("settings", .json(maximumBytes: 65_536), example: ["language": "en"]),
        ])

    init(_ record: Record) throws {
        name = try record["name"]
        zone = try record["zone"]
        if let zone { try TenantZone.require(zone) }
        settings = try record["settings"]
    }
}

/// A plan.
enum PlanPayload: Payload {
    static let schema = Schema(
        "Plan",
        [
            Field("id", .text(1...40), example: "standard"),
            Field("limits", .json(maximumBytes: 16_384), example: ["members": 20], summary: Limits.summary),
            Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// The parameter of a path.
    static let id = Field(
        "id", .text(1...40), required: true, example: "standard", summary: "Lower-case letters, digits and underscores."
    )
}

/// A plan's limits.
struct PlanChange: RequestPayload {
    let limits: JSONValue

    static let schema = Schema("PlanChange", [Limits.field(required: true)])

    init(_ record: Record) throws {
        limits = try record["limits"]
        try Limits.require(limits)
    }
}
