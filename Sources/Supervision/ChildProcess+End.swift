extension ChildProcess {
    /// Ends the process by ever stronger signals; the last one must be one that cannot be ignored.
    ///
    /// Works in a cancelled task too, since that is when servers are stopped.
    ///
    /// - Parameters:
    ///   - signals: the signals in their order.
    ///   - limit: how long the process has for an answer to each but the last.
    /// - Returns: how it ended.
    @discardableResult
    package func end(bySignals signals: [Int32], each limit: Duration) async -> ProcessExit {
        for signal in signals {
            self.signal(signal)
            if signal == signals.last { break }
            if let exit = await exit(within: limit) { return exit }
        }
        return await exit()
    }
}
