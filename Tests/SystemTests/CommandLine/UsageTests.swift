import Foundation
import PluginKit
import Testing

/// How commands explain themselves.
@Suite("Usage", .enabled("the executable is not built; run swift build first") { Romashka.isBuilt })
struct UsageTests {
    /// A command as the executable describes it, with its words, such as `tenant create`.
    struct Described: Sendable, CustomTestStringConvertible {
        let words: [String]
        let abstract: String
        let discussion: String

        var testDescription: String { words.isEmpty ? "romashka" : words.joined(separator: " ") }
    }

    /// Every command and subcommand there is, but for `help`, which the parser brings along.
    static let commands: [Described] = {
        guard let output = try? Romashka.wait(for: ["--experimental-dump-help"]).output,
            let root = try? JSONParser.parse(Array(output.utf8))["command"]
        else { return [] }
        return described(root, under: [])
    }()

    private static func described(_ command: JSONValue, under words: [String]) -> [Described] {
        let own = Described(
            words: words, abstract: command["abstract"]?.string ?? "", discussion: command["discussion"]?.string ?? "")
        let subcommands = (command["subcommands"]?.array ?? []).flatMap { subcommand -> [Described] in
            guard let name = subcommand["commandName"]?.string, name != "help" else { return [] }
            return described(subcommand, under: words + [name])
        }
        return [own] + subcommands
    }

    @Test("All commands are found")
    func commandsAreFound() {
        let names = Self.commands.map(\.testDescription)
        for name in ["romashka", "up", "rollback", "tenant create", "token revoke", "plugin list"] {
            #expect(names.contains(name))
        }
        #expect(names.count >= 23)
    }

    @Test("Every command has an abstract, examples of itself and its exit codes", arguments: commands)
    func helpIsWhole(command: Described) async throws {
        let result = try await Romashka.run(command.words + ["--help"])
        #expect(result.status == 0 && result.output.contains("USAGE: romashka"))
        #expect(!command.abstract.isEmpty && command.abstract.hasSuffix("."))
        let examples = try #require(part("EXAMPLES", of: command.discussion))
        #expect(examples.contains((["romashka"] + command.words).joined(separator: " ")), "\(examples)")
        let codes = try #require(part("EXIT CODES", of: command.discussion))
        for code in ["0  ", "1  ", "64  "] { #expect(codes.contains("\n  " + code), "\(codes)") }
        #expect(result.output.contains("EXAMPLES") && result.output.contains("EXIT CODES"))
    }

    /// A part of a discussion, from its heading to the next empty line.
    private func part(_ heading: String, of discussion: String) -> String? {
        discussion.components(separatedBy: "\n\n").first { $0.hasPrefix(heading + "\n") }
    }

    @Test("The routes and the document need no database")
    func descriptions() async throws {
        let options = ["--data-dir", "/nonexistent"]
        let document = try await Romashka.run(["openapi"] + options).output
        let routes = try await Romashka.run(["routes", "--json"] + options).output.split(separator: "\n").map { line in
            try JSONParser.parse(Array(line.utf8))
        }
        let openAPI = try JSONParser.parse(Array(document.utf8))
        #expect(routes.count > 20)
        for route in routes {
            let path = try #require(route["path"]?.string), method = try #require(route["method"]?.string)
            let operation = openAPI["paths"]?[path]?[method.lowercased()]
            #expect(operation?["summary"] == route["summary"], "\(method) \(path)")
            #expect(route["access"]?.string?.isEmpty == false && route["module"] != nil)
        }
        #expect(try await Romashka.run(["routes"] + options).output.contains("conversations.read"))
        #expect(
            try await Romashka.run(["openapi", "--plugins", "/nonexistent"]).output.contains("/v1/conversations")
                == false)
    }

    @Test(
        "Wrong usage has a status of its own",
        arguments: [
            "nonsense", "up --nonsense", "up --port x", "up --log-level loud", "tenant create", "token operator",
            "token operator --name a --days 0", "token operator --name a --days 367", "module list",
            "plugin uninstall knowledge", "plugin uninstall knowledge --keep --drop", "module disable knowledge",
            "plugin bisect start --command true --command-timeout 0", "bootstrap --session-mode none",
            "rollback --to 1", "rollback --module knowledge --to x",
            "tenant create acme Acme --admin-email nobody", "tenant create Acme! Acme --admin-email a@acme.example",
        ])
    func wrongUsage(command: String) async throws {
        #expect(try await Romashka.run(command.split(separator: " ").map(String.init)).status == 64)
    }

    @Test(
        "A time for statements that is none, or that nobody waits for, is bad input and is named",
        arguments: ["", "0", "1s", "4001"])
    func statementTimeout(text: String) async throws {
        let result = try await Romashka.run(
            ["tenant", "list", "--data-dir", "/nonexistent"], environment: ["ROMASHKA_STATEMENT_TIMEOUT": text])
        #expect(result.status == 64 && result.errors.contains("ROMASHKA_STATEMENT_TIMEOUT"), "\(result.errors)")
    }

    @Test(
        "A time for loading a plugin that is none, or longer than a start may take, is bad input and is named",
        arguments: ["", "0", "2s", "51"])
    func pluginLoadTimeout(text: String) async throws {
        let result = try await Romashka.run(
            ["tenant", "list", "--data-dir", "/nonexistent"], environment: ["ROMASHKA_PLUGIN_LOAD_TIMEOUT": text])
        #expect(result.status == 64 && result.errors.contains("ROMASHKA_PLUGIN_LOAD_TIMEOUT"), "\(result.errors)")
    }

    @Test("A password that is too short is bad input and is named", arguments: ["", "nine char"])
    func shortPassword(password: String) async throws {
        let result = try await Romashka.run(
            ["tenant", "create", "acme", "Acme", "--admin-email", "a@acme.example"],
            environment: ["ROMASHKA_ADMIN_PASSWORD": password])
        #expect(result.status == 64)
        #expect(result.errors.contains("ROMASHKA_ADMIN_PASSWORD must have 10 to 200 characters"), "\(result.errors)")
        #expect(!result.errors.contains("nine char"))
    }
}
