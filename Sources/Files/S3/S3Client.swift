internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import PluginKit
internal import Synchronization

/// Sends signed requests for one bucket, by path and not by name of host.
final class S3Client: Sendable {
    /// How long bytes that are sent may take, with what the bucket does before it answers.
    static let transfer: Duration = .seconds(300)

    private let settings: S3Settings
    private let signature: S3Signature
    private let patience: Duration
    /// Made when first needed: what never speaks to the bucket has nothing to close.
    private let client = Mutex<HTTPClient?>(nil)

    /// - Parameter patience: how long the bucket may take to begin and to go on with bytes that are read, and for
    ///   everything small.
    init(_ settings: S3Settings, patience: Duration) {
        self.settings = settings
        self.patience = patience
        signature = S3Signature(
            region: settings.region, accessKeyID: settings.accessKeyID, secretAccessKey: settings.secretAccessKey)
    }

    /// Sends a request and hands over an answer of success.
    ///
    /// - Parameters:
    ///   - key: below the bucket; empty for the bucket itself.
    ///   - payload: SHA-256 of the body, in hexadecimal digits.
    ///   - limit: how long it may take in all, or until the bytes of a body begin that is read piece by piece; as long
    ///     as something small may if nil.
    /// - Throws: `FileStoreError`; what `consume` throws.
    @discardableResult
    func send<Value>(
        _ method: String, _ key: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], payload: String = S3Signature.emptyPayload,
        body: HTTPClientRequest.Body? = nil, within limit: Duration? = nil,
        _ consume: (S3Answer) async throws -> Value
    ) async throws -> Value {
        let path = key.isEmpty ? "/\(settings.bucket)" : "/\(settings.bucket)/\(key)"
        let message = S3Signature.Message(
            method, path, query: query, headers: headers + [("host", settings.host)], payload: payload)
        let text = S3Signature.queryText(query)
        var request = HTTPClientRequest(url: settings.endpoint + path + (text.isEmpty ? "" : "?\(text)"))
        request.method = HTTPMethod(rawValue: method)
        for header in signature.sign(message, at: .now()) where header.name != "host" {
            request.headers.add(name: header.name, value: header.value)
        }
        request.body = body
        let limit = limit ?? patience
        let deadline = ContinuousClock.now + limit
        let response = try await execute(request, within: limit)
        let answer = S3Answer(method: method, response: response, deadline: deadline, patience: patience)
        switch answer.status {
        case 200..<300: return try await consume(answer)
        case 404: throw FileStoreError.missing
        default: throw FileStoreError.refused(operation: method, status: answer.status)
        }
    }

    private func execute(_ request: HTTPClientRequest, within limit: Duration) async throws -> HTTPClientResponse {
        do {
            return try await open().execute(request, timeout: TimeAmount(limit))
        } catch let error as FileStoreError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw FileStoreError.unreachable(operation: request.method.rawValue)
        }
    }

    private func open() -> HTTPClient {
        client.withLock { client in
            if let client { return client }
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            configuration.timeout.connect = .seconds(5)
            // Whoever waits for a file is told at once, and tries again.
            configuration.connectionPool.retryConnectionEstablishment = false
            // Who waits for one of them has the time of connecting only; eight large files would hold the usual eight.
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
            let opened = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            client = opened
            return opened
        }
    }

    /// Closes the connections.
    func close() async {
        let open = client.withLock { client in
            defer { client = nil }
            return client
        }
        try? await open?.shutdown()
    }
}
