internal import Cryptography
internal import Foundation
internal import Supervision

/// The life of a process that derives keys.
package enum KeyServer {
    /// How long it waits for the next request before it ends.
    private static let patience = Duration.seconds(60)

    /// Answers what comes by standard input, which is a socket, until the other end is gone, sends what is no request,
    /// or says nothing for a minute.
    package static func serve() {
        Niceness.standBack()
        let socket = KeySocket(descriptor: STDIN_FILENO)
        while let request = receive(from: socket) {
            let key = try? Scrypt.derive(
                from: request.password, salt: request.salt, cost: request.cost, count: request.count)
            guard socket.send(key.map { [1] + $0 } ?? [0]) else { return }
        }
    }

    private static func receive(from socket: KeySocket) -> KeyRequest? {
        guard let header = socket.receive(KeyRequest.headerByteCount, patience: patience),
            let count = KeyRequest.bodyByteCount(header: header),
            let body = socket.receive(count, patience: patience)
        else { return nil }
        return KeyRequest(header: header, body: body)
    }
}
