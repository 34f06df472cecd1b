import Foundation
import Platform
import PluginKit

/// The customers of the retail shop (sierra-research/tau2-bench, MIT).
enum RetailData {
    struct Customer {
        let externalID: String
        let email: String
        let name: String
        let metadata: JSONValue
    }

    /// - Throws: `ConfigurationError` when the file is missing or not as expected.
    static func customers(in folder: String) throws -> [Customer] {
        let path = "\(folder)/retail/db.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(.fileUnreadable, "\(path) cannot be read")
        }
        guard let users = try JSONParser.parse(Array(data))["users"]?.members else {
            throw ConfigurationError(.demoDataInvalid, "\(path) has no users")
        }
        return try users.map { user in
            guard let id = user.value["user_id"]?.string, let email = user.value["email"]?.string,
                let first = user.value["name"]?["first_name"]?.string,
                let last = user.value["name"]?["last_name"]?.string
            else {
                throw ConfigurationError(
                    .demoDataInvalid, "\(path): the user \(user.name) lacks an id, a name or an address")
            }
            return Customer(
                externalID: id, email: email.lowercased(), name: "\(first) \(last)",
                metadata: ["address": user.value["address"] ?? .null, "orders": user.value["orders"] ?? []])
        }
    }
}
