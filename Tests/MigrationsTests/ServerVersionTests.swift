import Migrations
import Testing

@Suite("ServerVersion")
struct ServerVersionTests {
    /// The last version of a branch that has holes, and the first that has none.
    struct Branch: CustomTestStringConvertible {
        let last: Int
        let name: String
        let first: Int
        let mended: String

        var testDescription: String { mended }
    }

    private static let branches = [
        Branch(last: 160_015, name: "16.15", first: 160_016, mended: "16.16"),
        Branch(last: 170_011, name: "17.11", first: 170_012, mended: "17.12"),
        Branch(last: 180_006, name: "18.6", first: 180_007, mended: "18.7"),
    ]

    @Test("Each major version has holes up to the minor one that mends them", arguments: branches)
    func branch(_ branch: Branch) throws {
        let finding = try #require(ServerVersion.holes(in: branch.last))
        #expect(finding.contains("version \(branch.name) ") && finding.hasSuffix("\(branch.mended) or newer"))
        #expect(ServerVersion.holes(in: branch.first) == nil)
        #expect(ServerVersion.holes(in: branch.first / 10_000 * 10_000) != nil)
    }

    @Test("Of what the bootstrap speaks of itself, and of what is newer, nothing is known")
    func others() {
        for version in [150_019, 190_000, 200_003] { #expect(ServerVersion.holes(in: version) == nil) }
    }
}
