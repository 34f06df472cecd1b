/// A way in for others' webhooks: an admin makes an address for it, and whoever has the address may call.
///
/// Each address belongs to one tenant and is a secret of 192 random bits; a signature over the raw bytes tells who
/// really sent something.
///
/// ```swift
/// Hook("sample.note", headers: ["X-Signature"], "Notes from elsewhere") { call, message in
///     guard let secret = try await call.secrets["token"],
///         call.isSigned(message.body, with: secret, as: message.header("X-Signature") ?? "")
///     else { throw Problem.unsigned }
///     …
///     return .accepted
/// }
/// ```
/// It also stands in `plugin.json` under `hooks`.
public struct Hook: Sendable {
    /// The module's name, a point, and a word: `channels.inbound`.
    public let name: String
    /// One sentence for the admin who makes an address.
    public let summary: String
    /// What it takes.
    public let input: RawInput
    /// What answers a call.
    @_spi(Kernel) public let handler: @Sendable (Call, RawMessage) async throws -> RawReply

    /// A hook.
    ///
    /// - Parameters:
    ///   - mediaTypes: the types of bodies it takes.
    ///   - maximumSize: the most bytes of a body, at most 1 MiB.
    ///   - headers: those that the handler wants to see.
    ///   - handler: `call.actor` is the address that was called.
    public init(
        _ name: String, accepts mediaTypes: [String] = ["application/json"], maximumSize: Int = 262_144,
        headers: [String] = [], _ summary: String,
        _ handler: @escaping @Sendable (Call, RawMessage) async throws -> RawReply
    ) {
        self.name = name
        self.summary = summary
        input = RawInput(mediaTypes: mediaTypes, maximumSize: maximumSize, headers: headers)
        self.handler = handler
    }
}

extension Problem {
    /// A message whose signature is missing or wrong.
    public static let unsigned = Problem(
        status: 403, code: "signature_refused", detail: "The signature is missing or wrong.")
}
