import ArgumentParser
import Platform
import PluginHost
import PluginKit
import Tenancy

/// A tenant's modules.
struct ModuleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "module", abstract: "List a tenant's modules, switch them on and off.",
        discussion: Help.discussion(
            "A module that is switched off answers 404 within a second; its data stays.",
            examples: ["romashka module list --tenant acme", "romashka module disable knowledge --tenant acme"]),
        subcommands: [ListAll.self, Enable.self, Disable.self])

    struct ListAll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The modules of a tenant.",
            discussion: Help.discussion(
                examples: ["romashka module list --tenant acme", "romashka module list --tenant acme --json"]))

        @OptionGroup var common: CommonOptions
        @Option(help: "The tenant's slug.")
        var tenant: String

        func run() async throws {
            try await common.withPlatform { platform in
                let id = try await platform.tenant(tenant)
                var rows: [[String]] = []
                for manifest in platform.registry.activeManifests {
                    let name = manifest.id.description
                    let standing = platform.control.read {
                        $0.standing(of: name, isAlwaysOn: manifest.isAlwaysOn, for: id)
                    }
                    let isOn = standing != .switchedOff
                    if common.json {
                        Output.result(["id": .string(name), "enabled": .bool(isOn)], "", asJSON: true)
                    }
                    rows.append([name, isOn ? "on" : "off", manifest.version, manifest.title])
                }
                if !common.json {
                    Output.result(.null, Output.table([["MODULE", "", "VERSION", "TITLE"]] + rows), asJSON: false)
                }
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch a module on.",
            discussion: Help.discussion(examples: ["romashka module enable knowledge --tenant acme"]))

        @OptionGroup var common: CommonOptions
        @Argument(help: "The module's id.")
        var module: String
        @Option(help: "The tenant's slug.")
        var tenant: String

        func run() async throws { try await common.turn(true, module, tenant) }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch a module off; its data stays.",
            discussion: Help.discussion(
                """
                A module whose manifest says it is always on is refused. With --every-tenant those that are there now;
                it works for a module whose code is not loaded, too.
                """,
                examples: [
                    "romashka module disable knowledge --tenant acme",
                    "romashka module disable knowledge --every-tenant",
                ]))

        @OptionGroup var common: CommonOptions
        @Argument(help: "The module's id.")
        var module: String
        @Option(help: "The tenant's slug.")
        var tenant: String?
        @Flag(name: .customLong("every-tenant"), help: "For all tenants, as before uninstalling a module.")
        var isForEveryTenant = false

        func validate() throws {
            guard (tenant != nil) != isForEveryTenant else {
                throw ValidationError("say for whom: --tenant SLUG or --every-tenant")
            }
        }

        func run() async throws {
            if let tenant { return try await common.turn(false, module, tenant) }
            try await common.withPlatform { platform in
                let count = try await platform.switches.switchOffEverywhere(module)
                Output.result(
                    ["id": .string(module), "enabled": false, "tenants": .integer(Int64(count))],
                    "\(module) is off for every tenant; it was on for \(count)", asJSON: common.json)
            }
        }
    }
}

extension CommonOptions {
    fileprivate func turn(_ isOn: Bool, _ module: String, _ slug: String) async throws {
        try await withPlatform { platform in
            let tenant = try await platform.tenant(slug)
            _ = try await platform.switches.change(module, of: tenant, enabled: isOn, settings: nil)
            Output.result(
                ["id": .string(module), "enabled": .bool(isOn)], "\(module) is \(isOn ? "on" : "off") for \(slug)",
                asJSON: json)
        }
    }
}
