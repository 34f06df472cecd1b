import Testing

@testable import HTTP

@Suite("Limits of connections")
struct ConnectionLimitsTests {
    @Test(
        "Connections leave a quarter of the descriptors to others, and a hundred at least",
        arguments: [(65_536, 49_152), (1024, 768), (256, 156), (64, 1)])
    func connections(descriptors: Int, expected: Int) {
        #expect(ConnectionLimits.connections(of: descriptors) == expected)
        #expect(ConnectionLimits().connections >= 1)
    }
}
