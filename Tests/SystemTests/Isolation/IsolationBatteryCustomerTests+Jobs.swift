import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

extension IsolationBatteryCustomerTests {
    @Test("Neither customers nor visitors enqueue anything, whoever it names", arguments: IsolationGround.modes)
    func jobs(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let mallory = try await Site(ground).mallory
            let victim = ID<Void>.make().description
            let visitor = IsolationTenant(
                id: ground.b.id, word: Self.own,
                session: TenantSession(
                    verified: ground.b.id, actor: Actor(kind: .visitor, id: .make(), role: "visitor")))
            try await ground.database.asSuperuser { admin in
                let commands: JSONValue = ["knowledge.write_item"]
                let jobs: JSONValue = .array(
                    ["suggest", "prune", "run_command"].map { name in
                        ["kind": .string("knowledge.\(name)"), "attempts": 1, "timeout_ms": 1000]
                    })
                _ = try await admin.run("SELECT core.declare_commands('knowledge', \(commands), '[]'::jsonb)")
                _ = try await admin.run("SELECT core.declare_jobs('knowledge', \(jobs))")
            }
            let payload = "'{\"customer_id\": \"\(victim)\"}'"
            let attacks = [
                "SELECT core.enqueue('knowledge.suggest', \(payload))",
                "SELECT core.enqueue('knowledge.suggest', \(payload), now() + interval '1 hour', 0, 'chain', 'key')",
                "SELECT core.enqueue_command('knowledge.write_item', \(payload), 'key')",
            ]
            for attack in attacks {
                for speaker in [mallory, visitor] {
                    for door in IsolationDoor.allCases {
                        let refused = try await ground.run([attack], door, as: "knowledge", speaker)
                        #expect(refused.refusal == "42501", "\(door) \(attack): \(refused.message)")
                        #expect(!refused.shows(victim))
                    }
                }
            }
            func jobs() async throws -> Int {
                try await ground.database.asSuperuser { admin in
                    try await admin.run(
                        """
                        SELECT payload FROM core.jobs_ready WHERE payload::text LIKE \("%\(victim)%")
                        UNION ALL
                        SELECT payload FROM core.jobs_waiting WHERE payload::text LIKE \("%\(victim)%")
                        """
                    ).count
                }
            }
            #expect(try await jobs() == 0)
            // A member does all of it, so that the refusals mean something.
            for attack in attacks {
                let done = try await ground.run([attack], as: "knowledge", ground.b)
                #expect(done.refusal == nil && done.touched == 1, "\(attack): \(done.message)")
            }
            #expect(try await jobs() == 3)
        }
    }
}
