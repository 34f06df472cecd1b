internal import NIOCore
internal import NIOHTTP1

/// The requests of a connection and their answers, in their order, and which of them is the last.
struct Exchanges {
    /// A request whose header came and whose answer did not leave.
    private struct Request {
        let version: HTTPVersion
        /// Whether the client waits to be told that its body is wanted.
        var isAsking: Bool
        /// Whether the connection ends with its answer.
        var isLast: Bool
    }

    /// What is expected of the client.
    private enum Reading {
        /// The header of a request. Can transition to: body, lastBody, done.
        case head
        /// The body of a request that others may follow. Can transition to: head, rest, done.
        case body
        /// The body of the last request. Can transition to: rest, done.
        case lastBody
        /// What is left of a body after the last answer. Can transition to: done.
        case rest
        /// Nothing, whatever comes.
        case done
    }

    /// What becomes of something that came.
    enum Passage {
        case goesOn
        case isDropped
        /// Is dropped, and so is the connection.
        case ends
    }

    /// What becomes of the connection after an answer.
    enum Sequel {
        case goesOn
        /// Closed at once, the rest of the request's body would keep the client from reading the answer.
        case endsAfterBody
        case ends
    }

    /// In the order in which they came, which is that of their answers.
    private var requests = CircularBuffer<Request>(initialCapacity: 1)
    private var reading = Reading.head
    /// Whether what follows the last request is no HTTP: the decoder parses none of it and keeps all of it.
    private var isForeign = false

    /// Whether a request waits for its answer.
    var isBusy: Bool { !requests.isEmpty }
    /// Whether the last answer has been written.
    var isOver: Bool { requests.isEmpty && (reading == .rest || reading == .done) }
    /// Whether more may be read from the client.
    var mayRead: Bool { !(isForeign && reading == .done) }
    /// Whether what comes is read to be dropped.
    var isDraining: Bool { reading == .rest }
    /// Whether the body of the request in progress is still to come.
    var isBodyComing: Bool { requests.count == 1 && isReadingBody }

    private var isReadingBody: Bool { reading == .body || reading == .lastBody }

    /// Takes what the client has sent.
    mutating func receive(_ part: HTTPServerRequestPart) -> Passage {
        switch (part, reading) {
        case (.head(let head), .head):
            begin(head)
            return .goesOn
        case (.body, .body), (.body, .lastBody):
            return .goesOn
        case (.end, .body):
            reading = .head
            return .goesOn
        case (.end, .lastBody):
            reading = .done
            return .goesOn
        case (.end, .rest):
            reading = .done
            return .ends
        default:
            return .isDropped
        }
    }

    private mutating func begin(_ head: HTTPRequestHead) {
        isForeign = head.method == .CONNECT || head.headers.contains(name: "upgrade")
        let isOld = head.version == .http1_0
        // An old client may know the end of an answer by the connection's end alone.
        let isLast = isForeign || isOld || !head.isKeepAlive
        let isAsking =
            !isOld && head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        requests.append(Request(version: head.version, isAsking: isAsking, isLast: isLast))
        reading = isLast ? .lastBody : .body
    }

    /// Takes that what the client has sent cannot be read, nor anything after it.
    mutating func fail() -> Passage {
        switch reading {
        case .head: return .goesOn
        case .done: return .isDropped
        case .rest:
            reading = .done
            return .ends
        case .body, .lastBody:
            reading = .done
            if !requests.isEmpty { requests[requests.index(before: requests.endIndex)].isLast = true }
            return .goesOn
        }
    }

    /// Takes that the body of the request in progress is about to be read.
    ///
    /// - Returns: whether the client waits to be told so.
    mutating func welcome() -> Bool {
        guard let request = requests.first, request.isAsking else { return false }
        requests[requests.startIndex].isAsking = false
        return true
    }

    /// The head of the answer to the request in progress, as its client gets it.
    mutating func answer(_ head: HTTPResponseHead) -> HTTPResponseHead {
        guard let request = requests.first, request.isLast || request.isAsking else { return head }
        // Whether a body that nobody asked for comes all the same nobody can know, so what follows could be taken for
        // it (RFC 9110, section 10.1.1).
        requests[requests.startIndex].isLast = true
        var head = head
        head.headers.replaceOrAdd(name: "connection", value: "close")
        // Nothing is chunked then (RFC 9112, section 6.1).
        if request.version == .http1_0 { head.version = .http1_0 }
        return head
    }

    /// Takes the end of the answer to the request in progress.
    mutating func endAnswer() -> Sequel {
        guard let request = requests.popFirst(), request.isLast else { return .goesOn }
        let isBodyComing = requests.isEmpty && isReadingBody
        requests.removeAll()
        reading = isBodyComing ? .rest : .done
        return isBodyComing ? .endsAfterBody : .ends
    }
}
