package import Cryptography
package import Events
package import Files
internal import Foundation
package import HTTP
package import Identity
package import Mail
package import Observability
package import PluginHost
package import Postgres
internal import Tenancy

/// What a process needs to run against a database that is prepared.
package struct PlatformSettings: Sendable {
    package var server: ConnectionSettings
    package var master: MasterSecret
    package var installation: Installation
    /// Who issues the access tokens: the `iss` claim.
    package var issuer = "romashka"
    /// How long a statement of a request may take on the connections that requests share.
    package var statementTimeout = RoleCredentials.defaultStatementTimeout
    /// Connections lent for searches, reports and interactive transactions; of them a tenant holds a quarter at most.
    package var leaseBudget = 20
    /// How many passwords are checked at once, 32 MiB each: on half of the cores, so that the others stay free.
    package var passwordConcurrency = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
    /// What computes for checks of passwords: this process, or others for it.
    package var keyDerivation: KeyDerivation = Scrypt.derive
    /// What one check of a password costs.
    package var passwordCost = ScryptCost.standard
    /// Sign-in through tenants' providers.
    package var oidc = OIDCSettings()
    /// Where a line for each request goes; nil writes none.
    package var accessLog: LogOutput?
    /// Where spans go; nil records none.
    package var tracing: TracingSettings?
    /// Whether clients of this machine read `/metrics` without a token; not behind a reverse proxy of this machine.
    package var letsLoopbackReadMetrics = false
    /// What this process does with plugins.
    package var processKind = LoadedPlugins.Kind.serve
    /// What each plugin may take.
    package var pluginLimits = PluginWall.Limits()
    /// Where plugins may send requests to.
    package var outbound = ModuleHTTP.Policy()
    /// When the process is replaced because of a plugin.
    package var watchLimits = PluginWatch.Limits()
    /// Where a dying process says whose code it was; nil tells nobody.
    package var crashLog: CrashLog?
    /// Where files are kept.
    package var files = FileSettings()
    /// How long clients may take with their requests.
    package var connectionLimits = ConnectionLimits()
    /// The server that takes mail; nil sends none.
    package var mail: MailSettings?
    /// How long a mail that was not taken waits before the next attempt, at first.
    package var mailRetry: Duration = .seconds(10)
    /// The proxies that are believed when they say whose request they pass on; nobody unless named.
    package var trustedProxies = TrustedProxies.none
    /// How many streams of events there may be, and how they behave.
    package var streamLimits = StreamLimits()

    package init(server: ConnectionSettings, master: MasterSecret, installation: Installation) {
        self.server = server
        self.master = master
        self.installation = installation
    }
}
