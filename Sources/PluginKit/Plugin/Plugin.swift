/// A module's code: what it registers with the kernel.
///
/// ```swift
/// public let plugin = Plugin {
///     ItemRoutes.all
/// }
///
/// @c(romashka_plugin)
/// public func entry() -> UnsafeMutableRawPointer { plugin.entry }
/// ```
/// Everything that can be known without running code (id, permissions, tables, …) stands in `plugin.json`.
public final class Plugin: Sendable {
    /// The routes, in no particular order; those of the commands are among them.
    public let routes: [Route]
    /// What it offers to other modules.
    public let commands: [Command]
    /// What it does after changes and by the clock.
    public let jobs: [Job]
    /// The ways in for others' webhooks.
    public let hooks: [Hook]
    /// What tells whether it can work; nil when it always can.
    public let health: Health?
    /// How it finds a customer for the kernel; nil when it has no customers.
    public let customerLookup: CustomerLookup?

    /// Collects what the module registers.
    public init(@PluginBuilder _ parts: () -> [PluginPart]) {
        var (routes, commands, jobs): ([Route], [Command], [Job]) = ([], [], [])
        var (hooks, health): ([Hook], Health?) = ([], nil)
        var customerLookup: CustomerLookup?
        for part in parts() {
            switch part {
            case .route(let route): routes.append(route)
            case .command(let command): commands.append(command)
            case .job(let job): jobs.append(job)
            case .hook(let hook): hooks.append(hook)
            case .health(let check): health = check
            case .customerLookup(let lookup): customerLookup = lookup
            }
        }
        self.routes = routes + commands.map(\.route)
        self.commands = commands
        self.jobs = jobs
        self.hooks = hooks
        self.health = health
        self.customerLookup = customerLookup
    }

    /// What the C entry point `romashka_plugin` returns: the plugin itself, which lives as long as the process.
    public var entry: UnsafeMutableRawPointer {
        Unmanaged.passRetained(self).toOpaque()
    }

    /// The plugin behind a pointer that `romashka_plugin` returned.
    @_spi(Kernel)
    public static func at(_ entry: UnsafeMutableRawPointer) -> Plugin {
        Unmanaged<Plugin>.fromOpaque(entry).takeUnretainedValue()
    }
}

/// One thing that a module registers.
public enum PluginPart: Sendable {
    /// A route.
    case route(Route)
    /// Something that other modules may ask for.
    case command(Command)
    /// What it does after changes and by the clock.
    case job(Job)
    /// A way in for others' webhooks.
    case hook(Hook)
    /// What tells whether it can work.
    case health(Health)
    /// How the kernel finds a customer.
    case customerLookup(CustomerLookup)
}

/// Lets a plugin list its parts one by one or as arrays.
@resultBuilder
public enum PluginBuilder {
    /// One route.
    public static func buildExpression(_ route: Route) -> [PluginPart] { [.route(route)] }
    /// Several routes.
    public static func buildExpression(_ routes: [Route]) -> [PluginPart] { routes.map { .route($0) } }
    /// One command.
    public static func buildExpression(_ command: Command) -> [PluginPart] { [.command(command)] }
    /// Several commands.
    public static func buildExpression(_ commands: [Command]) -> [PluginPart] { commands.map { .command($0) } }
    /// One kind of job.
    public static func buildExpression(_ job: Job) -> [PluginPart] { [.job(job)] }
    /// Several kinds of jobs.
    public static func buildExpression(_ jobs: [Job]) -> [PluginPart] { jobs.map { .job($0) } }
    /// One hook.
    public static func buildExpression(_ hook: Hook) -> [PluginPart] { [.hook(hook)] }
    /// Several hooks.
    public static func buildExpression(_ hooks: [Hook]) -> [PluginPart] { hooks.map { .hook($0) } }
    /// The check of health; the last one counts.
    public static func buildExpression(_ health: Health) -> [PluginPart] { [.health(health)] }
    /// How the kernel finds a customer; the last one counts.
    public static func buildExpression(_ lookup: CustomerLookup) -> [PluginPart] { [.customerLookup(lookup)] }
    /// All parts in order.
    public static func buildBlock(_ parts: [PluginPart]...) -> [PluginPart] { parts.flatMap { $0 } }
}
