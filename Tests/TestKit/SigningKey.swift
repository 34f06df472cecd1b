internal import Cryptography
internal import Foundation

/// A key pair that signs as other people's servers do, made and used by the `openssl` program.
package struct SigningKey: Sendable {
    /// The kinds of keys.
    package enum Kind: String, Sendable {
        case rsa = "RSA"
        case p256 = "EC"
    }

    /// The key's kind.
    package let kind: Kind
    /// The `kid` it is published under.
    package let name: String
    /// The public key as PEM.
    package let publicPEM: String
    private let file: String

    /// Two keys of each kind, made once.
    package static let rsa = Result { try SigningKey(.rsa, "rsa-1") }
    package static let otherRSA = Result { try SigningKey(.rsa, "rsa-2") }
    package static let p256 = Result { try SigningKey(.p256, "p256-1") }

    /// Makes a key.
    package init(_ kind: Kind, _ name: String) throws {
        self.kind = kind
        self.name = name
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("key-\(UUID().uuidString)").path
        let options = kind == .rsa ? ["rsa_keygen_bits:2048"] : ["ec_paramgen_curve:P-256"]
        _ = try OpenSSLProgram.run(["genpkey", "-algorithm", kind.rawValue, "-pkeyopt", options[0], "-out", path])
        file = path
        publicPEM = String(decoding: try OpenSSLProgram.run(["pkey", "-in", path, "-pubout"]), as: UTF8.self)
    }

    /// The numbers of the public key: modulus and exponent, or the two coordinates.
    package func numbers() throws -> ([UInt8], [UInt8]) {
        let info = try OpenSSLProgram.run(["pkey", "-in", file, "-pubout", "-outform", "DER"])
        switch kind {
        case .rsa:
            let text = String(
                decoding: try OpenSSLProgram.run(["rsa", "-in", file, "-modulus", "-noout"]), as: UTF8.self)
            let digits = text.split(separator: "=").last.map { $0.lowercased().trimmingCharacters(in: .newlines) } ?? ""
            return (Hex.decode(digits) ?? [], [1, 0, 1])
        case .p256: return (Array(info.suffix(64).prefix(32)), Array(info.suffix(32)))
        }
    }

    /// The public key as RFC 7517 has it.
    package func jwk() throws -> String {
        let (first, second) = try numbers()
        let (one, two) = (Base64URL.encode(first), Base64URL.encode(second))
        switch kind {
        case .rsa: return #"{"kty":"RSA","use":"sig","kid":"\#(name)","n":"\#(one)","e":"\#(two)"}"#
        case .p256: return #"{"kty":"EC","crv":"P-256","use":"sig","kid":"\#(name)","x":"\#(one)","y":"\#(two)"}"#
        }
    }

    /// The name of the algorithm in a token's header.
    package var algorithm: String { kind == .rsa ? "RS256" : "ES256" }

    /// A signature as tokens have it (RFC 7518 §3).
    package func sign(_ message: [UInt8]) throws -> [UInt8] {
        let signature = try OpenSSLProgram.run(["dgst", "-sha256", "-sign", file], input: message)
        return kind == .rsa ? signature : SigningKey.raw(signature)
    }

    /// The two numbers of a DER signature, 32 bytes each.
    private static func raw(_ der: [UInt8]) -> [UInt8] {
        func padded(_ number: ArraySlice<UInt8>) -> [UInt8] {
            let digits = number.drop { $0 == 0 }
            return Array(repeating: 0, count: 32 - digits.count) + digits
        }
        let length = Int(der[3])
        return padded(der[4..<4 + length]) + padded(der[(6 + length)...])
    }
}

/// The `openssl` program.
private enum OpenSSLProgram {
    struct Failure: Error {}

    static func run(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        let (process, output, stdin) = (Process(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardInput = stdin
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input))
        try stdin.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure() }
        return Array(data)
    }
}
