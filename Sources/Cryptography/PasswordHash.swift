/// A hashed password as a PHC string: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`, base64 without padding.
package struct PasswordHash: Sendable, Hashable, Redacted {
    private static let saltByteCount = 16
    private static let hashByteCount = 32
    private static let maximumTextLength = 256

    /// The cost the hash was computed with.
    package let cost: ScryptCost

    private let salt: [UInt8]
    private let hash: [UInt8]

    /// Hashes `password` with a new random salt of 16 bytes. Occupies the thread; servers call `PasswordHasher`.
    ///
    /// - Throws: `PasswordError.unavailable`.
    package init(
        hashing password: Password, cost: ScryptCost = .standard, derive: KeyDerivation = Scrypt.derive
    ) throws(PasswordError) {
        self.cost = cost
        salt = RandomBytes.generate(Self.saltByteCount)
        hash = try derive(password.bytes, salt, cost, Self.hashByteCount)
    }

    /// Reads a PHC string whose cost, salt (8...64 bytes) and hash (16...64 bytes) are within the bounds.
    ///
    /// - Throws: `PasswordError.malformedHash`.
    package init(parsing text: String) throws(PasswordError) {
        guard text.utf8.count <= Self.maximumTextLength else { throw .malformedHash }
        let fields = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 5, fields[0].isEmpty, fields[1] == "scrypt",
            let cost = Self.cost(parsing: fields[2]),
            let salt = Self.bytes(parsing: fields[3]), (8...64).contains(salt.count),
            let hash = Self.bytes(parsing: fields[4]), (16...64).contains(hash.count)
        else { throw .malformedHash }
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    private init(decoyWith cost: ScryptCost) {
        self.cost = cost
        salt = RandomBytes.generate(Self.saltByteCount)
        hash = RandomBytes.generate(Self.hashByteCount)
    }

    /// A hash of no known password, to spend the same time when there is no account.
    static func decoy(cost: ScryptCost) -> PasswordHash {
        PasswordHash(decoyWith: cost)
    }

    /// The PHC string, without any character that needs quoting.
    package var text: String {
        "$scrypt$ln=\(cost.logarithm),r=\(cost.blockSize),p=\(cost.parallelization)"
            + "$\(Base64Codec.standard.encode(salt))$\(Base64Codec.standard.encode(hash))"
    }

    /// Shows the cost, never the hash.
    package var description: String { "PasswordHash(ln: \(cost.logarithm), redacted)" }

    /// Whether `password` is the one that was hashed. Occupies the thread; servers call `PasswordHasher`.
    ///
    /// - Throws: `PasswordError.unavailable`.
    package func matches(
        _ password: Password, derive: KeyDerivation = Scrypt.derive
    ) throws(PasswordError) -> Bool {
        let candidate = try derive(password.bytes, salt, cost, hash.count)
        return ConstantTime.equal(candidate, hash)
    }

    /// Whether a new hash at `cost` should replace this one at the next login.
    package func needsRehash(for cost: ScryptCost = .standard) -> Bool {
        self.cost != cost || salt.count < Self.saltByteCount || hash.count < Self.hashByteCount
    }

    private static func cost(parsing text: String) -> ScryptCost? {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        let names = ["ln=", "r=", "p="]
        guard fields.count == names.count else { return nil }
        var values: [Int] = []
        for (field, name) in zip(fields, names) {
            guard field.hasPrefix(name), let value = Int(field.dropFirst(name.count)), value > 0,
                field == "\(name)\(value)"
            else { return nil }
            values.append(value)
        }
        return ScryptCost(logarithm: values[0], blockSize: values[1], parallelization: values[2])
    }

    private static func bytes(parsing text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8(Base64Codec.standard.decode)
    }
}
