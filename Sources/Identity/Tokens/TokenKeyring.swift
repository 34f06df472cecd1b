package import Cryptography
package import Foundation
internal import PluginKit
internal import Synchronization
package import Tenancy

/// The signing keys of access tokens as they are now: what the database says, read through the control plane, so that a
/// rotation reaches every process within a second and needs no restart.
package final class TokenKeyring: Sendable {
    private struct Rings {
        var records: [TokenKeyRecord]
        var keys: [TokenKey]
        var verifier: TokenVerifier
    }

    private let issuer: String
    private let master: MasterSecret
    private let control: ControlPlane
    private let rings = Mutex(Rings?.none)

    /// - Parameter issuer: what `iss` says.
    package init(issuer: String, master: MasterSecret, control: ControlPlane) {
        self.issuer = issuer
        self.master = master
        self.control = control
    }

    /// What verifies tokens now.
    ///
    /// - Throws: `TokenError.keySetInvalid` when the database has no key.
    package var verifier: TokenVerifier {
        get throws(TokenError) { try current { $0.verifier } }
    }

    /// What signs tokens at `now`: the youngest key whose time has come.
    ///
    /// - Throws: `TokenError.keySetInvalid` when there is none.
    package func tokenIssuer(now: Date) throws(TokenError) -> TokenIssuer {
        let (records, keys) = try current { ($0.records, $0.keys) }
        let present = Timestamp(now)
        guard let record = records.last(where: { $0.signsFrom <= present && $0.endsAt.map { present < $0 } ?? true })
        else {
            throw .keySetInvalid
        }
        return TokenIssuer(issuer: issuer, keys: try TokenKeySet(keys, active: TokenKeyID(record.id)))
    }

    private func current<Value>(_ body: (Rings) -> Value) throws(TokenError) -> Value {
        let records = control.read { $0.tokenKeys }
        return try rings.withLock { rings throws(TokenError) in
            if let known = rings, known.records == records { return body(known) }
            let fresh = try TokenKeyring.rings(records, issuer: issuer, master: master)
            rings = fresh
            return body(fresh)
        }
    }

    private static func rings(
        _ records: [TokenKeyRecord], issuer: String, master: MasterSecret
    ) throws(TokenError) -> Rings {
        var keys: [TokenKey] = []
        for record in records {
            keys.append(
                try TokenKey(
                    id: TokenKeyID(record.id), derivedFrom: master,
                    notAfter: record.endsAt.map(Self.date) ?? .distantFuture))
        }
        guard let last = records.last else { throw .keySetInvalid }
        let set = try TokenKeySet(keys, active: TokenKeyID(last.id))
        return Rings(records: records, keys: keys, verifier: TokenVerifier(issuer: issuer, keys: set))
    }

    private static func date(_ instant: Timestamp) -> Date {
        Date(timeIntervalSince1970: TimeInterval(instant.microseconds) / 1_000_000)
    }
}
