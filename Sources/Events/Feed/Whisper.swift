internal import Foundation
internal import PluginKit

/// Something said of presence or typing, which is not numbered, not kept and not missed.
struct Whisper: Sendable {
    let tenant: TenantID
    let id: UUID
    let at: Timestamp
    let event: StreamedEvent

    /// The module whose name stands for the kernel itself, which no tenant switches off.
    private static let module = "core"

    init(_ row: Row) throws {
        tenant = try row.get("tenant_id")
        id = try row.get("id")
        at = try row.get("at")
        let type = try row.get("type", as: String.self)
        var writer = JSONWriter(capacity: 256)
        writer.raw("{\"type\":")
        writer.write(type)
        writer.raw(",\"at\":")
        writer.write(at.description)
        writer.raw(",\"actor\":")
        try writer.write(actor: row, impersonator: nil)
        writer.raw(",\"conversation_id\":")
        writer.write(id: try row.get("conversation_id"))
        writer.raw(",\"data\":")
        writer.raw(Array(try row.get("data", as: String.self).utf8))
        writer.raw("}")
        event = StreamedEvent(
            seq: 0, module: Whisper.module, audience: EventAudience(permission: try row.get("permission")),
            customer: nil, message: EventMessage.event(type, id: nil, data: writer.bytes))
    }
}
