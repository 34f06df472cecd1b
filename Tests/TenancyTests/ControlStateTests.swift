import PluginKit
import Tenancy
import Testing

@Suite("ControlState")
struct ControlStateTests {
    private let tenant = TenantID.make()

    @Test("A tenant that is unknown, suspended or gone is not active")
    func tenants() {
        var state = ControlState()
        #expect(!state.isActive(tenant))
        state.set(tenant, .init(slug: "acme", isActive: true, switches: [:]))
        #expect(state.isActive(tenant) && !state.isActive(TenantID.make()))
        state.set(tenant, .init(slug: "acme", isActive: false, switches: [:]))
        #expect(!state.isActive(tenant))
        state.set(tenant, nil)
        #expect(!state.isActive(tenant))
    }

    @Test("A module that was never switched is neither on nor off")
    func switches() {
        var state = ControlState()
        state.set(tenant, .init(slug: "acme", isActive: true, switches: ["knowledge": false, "sla": true]))
        #expect(state.isEnabled("knowledge", for: tenant) == false)
        #expect(state.isEnabled("sla", for: tenant) == true)
        #expect(state.isEnabled("audit", for: tenant) == nil)
        #expect(state.isEnabled("knowledge", for: TenantID.make()) == nil)
    }

    @Test("What was issued before a person's change no longer holds, also when changes are read twice")
    func profiles() {
        var state = ControlState()
        let profile = ProfileID.make()
        let instant = Timestamp(microseconds: 1)
        state.change(profile, to: 2, at: instant)
        state.change(profile, to: 1, at: instant)
        #expect(state.hasChanged(profile, since: 0) && state.hasChanged(profile, since: 1))
        #expect(!state.hasChanged(profile, since: 2) && !state.hasChanged(ProfileID.make(), since: 0))
    }

    @Test("Only what is older than the limit is forgotten")
    func pruning() {
        var state = ControlState()
        let (old, recent) = (LoginSessionID.make(), LoginSessionID.make())
        state.revoke(old, at: Timestamp(microseconds: 99))
        state.revoke(recent, at: Timestamp(microseconds: 100))
        #expect(state.isRevoked(old) && state.isRevoked(recent))
        state.prune(before: Timestamp(microseconds: 100))
        #expect(!state.isRevoked(old) && state.isRevoked(recent))
    }

    @Test("Whoever goes by a tenant's teams asks anew after a change, and when everything was read anew")
    func teams() {
        var state = ControlState(readAt: 7)
        let before = state.teamRevision(of: tenant)
        #expect(state.revision == 7)
        state.changeTeams(of: tenant, at: 8)
        #expect(state.teamRevision(of: tenant) != before)
        #expect(ControlState(readAt: 9).teamRevision(of: tenant) != state.teamRevision(of: tenant))
    }
}
