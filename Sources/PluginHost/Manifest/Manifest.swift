package import PluginKit
package import Tenancy

/// What `plugin.json` says of a plugin, readable without loading its code.
package struct Manifest: Sendable {
    /// The module's name: of its schema, its roles and its permissions.
    package let id: ModuleName
    package let title: String
    package let version: String
    /// The versions of PluginKit that it is made for.
    package let kit: PluginKitRange
    /// Modules that must be on for this one to work.
    package let requires: [String]
    /// What it reads of their tables.
    package let reads: [ReadDeclaration]
    /// Whether a tenant may not switch it off.
    package let isAlwaysOn: Bool
    /// Path prefixes below `/v1` that belong to this plugin alone.
    package let mounts: [String]
    /// Path prefixes below `/public/<tenant>`, and on tenants' hosts, that belong to this plugin alone.
    package let publicMounts: [String]
    /// Where a tenant's own host leads, among its public paths; nil when it offers none.
    package let home: String?
    /// The ways in for others' webhooks.
    package let hooks: [HookDeclaration]
    package let permissions: [PermissionDeclaration]
    package let tables: [TableDeclaration]
    package let search: [SearchDeclaration]
    /// What a tenant can set.
    package let settings: SettingsSchema
    /// The names of what it offers to other modules.
    package let commands: [String]
    /// The names of what it may ask other modules for.
    package let uses: [String]
    /// The hosts it may speak to: a name, `*.` before one for those below it, or `*` for all.
    package let network: [String]
    package let personalData: [PersonalDataDeclaration]
    package let ui: UIDeclaration
    /// The kinds of its jobs.
    package let jobs: [JobDeclaration]
    /// What it tells of.
    package let events: [EventDeclaration]
    /// What of others' events becomes one of its jobs.
    package let consumes: [Subscription]
    /// What it does by the clock.
    package let schedules: [ScheduleDeclaration]

    /// A permission and the built-in roles that have it; an owner has whatever an admin has.
    package struct PermissionDeclaration: RequestPayload {
        package let id: String
        package let title: String
        package let roles: [String]
        /// Whether its routes go by how far it reaches, so that a role may have it over a team's or one's own.
        package let isNarrowable: Bool
    }

    /// What the kernel must know of a table to protect it.
    package struct TableDeclaration: RequestPayload {
        package let name: String
        /// Whether it is split by month of its UUIDv7 ids.
        package let isPartitioned: Bool
        /// The column that says whose row it is, when customers may see their own.
        package let customerColumn: String?
        /// What customers, and what visitors see of it; without a rule neither sees a row.
        package let rule: JSONValue
    }

    /// A generated full-text search function.
    package struct SearchDeclaration: RequestPayload {
        package let function: String
        package let table: String
        package let column: String
    }
}

extension Manifest: RequestPayload {
    package static let schema = Schema(
        "Manifest",
        [
            Field("id", .text(2...31), required: true, example: "knowledge"),
            Field("title", .text(1...80), required: true, example: "Knowledge base"),
            Field("version", .text(1...40), required: true, example: "0.1.0"),
            Field("pluginkit", .text(1...40), required: true, example: "1"),
            Field("requires", .array(.text(2...31), 0...32), example: ["conversations"]),
            Field("reads", .array(.object(ReadDeclaration.schema), 0...100), example: []),
            Field("always_on", .boolean, example: false),
            Field("mounts", .array(.text(2...80), 1...16), required: true, example: ["/knowledge"]),
            Field("public", .array(.text(2...80), 0...16), example: ["/help"]),
            Field("home", .text(2...80), example: "/help"),
            Field("hooks", .array(.object(HookDeclaration.schema), 0...50), example: []),
            Field("permissions", .array(.object(PermissionDeclaration.schema), 0...100), required: true, example: []),
            Field("tables", .array(.object(TableDeclaration.schema), 0...200), required: true, example: []),
            Field("search", .array(.object(SearchDeclaration.schema), 0...20), example: []),
            Field("personal_data", .array(.object(PersonalDataDeclaration.schema), 0...200), example: []),
            Field("settings", .json(maximumBytes: 65_536), example: ["type": "object", "properties": [:]]),
            Field("commands", .array(.text(3...80), 0...100), example: ["knowledge.publish"]),
            Field("uses", .array(.text(3...80), 0...100), example: ["conversations.assign"]),
            Field("network", .array(.text(1...253), 0...50), example: ["api.example.com"]),
            Field("ui", .object(UIDeclaration.schema), example: ["slots": []]),
            Field("jobs", .array(.object(JobDeclaration.schema), 0...100), example: []),
            Field("events", .array(.object(EventDeclaration.schema), 0...200), example: []),
            Field("consumes", .array(.object(Subscription.schema), 0...200), example: []),
            Field("schedules", .array(.object(ScheduleDeclaration.schema), 0...50), example: []),
        ])

    package init(_ record: Record) throws {
        let name: String = try record["id"]
        guard let id = ModuleName(name) else {
            throw ManifestError(
                .nameInvalid, "id must be a lower-case letter followed by letters, digits and underscores")
        }
        self.id = id
        title = try record["title"]
        version = try record["version"]
        let kit: String = try record["pluginkit"]
        guard let range = PluginKitRange(kit) else {
            throw ManifestError(
                .pluginKitInvalid,
                "pluginkit: expected versions such as 1, 1.2 or >=1.0 <2, found \(kit); "
                    + "fix: say \(PluginKitVersion.current.major) when it is made for this installation's PluginKit")
        }
        self.kit = range
        requires = try record["requires"] ?? []
        reads = try (record["reads"] as [Record]? ?? []).map(ReadDeclaration.init)
        isAlwaysOn = try record["always_on"] ?? false
        mounts = try record["mounts"]
        publicMounts = try record["public"] ?? []
        home = try record["home"]
        hooks = try (record["hooks"] as [Record]? ?? []).map(HookDeclaration.init)
        permissions = try (record["permissions"] as [Record]).map(PermissionDeclaration.init)
        tables = try (record["tables"] as [Record]).map(TableDeclaration.init)
        search = try (record["search"] as [Record]? ?? []).map(SearchDeclaration.init)
        personalData = try (record["personal_data"] as [Record]? ?? []).map(PersonalDataDeclaration.init)
        settings = try (record["settings"] as JSONValue?).map { try SettingsSchema($0) } ?? .none
        commands = try record["commands"] ?? []
        uses = try record["uses"] ?? []
        network = try record["network"] ?? []
        ui = try (record["ui"] as Record?).map(UIDeclaration.init) ?? UIDeclaration()
        jobs = try (record["jobs"] as [Record]? ?? []).map(JobDeclaration.init)
        events = try (record["events"] as [Record]? ?? []).map(EventDeclaration.init)
        consumes = try (record["consumes"] as [Record]? ?? []).map(Subscription.init)
        schedules = try (record["schedules"] as [Record]? ?? []).map(ScheduleDeclaration.init)
        try requireOwnNames()
        try requireOwnJobs()
        try requireOwnSlots()
        try requireHome()
        try requireOthersCommands()
        try requireOthersTables()
    }
}

extension Manifest.PermissionDeclaration {
    package static let schema = Schema(
        "Permission",
        [
            Field("id", .text(3...80), required: true, example: "knowledge.read"),
            Field("title", .text(1...120), required: true, example: "Read articles"),
            Field(
                "roles", .array(.oneOf(["admin", "agent", "viewer"]), 0...3), required: true,
                example: ["admin", "agent"]),
            Field("narrowable", .boolean, example: false),
        ])

    package init(_ record: Record) throws {
        id = try record["id"]
        title = try record["title"]
        roles = try record["roles"]
        isNarrowable = try record["narrowable"] ?? false
    }
}

extension Manifest.TableDeclaration {
    package static let schema = Schema(
        "Table",
        [
            Field("name", .text(1...63), required: true, example: "messages"),
            Field("partitioned", .boolean, example: false),
            Field("customer", .text(1...63), example: "customer_id"),
            Field("customer_hides", .object(match), example: ["column": "type", "value": "note"]),
            Field("parent", .object(parent), example: ["table": "conversations", "column": "conversation_id"]),
            Field("public", .object(match), example: ["column": "status", "value": "published"]),
        ])

    /// A column and the value that it must have.
    private static let match = Schema(
        "TableMatch",
        [
            Field("column", .text(1...63), required: true, example: "status"),
            Field("value", .text(1...80), required: true, example: "published"),
        ])

    /// A table of the same module, through which a row belongs to a customer.
    private static let parent = Schema(
        "TableParent",
        [
            Field("table", .text(1...63), required: true, example: "conversations"),
            Field("column", .text(1...63), required: true, example: "conversation_id"),
        ])

    package init(_ record: Record) throws {
        name = try record["name"]
        isPartitioned = record.has("partitioned") ? try record["partitioned"] : false
        customerColumn = record.has("customer") ? try record["customer"] : nil
        rule = .object(
            try ["customer", "customer_hides", "parent", "public"].compactMap { name in
                try (record[name] as JSONValue?).map { .init(name, $0) }
            })
    }
}

extension Manifest.SearchDeclaration {
    package static let schema = Schema(
        "Search",
        [
            Field("function", .text(1...63), required: true, example: "search_items"),
            Field("table", .text(1...63), required: true, example: "knowledge_items"),
            Field("column", .text(1...63), required: true, example: "tsv"),
        ])

    package init(_ record: Record) throws {
        function = try record["function"]
        table = try record["table"]
        column = try record["column"]
    }
}
