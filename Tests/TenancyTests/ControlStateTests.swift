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

    @Test("What was issued before or at a person's change no longer holds")
    func profiles() {
        var state = ControlState()
        let profile = ProfileID.make()
        let change = Timestamp(microseconds: 1_000_000)
        state.change(profile, at: change)
        #expect(state.hasChanged(profile, since: Timestamp(microseconds: 999_999)))
        #expect(state.hasChanged(profile, since: change))
        #expect(!state.hasChanged(profile, since: Timestamp(microseconds: 1_000_001)))
        #expect(!state.hasChanged(ProfileID.make(), since: Timestamp(microseconds: 0)))
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
}
