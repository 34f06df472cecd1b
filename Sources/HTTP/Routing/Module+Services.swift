internal import Files
internal import Identity
internal import PluginHost
@_spi(Kernel) package import PluginKit
package import Tenancy

extension MountedRoute.Module {
    /// What the kernel does for the module on behalf of a tenant.
    package func services(
        for session: TenantSession, _ control: ControlPlane, commands: Commands
    ) -> ModuleServices {
        let tenant = session.tenant
        let stored = control.read { $0.settings(name.description, of: tenant) }
        return ModuleServices(
            settings: settings.record(of: stored),
            secrets: Secrets { [secrets, name] in try await secrets.read($0, of: name, for: session) },
            commands: commands, http: http.outbound(for: tenant), files: files.files(of: name, for: session),
            customers: customers.access(for: session),
            signatures: Signatures { HookSignature.isValid($0, of: $1, under: $2) })
    }
}
