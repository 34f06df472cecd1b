internal import Tenancy

/// Where something is that breaks a rule of the schema, read off the name that the rule gives it.
package enum OffencePlace: Hashable, Sendable {
    /// A schema, or what lies in it.
    case schema(String)
    /// A module's role, or what a module declares to read.
    case module(String)
    /// A database, or a role that is no module's.
    case server

    /// - Parameter object: as rules name it: `schema alpha`, `alpha.things`, `"time".entries`, `type alpha.word`,
    ///   `romashka_m_alpha`, `alpha reads beta.things`, `database romashka`.
    package init(of object: String) {
        let words = object.split(separator: " ")
        if let name = OffencePlace.rest(of: object, after: "schema ") {
            self = .schema(name)
        } else if words.count > 2, words[1] == "reads" {
            self = .module(String(words[0]))
        } else if let name = OffencePlace.schema(of: OffencePlace.rest(of: object, after: "type ") ?? object) {
            self = .schema(name)
        } else if let name = [RolePrefix.owners, RolePrefix.logins].lazy.compactMap({
            OffencePlace.rest(of: object, after: $0)
        }).first {
            self = .module(name)
        } else {
            self = .server
        }
    }

    /// Whether a module is to answer for it.
    package func isOf(_ module: String) -> Bool { self == .schema(module) || self == .module(module) }

    private static func rest(of object: String, after prefix: String) -> String? {
        object.hasPrefix(prefix) ? String(object.dropFirst(prefix.count)) : nil
    }

    /// What stands before the first point of a name, as PostgreSQL prints names; nil when it has one part only.
    private static func schema(of name: String) -> String? {
        guard name.hasPrefix("\"") else { return name.firstIndex(of: ".").map { String(name[..<$0]) } }
        var schema = ""
        var rest = name.dropFirst()
        while let quote = rest.firstIndex(of: "\"") {
            schema.append(contentsOf: rest[..<quote])
            rest = rest[quote...].dropFirst()
            // Two of them stand for one within.
            guard rest.hasPrefix("\"") else { return rest.hasPrefix(".") ? schema : nil }
            schema.append("\"")
            rest = rest.dropFirst()
        }
        return nil
    }
}
