import PluginKit
import Testing

/// How commands explain themselves.
@Suite("Usage", .enabled("the executable is not built; run swift build first") { Romashka.isBuilt })
struct UsageTests {
    @Test(
        "Help is an answer",
        arguments: [
            "", "up", "serve", "bootstrap", "migrate", "verify-schema", "doctor", "tenant", "tenant create",
            "tenant list",
            "tenant suspend", "tenant resume", "token", "token operator", "token revoke", "module", "module list",
            "module enable", "module disable", "plugin", "plugin list", "routes", "openapi", "keys", "keys list",
            "keys rotate", "member", "member list", "member reset-password",
            "import-demo",
        ])
    func help(command: String) throws {
        let result = try Romashka.run(command.split(separator: " ").map(String.init) + ["--help"])
        #expect(result.status == 0 && result.output.contains("USAGE"))
    }

    @Test(
        "Help shows an example",
        arguments: [
            "", "up", "serve", "bootstrap", "migrate", "verify-schema", "doctor", "tenant create", "token operator",
            "module enable", "module disable", "routes", "openapi", "import-demo", "keys", "keys list", "keys rotate",
            "member", "member list", "member reset-password",
        ])
    func examples(command: String) throws {
        let result = try Romashka.run(command.split(separator: " ").map(String.init) + ["--help"])
        #expect(result.output.contains("EXAMPLE"))
    }

    @Test("The routes and the document need no database")
    func descriptions() throws {
        let options = ["--data-dir", "/nonexistent"]
        let routes = try Romashka.run(["routes", "--json"] + options).output.split(separator: "\n").map { line in
            try JSONParser.parse(Array(line.utf8))
        }
        let document = try JSONParser.parse(Array(try Romashka.run(["openapi"] + options).output.utf8))
        #expect(routes.count > 20)
        for route in routes {
            let path = try #require(route["path"]?.string), method = try #require(route["method"]?.string)
            let operation = document["paths"]?[path]?[method.lowercased()]
            #expect(operation?["summary"] == route["summary"], "\(method) \(path)")
            #expect(route["access"]?.string?.isEmpty == false && route["module"] != nil)
        }
        #expect(try Romashka.run(["routes"] + options).output.contains("conversations.read"))
        #expect(
            try Romashka.run(["openapi", "--plugins", "/nonexistent"]).output.contains("/v1/conversations") == false)
    }

    @Test(
        "Wrong usage has a status of its own",
        arguments: [
            "nonsense", "up --nonsense", "up --port x", "up --log-level loud", "tenant create", "token operator",
            "token operator --name a --days 0", "token operator --name a --days 367", "module list",
            "bootstrap --session-mode none",
        ])
    func wrongUsage(command: String) throws {
        #expect(try Romashka.run(command.split(separator: " ").map(String.init)).status == 64)
    }
}
