import ArgumentParser
import HTTP
import Platform
import PluginKit
import Tenancy

/// The routes of the API.
struct RoutesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes", abstract: "List the API's routes and who may call them.",
        discussion: Help.discussion(
            """
            Needs no database. ACCESS is the permission that is needed, or session, customer, operator, public, visitor
            or hook.
            """,
            examples: [
                "romashka routes",
                "romashka routes --json | jq -r 'select(.access == \"public\").path'",
            ]))

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let routes = try common.described.table.routes
        var rows = [["METHOD", "PATH", "MODULE", "ACCESS", "SUMMARY"]]
        for mounted in routes {
            let module = mounted.module?.name.description
            let access = RoutesCommand.word(for: mounted.route.access)
            if common.json {
                Output.result(
                    [
                        "method": .string(mounted.route.method), "path": .string(mounted.path),
                        "module": module.map { .string($0) } ?? .null, "access": .string(access),
                        "summary": .string(mounted.route.summary),
                    ], "", asJSON: true)
            }
            rows.append([mounted.route.method, mounted.path, module ?? "-", access, mounted.route.summary])
        }
        if !common.json { Output.result(.null, Output.table(rows), asJSON: false) }
    }

    private static func word(for access: Route.Access) -> String {
        switch access {
        case .permission(let permission): permission
        case .session: "session"
        case .customer: "customer"
        case .operator: "operator"
        case .public: "public"
        case .visitor: "visitor"
        case .hook: "hook"
        }
    }
}
