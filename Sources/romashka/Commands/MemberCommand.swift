import ArgumentParser
import Identity
import Platform
@_spi(Kernel) import PluginKit

/// The people of a tenant.
struct MemberCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member", abstract: "List a tenant's people, and help one who cannot log in.",
        discussion: Help.discussion(
            examples: [
                "romashka member list --tenant acme",
                "romashka member reset-password ada@acme.example --tenant acme",
            ]),
        subcommands: [ListAll.self, ResetPassword.self])

    struct ListAll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The people of a tenant, newest first.",
            discussion: Help.discussion(
                examples: [
                    "romashka member list --tenant acme --json"
                ]))

        @OptionGroup var common: CommonOptions
        @Option(help: "The tenant's slug.")
        var tenant: String

        func run() async throws {
            try await common.withPlatform { platform in
                let members = try await platform.identity.members.all(of: try await platform.tenant(tenant))
                if common.json {
                    for member in members { Output.result(member.json, "", asJSON: true) }
                } else {
                    let rows = members.map { [$0.email ?? "-", $0.name, $0.role, $0.status, $0.id.description] }
                    Output.result(
                        .null, Output.table([["E-MAIL", "NAME", "ROLE", "STATUS", "ID"]] + rows), asJSON: false)
                }
            }
        }
    }

    struct ResetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token, good for an hour and once, by which a person chooses a new password.",
            discussion: Help.discussion(
                "The person sends it to POST /v1/auth/password-resets/confirm.",
                examples: [
                    "romashka member reset-password ada@acme.example --tenant acme"
                ]))

        @OptionGroup var common: CommonOptions
        @Argument(help: "The person's address.")
        var email: String
        @Option(help: "The tenant's slug.")
        var tenant: String

        func run() async throws {
            guard let address = EmailAddress(email) else { throw ValidationError("\(email) is no e-mail address") }
            try await common.withPlatform { platform in
                let id = try await platform.tenant(tenant)
                let members = try await platform.identity.members.all(of: id)
                guard let member = members.first(where: { $0.email == address.normalized }) else {
                    throw ConfigurationError(
                        .memberUnknown, "\(tenant) has nobody with the address \(address.normalized)")
                }
                let reset = try await platform.identity.resets.create(for: member.id, of: id).value
                Output.result(reset, reset["token"]?.string ?? "", asJSON: common.json)
            }
        }
    }
}
