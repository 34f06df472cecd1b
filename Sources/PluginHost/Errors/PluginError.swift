package import PluginKit
internal import Tenancy

/// Something that went wrong in a plugin for a tenant, as an operator may read it: neither what was asked nor what the
/// error says.
package struct PluginError: Hashable, Sendable {
    /// What a plugin was doing.
    package struct Place: Hashable, Sendable {
        /// A route's template, a hook or a kind of job; never a path with its values.
        package let name: String
        /// The request, or the job's id; nil takes that of the request that is served.
        package let requestID: String?

        package init(_ name: String, requestID: String? = nil) {
            self.name = name
            self.requestID = requestID
        }
    }

    package let tenant: TenantID
    /// A problem's code, or an error's type.
    package let code: String
    package let place: String?
    package let requestID: String?
    package let at: Timestamp

    package init(tenant: TenantID, code: String, place: String?, requestID: String?, at: Timestamp = .now()) {
        self.tenant = tenant
        self.code = code
        self.place = place
        self.requestID = requestID
        self.at = at
    }

    /// What an error is called when it is one that an operator should know of; nil for an answer to the caller, which
    /// what is wrong with a request is too.
    static func code(of error: any Error) -> String? {
        guard let problem = error as? Problem else {
            return error is CancellationError || error is IdempotencyClaim.Taken || error is JobLeaseLost
                ? nil : String("\(type(of: error))".prefix(200))
        }
        // What plugin.json does not name is asked for by the plugin, not by its caller.
        guard problem.status >= 500 || problem.code == "command_undeclared" else { return nil }
        // A code is a word; whatever else a plugin writes there may be data.
        let isWord = problem.code.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
        return isWord && (1...80).contains(problem.code.utf8.count) ? problem.code : "problem"
    }
}
