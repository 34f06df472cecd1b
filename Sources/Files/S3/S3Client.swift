internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import PluginKit
internal import Synchronization

/// Sends signed requests for one bucket, by path and not by name of host.
final class S3Client: Sendable {
    private let settings: S3Settings
    private let signature: S3Signature
    /// Made when first needed: what never speaks to the bucket has nothing to close.
    private let client = Mutex<HTTPClient?>(nil)

    init(_ settings: S3Settings) {
        self.settings = settings
        signature = S3Signature(
            region: settings.region, accessKeyID: settings.accessKeyID, secretAccessKey: settings.secretAccessKey)
    }

    /// Sends a request and hands over an answer of success.
    ///
    /// - Parameters:
    ///   - key: below the bucket; empty for the bucket itself.
    ///   - payload: SHA-256 of the body, in hexadecimal digits.
    ///   - limit: how long it may take in all.
    /// - Throws: `FileStoreError`; what `consume` throws.
    @discardableResult
    func send<Value>(
        _ method: String, _ key: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], payload: String = S3Signature.emptyPayload,
        body: HTTPClientRequest.Body? = nil, within limit: TimeAmount = .minutes(5),
        _ consume: (HTTPClientResponse) async throws -> Value
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
        let response = try await execute(request, within: limit)
        switch response.status.code {
        case 200..<300: return try await consume(response)
        case 404: throw FileStoreError.missing
        default: throw FileStoreError.refused(operation: method, status: Int(response.status.code))
        }
    }

    private func execute(_ request: HTTPClientRequest, within limit: TimeAmount) async throws -> HTTPClientResponse {
        do {
            return try await open().execute(request, timeout: limit)
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
