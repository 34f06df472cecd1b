import ArgumentParser
import Cryptography
import Foundation
import Identity
import Platform
import PluginKit

/// Onboarding by command.
struct TenantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Create, list, suspend and resume tenants.",
        discussion: Help.discussion(
            examples: [
                "romashka tenant create acme \"Acme Ltd\" --admin-email ada@acme.example",
                "romashka tenant suspend acme",
            ]),
        subcommands: [Create.self, ListAll.self, Suspend.self, Resume.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a tenant with its first person, who is its owner.",
            discussion: Help.discussion(
                """
                The owner's password is read from ROMASHKA_ADMIN_PASSWORD (10 to 200 characters), else made and
                printed once.
                """,
                examples: [
                    "romashka tenant create acme \"Acme Ltd\" --admin-email ada@acme.example",
                    "ROMASHKA_ADMIN_PASSWORD=… romashka tenant create acme Acme --admin-email ada@acme.example --json",
                ]))

        @OptionGroup var common: CommonOptions
        @Argument(help: "Lower-case letters, digits and hyphens.")
        var slug: String
        @Argument(help: "The company's name.")
        var name: String
        @Option(help: "The owner's address.")
        var adminEmail: String
        @Option(help: "The owner's name.")
        var adminName = "Admin"

        func run() async throws {
            let given = common.environment["ROMASHKA_ADMIN_PASSWORD"]
            let password = given ?? Base64URL.encode(RandomBytes.generate(15))
            let wanted = try checked(password: password)
            let email = wanted.admin.email
            try await common.withPlatform { platform in
                _ = try await platform.identity.tenants.create(
                    slug: wanted.slug, name: wanted.name, isTest: wanted.isTest, admin: wanted.admin)
                var members: [JSONValue.Member] = [.init("slug", .string(slug)), .init("email", .string(email))]
                if given == nil { members.append(.init("password", .string(password))) }
                let secret = given == nil ? password : "the given password"
                Output.result(
                    .object(members), "tenant \(slug) is there; \(email) logs in with \(secret)", asJSON: common.json)
            }
        }

        /// What was given, held against the rules of the operator's API.
        private func checked(password: String) throws -> NewTenant {
            let admin: JSONValue = [
                "email": .string(adminEmail), "name": .string(adminName), "password": .string(password),
            ]
            do {
                return try NewTenant.decode(["slug": .string(slug), "name": .string(name), "admin": admin])
            } catch let problem as Problem {
                let faults = problem.errors.map { "\(Self.names[$0.pointer] ?? $0.pointer) \($0.detail)" }
                throw ValidationError(faults.joined(separator: "; "))
            }
        }

        /// What the API's fields are called here.
        private static let names = [
            "/slug": "the slug", "/name": "the name", "/admin/email": "--admin-email", "/admin/name": "--admin-name",
            "/admin/password": "ROMASHKA_ADMIN_PASSWORD",
        ]
    }

    struct ListAll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "All tenants, newest first.",
            discussion: Help.discussion(examples: ["romashka tenant list", "romashka tenant list --json"]))

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.withPlatform { platform in
                let tenants = try await platform.identity.tenants.all()
                if common.json {
                    for tenant in tenants { Output.result(tenant.json, "", asJSON: true) }
                } else {
                    let rows = tenants.map { [$0.slug, $0.name, $0.status, $0.id.description] }
                    Output.result(.null, Output.table([["SLUG", "NAME", "STATUS", "ID"]] + rows), asJSON: false)
                }
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shut a tenant out within a second.",
            discussion: Help.discussion(
                "Its data stays; whoever is logged in is refused with 403.", examples: ["romashka tenant suspend acme"])
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The tenant's slug.")
        var slug: String

        func run() async throws { try await common.setActive(false, slug) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a suspended tenant in again.",
            discussion: Help.discussion(examples: ["romashka tenant resume acme"]))

        @OptionGroup var common: CommonOptions
        @Argument(help: "The tenant's slug.")
        var slug: String

        func run() async throws { try await common.setActive(true, slug) }
    }
}

extension CommonOptions {
    fileprivate func setActive(_ isActive: Bool, _ slug: String) async throws {
        try await withPlatform { platform in
            let tenant = try await platform.tenant(slug)
            _ = try await platform.identity.tenants.setActive(isActive, tenant)
            let status = isActive ? "active" : "suspended"
            Output.result(["slug": .string(slug), "status": .string(status)], "\(slug) is \(status)", asJSON: json)
        }
    }
}

extension Platform {
    /// The tenant with a slug.
    ///
    /// - Throws: `ConfigurationError` when there is none.
    func tenant(_ slug: String) async throws -> TenantID {
        guard let id = try await identity.tenants.find(slug: slug) else {
            throw ConfigurationError(.tenantUnknown, "there is no tenant \(slug)")
        }
        return id
    }
}
