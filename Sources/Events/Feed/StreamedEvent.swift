internal import Foundation

/// An event as streams carry it: who may see it, and the message that is the same for all who do.
struct StreamedEvent: Hashable, Sendable {
    /// Its number; 0 for what is not numbered.
    let seq: Int64
    /// Whose switch it hangs on.
    let module: String
    let audience: EventAudience
    /// The customer it concerns.
    let customer: UUID?
    /// The message, made once for all streams.
    let message: [UInt8]
    /// The same for the customer it concerns; empty when they may not see it.
    var messageForCustomer: [UInt8] = []
}
