package import Cryptography
internal import Tenancy

/// The key cursors are made with.
package struct CursorKey: Sendable {
    let codec: CursorCodec

    package init(master: MasterSecret) {
        codec = CursorCodec(master: master)
    }
}
