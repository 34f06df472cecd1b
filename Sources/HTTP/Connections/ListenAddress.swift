/// Where the HTTP server listens.
package struct ListenAddress: Hashable, Sendable {
    package let host: String
    /// 0 picks a free port.
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}
