import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

extension IsolationBatteryCustomerTests {
    /// A call of `core.emit` about this customer, whom `audience` lets see it.
    private static func emit(_ customer: String?) -> String {
        """
        SELECT core.emit('message.created', gen_random_uuid(), '{}', NULL, \(customer.map { "'\($0)'" } ?? "NULL")::uuid,
                         '{"permission": "conversations.read", "customer": true}')
        """
    }

    /// How many events the tenant has that hostile SQL told.
    private static func told(_ ground: IsolationGround) async throws -> Int64 {
        try await ground.database.asSuperuser { admin in
            try await admin.run(
                """
                SELECT count(*)::int8 AS count
                FROM core.events
                WHERE tenant_id = \(ground.b.id) AND type = 'message.created' AND actor_kind IN ('c', 'p')
                """
            ).first?.get("count") ?? 0
        }
    }

    @Test("No event of a customer names another one, none of a visitor names any", arguments: IsolationGround.modes)
    func events(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let mallory = try await Site(ground).mallory
            let victim = ID<Void>.make().description
            let visitor = IsolationTenant(
                id: ground.b.id, word: Self.own,
                session: TenantSession(
                    verified: ground.b.id, actor: Actor(kind: .visitor, id: mallory.session.actor.id, role: "visitor")))
            for door in IsolationDoor.allCases {
                for (speaker, customer) in [
                    (mallory, victim), (visitor, victim), (visitor, mallory.session.actor.id.description),
                ] {
                    let refused = try await ground.run([Self.emit(customer)], door, as: "conversations", speaker)
                    // A visitor's session reads, whatever it was opened for.
                    let codes = speaker.session.actor.kind == .visitor ? ["25006"] : ["23514", "value_refused"]
                    #expect(codes.contains(refused.refusal ?? ""), "\(door) \(refused.message)")
                    #expect(!refused.shows(victim))
                }
            }
            #expect(try await Self.told(ground) == 0)
            let jobs = try await ground.database.asSuperuser { admin in
                try await admin.run("SELECT FROM core.jobs_ready WHERE payload::text LIKE \("%\(victim)%")").count
            }
            #expect(jobs == 0)
            for (speaker, customer) in [
                (mallory, mallory.session.actor.id.description as String?), (mallory, nil), (ground.b, victim),
            ] {
                let told = try await ground.run([Self.emit(customer)], as: "conversations", speaker)
                #expect(told.refusal == nil && told.touched == 1, "\(told.message)")
            }
            #expect(try await Self.told(ground) == 2)
        }
    }

    @Test("Neither customers nor visitors end anybody's tokens", arguments: IsolationGround.modes)
    func endings(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let mallory = try await Site(ground).mallory
            let visitor = IsolationTenant(
                id: ground.b.id, word: Self.own,
                session: TenantSession(
                    verified: ground.b.id, actor: Actor(kind: .visitor, id: .make(), role: "visitor")))
            let victim = ID<Void>.make()
            let call = "SELECT core.end_customer('\(victim)')"
            func endings() async throws -> [String] {
                try await ground.database.asSuperuser { admin in
                    try await admin.run(
                        """
                        SELECT e.epoch || ' ' || v.actor_kind || ' ' || (v.actor_id = \(ground.b.session.actor.id)) AS line
                        FROM core.customer_epochs e
                        JOIN core.changes c ON c.tenant_id = e.tenant_id AND c.kind = 'customer'
                                           AND c.subject = e.customer_id || ':' || e.epoch
                        JOIN core.events v ON v.tenant_id = e.tenant_id AND v.subject = e.customer_id
                                          AND v.type LIKE 'customer\\_tokens.%'
                        WHERE e.customer_id = \(victim) AND e.tenant_id = \(ground.b.id)
                        """
                    ).rows.map { try $0.get("line") }
                }
            }
            for speaker in [mallory, visitor] {
                for door in IsolationDoor.allCases {
                    let refused = try await ground.run([call], door, as: "conversations", speaker)
                    #expect(refused.refusal == "42501", "\(door) \(refused.message)")
                }
            }
            #expect(try await endings() == [])
            // Who acts is whoever the session is of, whatever the statement before says; often is once.
            let lie = "SET LOCAL romashka.acting = 'o|\(victim)|x'"
            let ended = try await ground.run([lie, call, call], .open, as: "conversations", ground.b)
            #expect(ended.refusal == nil, "\(ended.message)")
            #expect(try await endings() == ["1 m true"])
        }
    }
}
