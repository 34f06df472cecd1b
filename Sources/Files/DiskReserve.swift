/// How much room uploads leave on the disk that they are written to, which may be that of the database.
package struct DiskReserve: Hashable, Sendable {
    /// Nothing: uploads may fill the disk.
    package static let none = DiskReserve(byteCount: 0, percentage: 0)

    /// The least in bytes, however small the disk is.
    package var byteCount: Int
    /// The least in hundredths of the disk.
    package var percentage: Int

    package init(byteCount: Int = 1 << 30, percentage: Int = 5) {
        self.byteCount = byteCount
        self.percentage = percentage
    }

    /// Whether it is left when so many bytes are written to a disk.
    package func isLeft(after byteCount: Int, free: Int, size: Int) -> Bool {
        free - byteCount >= max(self.byteCount, size / 100 * percentage)
    }
}
