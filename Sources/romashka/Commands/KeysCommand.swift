import ArgumentParser
import Identity
import Platform
import PluginKit
import Tenancy

/// The keys that access tokens are signed with.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "List and rotate the keys that access tokens and sessions of the database are signed with.",
        discussion: Help.discussion(
            examples: [
                "romashka keys list",
                "romashka keys rotate              nobody notices",
                "romashka keys rotate --sessions   the key of the database's sessions; nobody notices",
                "romashka keys rotate --emergency  every access token ends now; people stay logged in by their refresh token",
            ]),
        subcommands: [List.self, Rotate.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The keys in use, oldest first.",
            discussion: Help.discussion(
                examples: [
                    "romashka keys list --json"
                ]))

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.withPlatform { platform in
                let keys = platform.control.read { $0.tokenKeys }
                if common.json {
                    for key in keys { Output.result(key.json, "", asJSON: true) }
                } else {
                    let rows = keys.map { [$0.id, $0.signsFrom.description, $0.endsAt?.description ?? "-"] }
                    Output.result(.null, Output.table([["KEY", "SIGNS FROM", "ENDS"]] + rows), asJSON: false)
                }
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign with a new key; the old one verifies until its last token has ended.",
            discussion: Help.discussion(
                examples: [
                    "romashka keys rotate"
                ]))

        @OptionGroup var common: CommonOptions
        @Flag(help: "End the old keys now, and with them every access token.")
        var emergency = false
        @Flag(
            help: """
                Change the key of the database's sessions instead, which needs a superuser's connection; with \
                --emergency requests of the next moment fail.
                """)
        var sessions = false

        func run() async throws {
            if sessions { return try await rotateSessions() }
            try await common.withPlatform { platform in
                let key = try await platform.identity.rotation.rotate(isEmergency: emergency)
                Output.result(key.json, "\(key.id) signs from \(key.signsFrom)", asJSON: common.json)
            }
        }

        private func rotateSessions() async throws {
            try await common.withDatabase { access in
                let setup = try access.setup(common.logger)
                defer { setup.close() }
                let number = try await setup.rotateSessionKey(isEmergency: emergency)
                Output.result(
                    ["session_key": .integer(Int64(number))], "sessions of the database are signed with key \(number)",
                    asJSON: common.json)
            }
        }
    }
}

extension TokenKeyRecord {
    fileprivate var json: JSONValue {
        [
            "id": .string(id), "signs_from": .string(signsFrom.description),
            "ends_at": endsAt.map { .string($0.description) } ?? .null,
        ]
    }
}
