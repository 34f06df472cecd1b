internal import Cryptography
internal import PluginKit

extension PasswordHasher {
    /// The hash of a password that somebody chose.
    ///
    /// - Parameter pointer: where it stands in the request.
    /// - Throws: `Problem` 422 when it is too long once normalised; 503 `busy` when too many wait, or none can be made.
    func hash(chosen text: String, at pointer: String) async throws -> PasswordHash {
        do {
            return try await hash(try Password(text))
        } catch PasswordError.invalidLength {
            let limit = Password.byteCounts.upperBound
            throw Problem.validation([
                .init(pointer: pointer, code: "length", detail: "must not take more than \(limit) bytes")
            ])
        } catch PasswordError.overloaded, PasswordError.unavailable {
            throw Problem(status: 503, code: "busy", detail: "Too many passwords are set just now.", retryAfter: 1)
        }
    }
}
