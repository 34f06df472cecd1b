/// What the kernel does for a module on behalf of one tenant.
public struct ModuleServices: Sendable {
    let settings: Record
    let secrets: Secrets
    let commands: Commands
    let http: OutboundHTTP
    let files: ModuleFiles
    let customers: CustomerAccess
    let signatures: Signatures

    /// For the kernel, which has bound each of them to module and tenant.
    @_spi(Kernel)
    public init(
        settings: Record, secrets: Secrets, commands: Commands, http: OutboundHTTP, files: ModuleFiles,
        customers: CustomerAccess, signatures: Signatures
    ) {
        self.customers = customers
        self.signatures = signatures
        self.settings = settings
        self.secrets = secrets
        self.commands = commands
        self.http = http
        self.files = files
    }

    /// Those of the kernel's own routes, which need none.
    @_spi(Kernel)
    public static let none = ModuleServices.only(settings: .empty)

    /// Those of a call by anybody: the settings and nothing that reaches further.
    @_spi(Kernel)
    public static func only(settings: Record) -> ModuleServices {
        ModuleServices(
            settings: settings, secrets: Secrets { _ in nil }, commands: Commands { _, _, _ in throw Problem.notFound },
            http: OutboundHTTP { _, _ throws(OutboundError) in throw .notGranted }, files: .none, customers: .none,
            signatures: Signatures { _, _, _ in false })
    }
}

extension Call {
    /// The tenant's settings of this module, by the schema in `plugin.json`: what is not set has its default.
    public var settings: Record { services.settings }
    /// The tenant's secrets of this module: the settings that are `writeOnly`.
    public var secrets: Secrets { services.secrets }
    /// What other modules offer.
    public var commands: Commands { services.commands }
    /// The way out to other servers.
    public var http: OutboundHTTP { services.http }
    /// The tenant's files.
    public var files: ModuleFiles { services.files }
    /// How the tenant's customers get in.
    public var customers: CustomerAccess { services.customers }
}

/// A tenant's secrets of one module: stored encrypted, shown to nobody but the module.
public struct Secrets: Sendable {
    private let read: @Sendable (String) async throws -> String?

    /// For the kernel, which has bound it to module and tenant.
    @_spi(Kernel)
    public init(_ read: @escaping @Sendable (String) async throws -> String?) {
        self.read = read
    }

    /// A secret by the name of its setting; nil when the tenant has not set it.
    ///
    /// - Throws: `Problem` 503 when the database cannot be reached.
    public subscript(name: String) -> String? {
        get async throws { try await read(name) }
    }
}

/// What other modules offer, run for the tenant and with the permissions of the call; those of a job run for the
/// platform itself.
public struct Commands: Sendable {
    private let perform: @Sendable (String, JSONValue, String) async throws -> JSONValue

    /// For the kernel, which has bound it to the caller.
    @_spi(Kernel)
    public init(_ perform: @escaping @Sendable (String, JSONValue, String) async throws -> JSONValue) {
        self.perform = perform
    }

    /// Runs a command in a transaction of its own; not to be awaited inside of a transaction, where it throws: there a
    /// `CommandRequest` asks for it.
    ///
    /// - Parameters:
    ///   - name: such as `sample.pin`.
    ///   - key: names what it is done for, such as a message's id; under one key of a tenant and of the asking module a
    ///     command happens once, and whoever comes second gets the first one's answer.
    /// - Throws: `Problem` 404 `command_unknown` or `module_disabled`, 403 `forbidden`, or `command_undeclared` where
    ///   `plugin.json` does not name it under `uses`, 422, and what the command throws.
    public func run(_ name: String, _ input: JSONValue, key: String) async throws -> JSONValue {
        try await perform(name, input, key)
    }
}
