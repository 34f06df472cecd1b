package import PluginKit
internal import Tenancy

extension Manifest {
    /// A table with data of people, and what becomes of it when a person wishes to be forgotten.
    package struct PersonalDataDeclaration: RequestPayload {
        package let table: String
        /// The column with the person's id.
        package let subject: String
        /// `erase`, `anonymise` or `keep`.
        package let action: String

        package static let schema = Schema(
            "PersonalData",
            [
                Field("table", .text(1...63), required: true, example: "customer_profiles"),
                Field("subject", .text(1...63), required: true, example: "id"),
                Field("action", .oneOf(["erase", "anonymise", "keep"]), required: true, example: "erase"),
            ])

        package init(_ record: Record) throws {
            table = try record["table"]
            subject = try record["subject"]
            action = try record["action"]
        }
    }

    /// What it adds to the pages that people see.
    package struct UIDeclaration: RequestPayload {
        package let slots: [SlotDeclaration]

        package static let schema = Schema(
            "UI", [Field("slots", .array(.object(SlotDeclaration.schema), 0...50), required: true, example: [])])

        package init(_ record: Record) throws {
            slots = try (record["slots"] as [Record]).map(SlotDeclaration.init)
        }

        init() { slots = [] }
    }

    /// A place in a page that a script of the plugin fills, in a frame of its own.
    package struct SlotDeclaration: RequestPayload {
        /// The place, such as `conversation.sidebar`.
        package let slot: String
        package let title: String
        /// A file below the plugin's `assets`.
        package let script: String
        /// Who sees it; nil for everybody in the tenant.
        package let permission: String?

        package static let schema = Schema(
            "Slot",
            [
                Field("slot", .text(1...80), required: true, example: "conversation.sidebar"),
                Field("title", .text(1...80), required: true, example: "Notes"),
                Field("script", .text(1...200), required: true, example: "panel.js"),
                Field("permission", .text(3...80), example: "sample.read"),
            ])

        package init(_ record: Record) throws {
            slot = try record["slot"]
            title = try record["title"]
            script = try record["script"]
            permission = try record["permission"]
        }
    }

    /// A way in for others' webhooks.
    package struct HookDeclaration: RequestPayload {
        /// Begins with the module's name and a point.
        package let id: String
        package let title: String
        /// What it needs to do besides its own tables, such as commands of others; who makes an address must have it.
        package let permissions: [String]

        package static let schema = Schema(
            "Hook",
            [
                Field("id", .text(3...80), required: true, example: "channels.inbound"),
                Field("title", .text(1...120), required: true, example: "Messages from elsewhere"),
                Field("permissions", .array(.text(3...80), 0...50), example: ["conversations.write"]),
            ])

        package init(_ record: Record) throws {
            id = try record["id"]
            title = try record["title"]
            permissions = try record["permissions"] ?? []
        }
    }
}

extension Manifest {
    /// Refuses a home that visitors could not be led to.
    func requireHome() throws(ManifestError) {
        guard let home else { return }
        guard publicMounts.contains(where: { home == $0 || home.hasPrefix("\($0)/") }) else {
            throw ManifestError(.homeInvalid, "home \(home) lies outside of the public paths")
        }
        let segments = home.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let isPlain = segments.allSatisfy { segment in
            !segment.isEmpty && segment != "." && segment != ".."
                && segment.utf8.allSatisfy {
                    (97...122).contains($0) || (48...57).contains($0) || [45, 46, 95].contains($0)
                }
        }
        guard isPlain else {
            throw ManifestError(
                .homeInvalid,
                "home \(home) must be a path of lower-case letters, digits, points, hyphens and underscores")
        }
    }

    /// Refuses slots of one name, and names that do not stand in the address of a frame as they are.
    func requireOwnSlots() throws(ManifestError) {
        let names = ui.slots.map(\.slot)
        for name in names {
            let words = name.split(omittingEmptySubsequences: false) { "._-".contains($0) }
            let isPlain = words.allSatisfy { word in
                !word.isEmpty && word.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) }
            }
            guard isPlain else {
                throw ManifestError(
                    .nameInvalid,
                    "slot \(name) must be lower-case words with points, underscores or hyphens between them: "
                        + "conversation.sidebar")
            }
        }
        try requireOnce("slot", names)
    }

    /// Refuses what is no other module's command.
    func requireOthersCommands() throws(ManifestError) {
        for command in uses {
            let words = command.split(separator: ".", omittingEmptySubsequences: false)
            guard words.count == 2, ModuleName(String(words[0])) != nil, ModuleName(String(words[1])) != nil else {
                throw ManifestError(
                    .usesInvalid, "uses \(command) must be a module and its command: conversations.assign")
            }
            guard words[0] != id.description else {
                throw ManifestError(.usesInvalid, "uses \(command) is its own command, which it need not name")
            }
        }
        guard Set(uses).count == uses.count else { throw ManifestError(.usesInvalid, "uses names a command twice") }
    }
}
