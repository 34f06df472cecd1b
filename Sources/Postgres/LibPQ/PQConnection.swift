internal import CPostgres
internal import Glibc
internal import PluginKit

/// One `PGconn`, not blocking and in pipeline mode once connected.
///
/// Confined to one thread at a time (PostgreSQL manual §34.20): the connecting thread makes it, then the reactor's
/// thread is its only user.
final class PQConnection: @unchecked Sendable {
    // Sendable because it is handed over whole, once.
    private let connection: OpaquePointer

    /// Connects, which blocks for up to `connect_timeout` seconds.
    ///
    /// - Throws: `DatabaseError` with code `connection_failed`.
    init(_ settings: ConnectionSettings) throws(DatabaseError) {
        let pairs = Array(settings.keywords)
        let opened = PQConnection.withCStrings(pairs.map(\.key)) { keywords in
            PQConnection.withCStrings(pairs.map(\.value)) { values in PQconnectdbParams(keywords, values, 0) }
        }
        guard let opened else { throw DatabaseError(.connectionFailed, message: "out of memory") }
        guard PQstatus(opened) == CONNECTION_OK, PQsetnonblocking(opened, 1) == 0, PQenterPipelineMode(opened) == 1
        else {
            let message = String(cString: PQerrorMessage(opened))
            PQfinish(opened)
            throw DatabaseError(.connectionFailed, message: message)
        }
        // Notices quote data and say nothing that anybody here acts on.
        PQsetNoticeProcessor(opened, { _, _ in }, nil)
        connection = opened
    }

    deinit {
        PQfinish(connection)
    }

    /// How many values the protocol lets a statement have.
    static let maximumBinds = 65_535

    /// The socket to watch.
    var socket: Int32 { PQsocket(connection) }
    /// Whether the connection is still usable as far as libpq knows.
    var isAlive: Bool { PQstatus(connection) == CONNECTION_OK }
    /// What libpq says of the last failure; may quote data.
    var message: String { String(cString: PQerrorMessage(connection)) }

    /// Where the server stands with transactions; `unknown` while anything is in flight.
    var transactionStatus: TransactionStatus {
        switch PQtransactionStatus(connection) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_INTRANS: .inTransaction
        case PQTRANS_INERROR: .inError
        default: .unknown
        }
    }

    /// Queues the preparation of a statement.
    func sendPrepare(_ name: String, _ text: String, _ binds: [Bind]) -> Bool {
        let types = binds.map { Oid($0.type.rawValue) }
        return PQsendPrepare(connection, name, text, Int32(binds.count), types) == 1
    }

    /// Queues the execution of a prepared statement, or of an unnamed one when `name` is nil.
    func sendExecute(_ name: String?, _ text: @autoclosure () -> String, _ binds: [Bind]) -> Bool {
        var encoder = ParameterEncoder(binds)
        return encoder.withParameters { values, lengths, formats in
            if let name {
                return PQsendQueryPrepared(connection, name, Int32(binds.count), values, lengths, formats, 1) == 1
            }
            let types = binds.map { Oid($0.type.rawValue) }
            return PQsendQueryParams(connection, text(), Int32(binds.count), types, values, lengths, formats, 1) == 1
        }
    }

    /// Queues the end of a request: its implicit transaction commits here.
    func sendSync() -> Bool { PQpipelineSync(connection) == 1 }

    /// Queues text of several statements in the simple protocol; only outside of pipeline mode.
    func sendScript(_ text: String) -> Bool { PQsendQuery(connection, text) == 1 }

    /// Enters or leaves pipeline mode; leaving needs everything answered.
    func setPipelineMode(_ isOn: Bool) -> Bool {
        (isOn ? PQenterPipelineMode(connection) : PQexitPipelineMode(connection)) == 1
    }

    /// Writes what is queued; nil when the connection is broken.
    func flush() -> FlushOutcome? {
        switch PQflush(connection) {
        case 0: .done
        case 1: .blocked
        default: nil
        }
    }

    /// Reads what has arrived; false when the connection is broken.
    func consumeInput() -> Bool { PQconsumeInput(connection) == 1 }

    /// Whether `nextResult` would have to wait.
    var isBusy: Bool { PQisBusy(connection) == 1 }

    /// The next result; nil at the end of each statement.
    func nextResult() -> PQResult? {
        PQgetResult(connection).map(PQResult.init)
    }

    /// The payload of the next notification that has arrived.
    func nextNotification() -> String? {
        guard let notification = PQnotifies(connection) else { return nil }
        defer { PQfreemem(notification) }
        return notification.pointee.extra.map { String(cString: $0) } ?? ""
    }

    /// A row of a running COPY TO, as bytes.
    func nextCopyData() -> CopyData {
        var buffer: UnsafeMutablePointer<CChar>?
        let count = PQgetCopyData(connection, &buffer, 1)
        guard count > 0, let buffer else { return count == 0 ? .blocked : count == -1 ? .finished : .failed }
        defer { PQfreemem(buffer) }
        return .row(Array(UnsafeRawBufferPointer(start: buffer, count: Int(count))))
    }

    /// Answers a COPY FROM STDIN that there is no data, which makes it fail.
    func refuseCopyData() { _ = PQputCopyEnd(connection, "there is no data") }

    /// Reads a URL or a `key=value` string into keywords.
    static func parse(conninfo: String) throws(DatabaseError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(conninfo, &message) else {
            // libpq's message quotes the URL, password and all.
            PQfreemem(message)
            throw DatabaseError(.invalidURL, message: "the database URL cannot be read")
        }
        defer { PQconninfoFree(options) }
        var keywords: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { keywords[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return keywords
    }

    /// Calls `body` with the strings as a C array that ends with a null pointer.
    private static func withCStrings<Answer>(
        _ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Answer
    ) -> Answer {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies.map { $0.map { UnsafePointer($0) } } + [nil])
    }
}

/// What became of a flush.
enum FlushOutcome {
    case done
    case blocked
}

/// A step of reading COPY data.
enum CopyData {
    case row([UInt8])
    case blocked
    case finished
    case failed
}

/// Where a connection stands with transactions.
package enum TransactionStatus: Sendable {
    case idle
    case inTransaction
    case inError
    /// Something is still in flight, or the connection is gone.
    case unknown
}
