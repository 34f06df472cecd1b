import ArgumentParser
import Identity
import Platform
import PluginKit

/// Tokens of operators.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make and end operators' tokens.",
        discussion: Help.discussion(
            examples: ["romashka token operator --name deploy", "romashka token revoke rmo_…"]),
        subcommands: [OperatorToken.self, Revoke.self])

    struct OperatorToken: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "operator",
            abstract: "Make a token for /v1/operator; it is shown this once.",
            discussion: Help.discussion(
                examples: [
                    "romashka token operator --name deploy --days 90",
                    "OP=$(romashka token operator --name tour)",
                ]))

        @OptionGroup var common: CommonOptions
        @Option(help: "What the token is for.")
        var name: String
        @Option(help: "Days until it expires, 1 to 366.")
        var days = 30

        func validate() throws {
            guard (1...366).contains(days) else { throw ValidationError("--days is 1 to 366") }
        }

        func run() async throws {
            try await common.withPlatform { platform in
                let token = try await platform.identity.operators.issue(name: name, lifetime: .seconds(days * 86_400))
                Output.result(["token": .string(token)], token, asJSON: common.json)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a token, by itself or by its id.",
            discussion: Help.discussion(
                examples: ["romashka token revoke rmo_…", "romashka token revoke 0198c1d2-7c5e-7a3b-9f10-2b6d4e8a1c35"])
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The token, or the id in its middle.")
        var token: String

        func run() async throws {
            guard let id = OperatorTokens.id(of: token) ?? ID<Operator>(token) else {
                throw ValidationError("this is no token and no id")
            }
            try await common.withPlatform { platform in
                guard try await platform.identity.operators.revoke(id) else {
                    throw ConfigurationError(.tokenUnknown, "there is no such token")
                }
                Output.result(["revoked": .string(id.description)], "revoked \(id)", asJSON: common.json)
            }
        }
    }
}
