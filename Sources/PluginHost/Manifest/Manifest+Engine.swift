internal import Foundation
internal import Migrations
package import PluginKit

extension Manifest {
    /// A kind of job.
    package struct JobDeclaration: RequestPayload {
        /// Begins with the module's name and a point.
        package let kind: String
        /// How often it is tried at most.
        package let attempts: Int
        /// How many seconds an attempt may take.
        package let timeout: Int

        package static let schema = Schema(
            "JobKind",
            [
                Field("kind", .text(3...80), required: true, example: "knowledge.recount"),
                Field("attempts", .integer(1...50), example: 10),
                Field("timeout", .integer(1...86_400), example: 30),
            ])

        package init(_ record: Record) throws {
            kind = try record["kind"]
            attempts = try record["attempts"] ?? 10
            timeout = try record["timeout"] ?? 30
        }

        init(kind: String, attempts: Int, timeout: Int) {
            self.kind = kind
            self.attempts = attempts
            self.timeout = timeout
        }
    }

    /// A type of event.
    package struct EventDeclaration: RequestPayload {
        package let type: String
        package let title: String
        package let version: Int
        /// An event's `data`, for those who build on it.
        package let sample: JSONValue

        package static let schema = Schema(
            "EventType",
            [
                Field("type", .text(3...80), required: true, example: "message.created"),
                Field("title", .text(1...120), required: true, example: "A message was added"),
                Field("version", .integer(1...1000), example: 1),
                Field("sample", .json(maximumBytes: 65_536), required: true, example: ["content": "Hello"]),
            ])

        package init(_ record: Record) throws {
            type = try record["type"]
            title = try record["title"]
            version = try record["version"] ?? 1
            sample = try record["sample"]
        }
    }

    /// An event, of whichever module, that becomes a job.
    package struct Subscription: RequestPayload {
        package let event: String
        package let job: String

        package static let schema = Schema(
            "Subscription",
            [
                Field("event", .text(3...80), required: true, example: "message.created"),
                Field("job", .text(3...80), required: true, example: "knowledge.suggest"),
            ])

        package init(_ record: Record) throws {
            event = try record["event"]
            job = try record["job"]
        }
    }

    /// Something a module does by the clock, for each tenant.
    package struct ScheduleDeclaration: RequestPayload {
        package let name: String
        /// Five fields of cron.
        package let cron: String
        /// A zone of the IANA database, or `tenant` for the tenant's own.
        package let zone: String
        package let job: String
        /// What becomes of moments that nobody was there for: `none`, `last` or `all`.
        package let catchUp: String

        package static let schema = Schema(
            "Schedule",
            [
                Field("name", .text(1...80), required: true, example: "nightly"),
                Field("cron", .text(9...100), required: true, example: "15 3 * * *"),
                Field("zone", .text(1...60), example: "tenant"),
                Field("job", .text(3...80), required: true, example: "knowledge.recount"),
                Field("catch_up", .oneOf(["none", "last", "all"]), example: "last"),
            ])

        package init(_ record: Record) throws {
            name = try record["name"]
            cron = try record["cron"]
            zone = try record["zone"] ?? "tenant"
            job = try record["job"]
            catchUp = try record["catch_up"] ?? "last"
        }
    }

    /// Refuses what names jobs that the module does not declare as its own.
    func requireOwnJobs() throws(ManifestError) {
        let kinds = Set(jobs.map(\.kind))
        guard kinds.count == jobs.count else { throw ManifestError(.jobsInvalid, "a kind of job is there twice") }
        try requirePrefix("job", jobs.map(\.kind))
        if kinds.contains(CommandJob.kind(of: id)) {
            throw ManifestError(.nameForeign, "job \(CommandJob.kind(of: id)) is the platform's own")
        }
        for job in consumes.map(\.job) + schedules.map(\.job) where !kinds.contains(job) {
            throw ManifestError(.jobsInvalid, "\(job) is not among the jobs")
        }
        guard Set(schedules.map(\.name)).count == schedules.count else {
            throw ManifestError(.scheduleInvalid, "a schedule is there twice")
        }
        for schedule in schedules {
            let expression: CronExpression
            do {
                expression = try CronExpression(schedule.cron)
            } catch {
                throw ManifestError(.scheduleInvalid, "schedule \(schedule.name): \(error)")
            }
            guard expression.comes else {
                throw ManifestError(.scheduleInvalid, "schedule \(schedule.name): \(schedule.cron) never comes")
            }
            guard schedule.zone == "tenant" || TimeZone(identifier: schedule.zone) != nil else {
                throw ManifestError(.scheduleInvalid, "schedule \(schedule.name): \(schedule.zone) is no zone")
            }
        }
    }

    /// What the database must know of it.
    var engine: ModulePlan.Engine {
        var engine = ModulePlan.Engine()
        engine.jobs = .array(
            (jobs + (commands.isEmpty ? [] : [CommandJob.declaration(for: id)])).map {
                [
                    "kind": .string($0.kind), "attempts": .integer(Int64($0.attempts)),
                    "timeout_ms": .integer(Int64($0.timeout) * 1000),
                ]
            })
        engine.commands = .array(commands.map { .string($0) })
        engine.uses = .array(uses.map { .string($0) })
        engine.events = .array(events.map { ["type": .string($0.type), "version": .integer(Int64($0.version))] })
        engine.consumes = .array(consumes.map { ["event": .string($0.event), "job": .string($0.job)] })
        engine.schedules = .array(
            schedules.map {
                [
                    "name": .string($0.name), "cron": .string($0.cron), "zone": .string($0.zone),
                    "job": .string($0.job), "catch_up": .string($0.catchUp),
                ]
            })
        engine.isAlwaysOn = isAlwaysOn
        return engine
    }
}
