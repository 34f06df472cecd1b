import ArgumentParser
import Platform
import PluginHost
import PluginKit
import Tenancy

/// Finds the plugin that causes a trouble.
struct BisectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bisect", abstract: "Find the plugin that causes a trouble, by pausing half of them at a time.",
        discussion: Help.discussion(
            """
            First all plugins rest, then half of those that may be to blame, on every process. After each round look
            whether the trouble is still there, and say good or bad. A plugin rests together with those that require
            it; what was paused before stays paused. How far it is stands in the database, so that servers and machines
            may be started anew in between. Tenants are without the plugins that rest: try it at a quiet hour.
            """,
            examples: [
                "romashka plugin bisect start", "romashka plugin bisect bad", "romashka plugin bisect good",
                "romashka plugin bisect start --command 'curl -sf --max-time 1 localhost:8080/readyz'",
            ]),
        subcommands: [Start.self, Good.self, Bad.self, Reset.self])

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin: pause all plugins that serve.",
            discussion: Help.discussion(
                """
                With --command it goes on by itself: status 0 says that the trouble is gone, 1 to 123 that it is still
                there; with anything else, such as 125, it stops and everything serves as before, as it does after
                Ctrl-C, SIGTERM or when the terminal is closed. In the first round all plugins rest and their routes
                answer 503, so the command must ask for something that answers without them. A token comes from a
                file, since every local user may read command lines: curl's -H @FILE reads the line "Authorization:
                Bearer …" from it.
                """,
                examples: [
                    "romashka plugin bisect start",
                    "romashka plugin bisect start --command './is-fast.sh' --command-timeout 60 --json",
                    "romashka plugin bisect start --command 'curl -sf -H @/root/token localhost:8080/v1/me'",
                ]))

        @OptionGroup var common: CommonOptions
        @Option(help: "What /bin/sh runs in each round to tell whether the trouble is gone.")
        var command: String?
        @Option(name: .customLong("command-timeout"), help: "Seconds that the command may take.")
        var seconds = 300

        func validate() throws {
            guard (1...3600).contains(seconds) else { throw ValidationError("--command-timeout takes 1 to 3600") }
        }

        func run() async throws {
            try await common.withPlatform { platform in
                let bisections = platform.bisections
                guard let command else {
                    common.show(try await bisections.start(platform.bisectedModules))
                    return
                }
                let trial = BisectTrial(command: command, seconds: seconds)
                // Before anything rests, so that no signal leaves it at rest.
                let signals = await EndingSignals()
                let first = try await bisections.start(platform.bisectedModules)
                do {
                    try await signals.run { try await hunt(from: first, bisections, trial) }
                } catch let interrupted as EndingSignals.Interrupted {
                    _ = try await bisections.reset()
                    throw ConfigurationError(
                        .bisectionInterrupted,
                        "\(interrupted.signal) ended the bisection; everything serves again as before")
                } catch {
                    _ = try? await bisections.reset()
                    throw error
                }
            }
        }

        /// Round by round to the verdict.
        private func hunt(
            from first: Bisection, _ bisections: PluginBisections, _ trial: BisectTrial
        ) async throws {
            var bisection = first
            common.show(bisection)
            while case .round = bisection.step {
                // Until then every process knows of the round.
                try await Task.sleep(for: PluginBisections.effect)
                bisection = try await bisections.answer(isGone: try await trial.isGone())
                common.show(bisection)
            }
        }
    }

    struct Good: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that the trouble is gone in this round.",
            discussion: Help.discussion(examples: ["romashka plugin bisect good"]))

        @OptionGroup var common: CommonOptions

        func run() async throws { try await common.answer(isGone: true) }
    }

    struct Bad: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that the trouble is still there in this round.",
            discussion: Help.discussion(examples: ["romashka plugin bisect bad"]))

        @OptionGroup var common: CommonOptions

        func run() async throws { try await common.answer(isGone: false) }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End it: what it paused serves again.",
            discussion: Help.discussion(examples: ["romashka plugin bisect reset"]))

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.withPlatform(hasPlugins: false) { platform in
                let resumed = try await platform.bisections.reset()
                Output.result(
                    ["state": "reset", "resumed": .array(resumed.map { .string($0) })],
                    resumed.isEmpty ? "nothing rested" : "in service again: \(resumed.joined(separator: ", "))",
                    asJSON: common.json)
            }
        }
    }
}

extension Platform {
    /// The plugins that serve, what is required before those that require it.
    fileprivate var bisectedModules: [Bisection.Module] {
        let paused = Set(control.read { Array($0.pausedPlugins.keys) })
        return registry.activeManifests.filter { !paused.contains($0.id.description) }
            .map { Bisection.Module(id: $0.id.description, requires: $0.requires) }
    }
}

extension CommonOptions {
    fileprivate func answer(isGone: Bool) async throws {
        try await withPlatform(hasPlugins: false) { platform in
            show(try await platform.bisections.answer(isGone: isGone))
        }
    }

    /// What is to be done now, or what it came to.
    fileprivate func show(_ bisection: Bisection) {
        let round = bisection.answers.count + 1
        switch bisection.step {
        case .round(let resting):
            Output.result(
                [
                    "state": "round", "round": .integer(Int64(round)),
                    "resting": .array(resting.map { .string($0) }),
                    "rounds_left": .integer(Int64(bisection.roundsLeft)),
                ],
                """
                round \(round), at most \(bisection.roundsLeft) more; resting: \(resting.joined(separator: ", "))
                look whether the trouble is still there, then: romashka plugin bisect good (it is gone) or bad
                """, asJSON: json)
        case .over(.culprit(let id)):
            Output.result(
                ["state": "over", "culprit": .string(id)],
                """
                it is \(id): without it the trouble is gone, and all others served
                everything serves again as before; romashka plugin pause \(id) --reason … takes it out of service
                """, asJSON: json)
        case .over(.nobody):
            Output.result(
                ["state": "over", "culprit": .null],
                "no plugin is to blame, or none by itself; everything serves again as before", asJSON: json)
        }
    }
}
