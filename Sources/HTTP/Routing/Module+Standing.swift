internal import PluginHost
internal import PluginKit
internal import Tenancy

extension MountedRoute.Module {
    /// Refuses where the module does not serve a tenant.
    ///
    /// - Throws: `Problem` 404 `module_disabled`, 503 `plugin_paused`.
    func requireServing(_ tenant: TenantID, _ control: ControlPlane) throws(Problem) {
        switch control.read({ $0.standing(of: name.description, isAlwaysOn: isAlwaysOn, for: tenant) }) {
        case .serving: break
        case .switchedOff: throw .moduleDisabled
        case .paused: throw .pluginPaused
        }
    }
}

extension Problem {
    static let moduleDisabled = Problem(
        status: 404, code: "module_disabled", detail: "This module is switched off.")
    static let pluginPaused = Problem(
        status: 503, code: "plugin_paused", detail: "This module is out of service; its operator knows.", retryAfter: 30
    )
}
