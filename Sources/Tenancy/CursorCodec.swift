package import Cryptography
package import PluginKit

/// Cursors of lists: the key of a page's last row, with a MAC over tenant and route, so that nobody can make one,
/// change one, or use another tenant's.
package struct CursorCodec: Sendable {
    /// The most characters of a cursor.
    package static let maximumLength = 1024
    private static let macLength = 16
    private let authenticator: HMACSHA256

    /// - Parameter master: what its key is made of.
    package init(master: MasterSecret) {
        authenticator = HMACSHA256(key: master.derive("cursor"))
    }

    /// The cursor of a row's key.
    package func encode(_ key: [JSONValue], scope: String) -> String {
        let bytes = JSONValue.array(key).encoded()
        return Base64URL.encode(mac(bytes, scope) + bytes)
    }

    /// The key behind a cursor.
    ///
    /// - Parameter pointer: where it stands in the request.
    /// - Throws: `Problem` 422 when this list of this tenant did not make it.
    package func decode(_ cursor: String, scope: String, at pointer: String = "?cursor") throws -> [JSONValue] {
        guard cursor.utf8.count <= CursorCodec.maximumLength, let bytes = Base64URL.decode(cursor),
            bytes.count > CursorCodec.macLength,
            case let key = Array(bytes[CursorCodec.macLength...]),
            ConstantTime.equal(Array(bytes[..<CursorCodec.macLength]), mac(key, scope)),
            case .array(let values)? = try? JSONParser.parse(key)
        else {
            throw Problem.validation([
                .init(pointer: pointer, code: "cursor", detail: "must be what this list gave out for this tenant")
            ])
        }
        return values
    }

    private func mac(_ key: [UInt8], _ scope: String) -> [UInt8] {
        Array(authenticator.authenticate(Array(scope.utf8) + [0] + key).prefix(CursorCodec.macLength))
    }
}
