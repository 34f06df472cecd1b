internal import Cryptography

/// What a process that derives keys is asked: six numbers of four bytes, the highest first, then the salt and the
/// password. Its answer is as many bytes as were asked for after a byte 1, or a byte 0 alone.
struct KeyRequest: Equatable {
    /// How many bytes the numbers take.
    static let headerByteCount = 24
    private static let maximumByteCount = 4096

    let password: [UInt8]
    let salt: [UInt8]
    let cost: ScryptCost
    /// How many bytes to derive.
    let count: Int

    /// The bytes that are sent.
    var bytes: [UInt8] {
        let numbers = [
            cost.logarithm, cost.blockSize, cost.parallelization, count, salt.count, password.count,
        ]
        return numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
            + salt + password
    }

    /// How many bytes follow a header; nil where it is none.
    static func bodyByteCount(header: [UInt8]) -> Int? {
        guard let numbers = numbers(header) else { return nil }
        return numbers[4] + numbers[5]
    }

    /// Reads a request; nil where it is none.
    init?(header: [UInt8], body: [UInt8]) {
        guard let numbers = Self.numbers(header), body.count == numbers[4] + numbers[5],
            let cost = ScryptCost(logarithm: numbers[0], blockSize: numbers[1], parallelization: numbers[2])
        else { return nil }
        self.init(
            password: Array(body[numbers[4]...]), salt: Array(body[..<numbers[4]]), cost: cost, count: numbers[3])
    }

    init(password: [UInt8], salt: [UInt8], cost: ScryptCost, count: Int) {
        self.password = password
        self.salt = salt
        self.cost = cost
        self.count = count
    }

    private static func numbers(_ header: [UInt8]) -> [Int]? {
        guard header.count == headerByteCount else { return nil }
        let numbers = stride(from: 0, to: headerByteCount, by: 4).map { start in
            header[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        return numbers.allSatisfy { $0 <= maximumByteCount } ? numbers : nil
    }
}
