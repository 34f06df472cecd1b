import CCurl
internal import Cryptography
internal import Foundation
internal import PluginKit

/// Sends mail through a server by SMTP (RFC 5321): libcurl speaks it, on a few threads of its own.
package struct Mailer: Sendable {
    /// The longest that a server may take for a message, in seconds.
    private static let deadline = 30
    /// Before any other use of the library, once.
    private static let isReady = romashka_curl_begin() == CURLE_OK

    package let settings: MailSettings
    private let threads = BoundedThreadPool(
        concurrency: 2, queueLimit: 100, overload: MailError(code: 0, "too many messages are on their way"))

    package init(_ settings: MailSettings) {
        self.settings = settings
    }

    /// Hands a message to the server, which then has it.
    ///
    /// - Throws: `MailError`; `CancellationError`.
    package func send(_ message: MailMessage) async throws {
        let bytes = message.bytes(from: settings.from, id: UUID(), at: .now())
        try await threads.run { [settings] in try Mailer.deliver(bytes, to: message.to, settings) }
    }

    /// What the library reads the message from.
    private final class Reading {
        let bytes: [UInt8]
        var position = 0

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }
    }

    private static func deliver(_ bytes: [UInt8], to recipient: MailboxAddress, _ settings: MailSettings) throws {
        guard isReady, let handle = curl_easy_init() else { throw MailError(code: 0, "libcurl is not to be had") }
        defer { curl_easy_cleanup(handle) }
        let recipients = curl_slist_append(nil, "<\(recipient.address)>")
        defer { curl_slist_free_all(recipients) }
        let reading = Reading(bytes)
        try withExtendedLifetime(reading) {
            let options = [
                romashka_curl_set_pointer(handle, CURLOPT_MAIL_RCPT, recipients),
                romashka_curl_set_number(handle, CURLOPT_UPLOAD, 1),
                romashka_curl_set_reader(handle) { target, size, count, context in
                    guard let target, let context else { return 0 }
                    return Mailer.read(
                        Unmanaged<Reading>.fromOpaque(context).takeUnretainedValue(), target, size * count)
                },
                romashka_curl_set_pointer(handle, CURLOPT_READDATA, Unmanaged.passUnretained(reading).toOpaque()),
            ]
            guard options.allSatisfy({ $0 == CURLE_OK }), set(settings, on: handle) else {
                throw MailError(code: 0, "libcurl does not take the settings")
            }
            let result = curl_easy_perform(handle)
            guard result != CURLE_OK else { return }
            throw MailError(
                code: romashka_curl_response_code(handle), String(cString: curl_easy_strerror(result)))
        }
    }

    private static func read(_ reading: Reading, _ target: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
        let count = min(room, reading.bytes.count - reading.position)
        guard count > 0 else { return 0 }
        reading.bytes.withUnsafeBytes { source in
            UnsafeMutableRawPointer(target).copyMemory(
                from: source.baseAddress.map { $0 + reading.position } ?? UnsafeRawPointer(target), byteCount: count)
        }
        reading.position += count
        return count
    }

    private static func set(_ settings: MailSettings, on handle: UnsafeMutableRawPointer) -> Bool {
        let tls =
            settings.allowsPlain && settings.user == nil ? CURLUSESSL_TRY.rawValue : CURLUSESSL_ALL.rawValue
        let url =
            "\(settings.isImplicitTLS ? "smtps" : "smtp")://\(settings.host):\(settings.port)/\(settings.from.domain)"
        var results = [
            romashka_curl_set_text(handle, CURLOPT_URL, url),
            romashka_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
            romashka_curl_set_text(handle, CURLOPT_MAIL_FROM, "<\(settings.from.address)>"),
            // A proxy of the environment is none for mail.
            romashka_curl_set_text(handle, CURLOPT_PROXY, ""),
            // Signals would end up on any thread.
            romashka_curl_set_number(handle, CURLOPT_NOSIGNAL, 1),
            romashka_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT, 10),
            romashka_curl_set_number(handle, CURLOPT_TIMEOUT, deadline),
            romashka_curl_set_number(handle, CURLOPT_USE_SSL, Int(tls)),
        ]
        if let user = settings.user { results.append(romashka_curl_set_text(handle, CURLOPT_USERNAME, user)) }
        if let password = settings.password {
            results.append(romashka_curl_set_text(handle, CURLOPT_PASSWORD, password))
        }
        return results.allSatisfy { $0 == CURLE_OK }
    }
}
