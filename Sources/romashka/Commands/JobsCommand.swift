import ArgumentParser
import Identity
import Jobs
import Platform
@_spi(Kernel) import PluginKit
import Tenancy

/// The jobs of this installation.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Look at jobs, run dead ones again, take waiting ones out.",
        discussion: Help.discussion(examples: [
            "romashka jobs lanes                                 how they stand, by module and tenant",
            "romashka jobs list --tenant acme --state dead",
            "romashka jobs show 0192f0c1-7a00-7000-8000-000000000050 --tenant acme",
            "romashka jobs redrive --module knowledge --last-error timeout",
        ]),
        subcommands: [Lanes.self, ListAll.self, Show.self, Retry.self, Cancel.self, RedriveDead.self])

    struct Lanes: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How jobs stand, by module and tenant.",
            discussion: Help.discussion(examples: ["romashka jobs lanes --json"]))

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.withPlatform { platform in
                let lanes = try await platform.jobs.lanes()
                common.print(lanes.values, ["module", "tenant_id", "ready", "running", "waiting", "dead"])
            }
        }
    }

    struct ListAll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "A tenant's newest jobs.",
            discussion: Help.discussion(examples: ["romashka jobs list --tenant acme --state dead"]))

        @OptionGroup var common: CommonOptions
        @Option(help: "The tenant's slug.")
        var tenant: String
        @Option(help: "waiting, ready, running, dead, succeeded or cancelled.")
        var state: String?
        @Option(help: "The module's name.")
        var module: String?
        @Option(help: "How many at most, 1 to 100.")
        var limit = 25

        func validate() throws {
            guard (1...100).contains(limit) else { throw ValidationError("--limit takes 1 to 100") }
            guard state.map(JobDesk.states.contains) ?? true else {
                throw ValidationError("--state takes one of \(JobDesk.states.joined(separator: ", "))")
            }
        }

        func run() async throws {
            try await common.withTenant(tenant) { platform, id in
                let page = try await platform.jobs.list(
                    of: id, .init(state: state, module: module), PageRequest(limit: limit, after: []))
                common.print(page.values, ["id", "state", "kind", "attempt", "enqueued_at", "last_error"])
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A job, what it was given, and what went wrong in each attempt.",
            discussion: Help.discussion(examples: [
                "romashka jobs show 0192f0c1-7a00-7000-8000-000000000050 --tenant acme"
            ]))

        @OptionGroup var common: CommonOptions
        @OptionGroup var job: JobOptions

        func run() async throws { try await job.run(common) { try await $0.find($1, of: $2) } }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a dead job again, or one that waits at once.",
            discussion: Help.discussion(examples: [
                "romashka jobs retry 0192f0c1-7a00-7000-8000-000000000050 --tenant acme"
            ]))

        @OptionGroup var common: CommonOptions
        @OptionGroup var job: JobOptions

        func run() async throws { try await job.run(common) { try await $0.retry($1, of: $2) } }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a job out that has not begun.",
            discussion: Help.discussion(examples: [
                "romashka jobs cancel 0192f0c1-7a00-7000-8000-000000000050 --tenant acme"
            ]))

        @OptionGroup var common: CommonOptions
        @OptionGroup var job: JobOptions

        func run() async throws { try await job.run(common) { try await $0.cancel($1, of: $2) } }
    }

    struct RedriveDead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "redrive", abstract: "Run dead jobs again, at most ten thousand.",
            discussion: Help.discussion(examples: [
                "romashka jobs redrive --module knowledge --last-error timeout",
                "romashka jobs redrive --tenant acme",
            ]))

        @OptionGroup var common: CommonOptions
        @Option(help: "The tenant's slug; all tenants without it.")
        var tenant: String?
        @Option(help: "The module's name.")
        var module: String?
        @Option(help: "The kind of job.")
        var kind: String?
        @Option(name: .customLong("last-error"), help: "What the last attempt ended with, such as timeout.")
        var code: String?

        func run() async throws {
            try await common.withPlatform { platform in
                var id: TenantID?
                if let tenant { id = try await platform.tenant(tenant) }
                let answer = try await platform.jobs.redrive(
                    Redrive(module: module, kind: kind, code: code), of: id
                ).value
                Output.result(answer, "\(Int(field: answer["jobs"]) ?? 0) jobs are run again", asJSON: common.json)
            }
        }
    }
}

/// Names one job.
struct JobOptions: ParsableArguments {
    @Argument(help: "The job's id.")
    var id: String
    @Option(help: "The tenant's slug.")
    var tenant: String

    func validate() throws {
        guard ID<JobSubject>(id) != nil else { throw ValidationError("\(id) is no id of a job") }
    }

    /// Does something with the job, and shows it.
    func run(
        _ common: CommonOptions,
        _ body: @Sendable (JobDesk, ID<JobSubject>, TenantID) async throws -> Resource<JobDetail>
    ) async throws {
        guard let job = ID<JobSubject>(id) else { throw ValidationError("\(id) is no id of a job") }
        try await common.withTenant(tenant) { platform, tenant in
            let value = try await body(platform.jobs, job, tenant).value
            let lines = (value.members ?? []).map { [$0.name, $0.value.string ?? $0.value.text] }
            Output.result(value, Output.table(lines), asJSON: common.json)
        }
    }
}

extension CommonOptions {
    fileprivate func withTenant(
        _ slug: String, _ body: @Sendable (Platform, TenantID) async throws -> Void
    ) async throws {
        try await withPlatform { platform in try await body(platform, try await platform.tenant(slug)) }
    }
}
