import PluginHost
import PluginKit
import Testing

@Suite("Plugin errors")
struct PluginErrorsTests {
    private func error(_ tenant: TenantID, _ code: String, at second: Int64) -> PluginError {
        PluginError(
            tenant: tenant, code: code, place: nil, requestID: nil, at: Timestamp(microseconds: second * 1_000_000))
    }

    @Test("Of each tenant the newest few are kept, whatever another tenant's do")
    func newest() {
        var errors = PluginErrors()
        let (quiet, loud) = (TenantID.make(), TenantID.make())
        errors.add(error(quiet, "once", at: 0))
        for second in 1...1000 { errors.add(error(loud, "e\(second)", at: Int64(second))) }
        #expect(errors.take().map(\.code) == ["once", "e996", "e997", "e998", "e999", "e1000"])
        #expect(errors.isEmpty && errors.take().isEmpty)
    }

    @Test("However many tenants there are, no more is kept than fits")
    func tenants() {
        var errors = PluginErrors()
        for _ in 0..<10_000 { errors.add(error(TenantID.make(), "e", at: 0)) }
        #expect(errors.take().count == PluginErrors.maximumTenants)
    }
}
