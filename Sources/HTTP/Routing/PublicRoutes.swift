internal import PluginKit

/// Where visitors find tenants: below a path that names the tenant, or on a host of the tenant's own.
enum PublicRoutes {
    /// What the paths of public routes are below.
    static let root = "/public/{tenant}"

    /// The parameter of the root.
    static let tenant = Field(
        "tenant", .slug(1...63), required: true, example: "acme", summary: "The slug of the tenant that is visited.")

    /// The path below the root for a path on a host of a tenant's. On such a host there is nothing but what is public.
    static func path(_ path: String, of slug: String) -> String { "/public/\(slug)\(path)" }
}
