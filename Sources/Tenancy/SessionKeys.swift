package import Cryptography
package import PluginKit
internal import Synchronization

/// Since when a key signs the sessions of the database.
package struct SessionKeyTurn: Hashable, Sendable {
    package let keyID: Int
    package let signsFrom: Timestamp

    package init(keyID: Int, signsFrom: Timestamp) {
        self.keyID = keyID
        self.signsFrom = signsFrom
    }
}

/// The keys that sessions are signed with, as the database says it: the control plane tells of each before its time
/// comes, so that a rotation needs no restart.
package final class SessionKeys: Sendable {
    private struct Ring {
        /// By time, the first one past.
        var turns: [SessionKeyTurn] = []
        /// One for each turn.
        var signers: [SessionSigner] = []
    }

    private let master: MasterSecret
    private let first: SessionSigner
    private let ring = Mutex(Ring())

    package init(master: MasterSecret) {
        self.master = master
        first = SessionSigner(master: master)
    }

    /// The number of the key that signs now.
    package var currentID: Int { signer(at: .now()).keyID }

    /// Takes over what the database says.
    package func set(_ turns: [SessionKeyTurn]) {
        let turns = turns.sorted { $0.signsFrom < $1.signsFrom }
        ring.withLock { ring in
            guard ring.turns != turns else { return }
            ring = Ring(turns: turns, signers: turns.map { SessionSigner(master: master, keyID: $0.keyID) })
        }
    }

    /// The statement that opens a session; it must be the first of its transaction.
    func opening(_ claims: SessionClaims) -> SQL {
        let now = Timestamp.now()
        return signer(at: now).opening(claims, now: now)
    }

    private func signer(at now: Timestamp) -> SessionSigner {
        ring.withLock { ring in
            ring.turns.lastIndex { $0.signsFrom <= now }.map { ring.signers[$0] } ?? first
        }
    }
}
