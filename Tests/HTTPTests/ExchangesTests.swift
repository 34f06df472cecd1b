import NIOCore
import NIOHTTP1
import Testing

@testable import HTTP

@Suite("Exchanges")
struct ExchangesTests {
    private static func head(
        _ headers: HTTPHeaders = [:], version: HTTPVersion = .http1_1, method: HTTPMethod = .GET
    ) -> HTTPServerRequestPart {
        .head(HTTPRequestHead(version: version, method: method, uri: "/", headers: headers))
    }

    private static let response = HTTPResponseHead(version: .http1_1, status: .ok)
    /// The one with which the connection ends.
    private static let last = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["connection": "close"])

    @Test("Requests are answered in their order, and the connection goes on")
    func keepAlive() {
        var exchanges = Exchanges()
        for _ in 0..<2 {
            #expect(exchanges.receive(Self.head()) == .goesOn)
            #expect(exchanges.receive(.end(nil)) == .goesOn)
        }
        for _ in 0..<2 {
            #expect(exchanges.isBusy)
            #expect(exchanges.answer(Self.response) == Self.response)
            #expect(exchanges.endAnswer() == .goesOn)
        }
        #expect(!exchanges.isBusy && !exchanges.isOver && exchanges.mayRead)
    }

    @Test(
        "The answer to a request that asks for the end of the connection ends it, however that is spelled",
        arguments: [
            ("close", HTTPVersion.http1_1), ("Close", .http1_1), ("TE, close", .http1_1), (nil, .http1_0),
            ("keep-alive", .http1_0),
        ] as [(String?, HTTPVersion)])
    func close(connection: String?, version: HTTPVersion) {
        var exchanges = Exchanges()
        let headers = HTTPHeaders(connection.map { [("Connection", $0)] } ?? [])
        #expect(exchanges.receive(Self.head(headers, version: version)) == .goesOn)
        #expect(exchanges.receive(.end(nil)) == .goesOn)
        let answer = exchanges.answer(Self.response)
        #expect(answer.headers["connection"] == ["close"] && answer.version == version)
        #expect(!exchanges.isOver)
        #expect(exchanges.endAnswer() == .ends)
        #expect(exchanges.isOver)
    }

    @Test("What follows the last request is dropped and waits for no answer; those before it get theirs")
    func pipelined() {
        var exchanges = Exchanges()
        #expect(exchanges.receive(Self.head()) == .goesOn)
        #expect(exchanges.receive(.end(nil)) == .goesOn)
        #expect(exchanges.receive(Self.head(["Connection": "close"])) == .goesOn)
        #expect(exchanges.receive(.end(nil)) == .goesOn)
        #expect(exchanges.receive(Self.head()) == .isDropped)
        #expect(exchanges.receive(.end(nil)) == .isDropped)
        #expect(exchanges.fail() == .isDropped)
        #expect(exchanges.answer(Self.response) == Self.response)
        #expect(exchanges.endAnswer() == .goesOn)
        #expect(exchanges.answer(Self.response) == Self.last)
        #expect(exchanges.endAnswer() == .ends)
        #expect(!exchanges.isBusy)
    }

    @Test("Behind the request for another protocol nothing is read")
    func upgrade() {
        let heads = [
            Self.head(["Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"]), Self.head(method: .CONNECT),
        ]
        for head in heads {
            var exchanges = Exchanges()
            #expect(exchanges.receive(head) == .goesOn)
            #expect(exchanges.mayRead)
            #expect(exchanges.receive(.end(nil)) == .goesOn)
            #expect(!exchanges.mayRead)
            #expect(exchanges.answer(Self.response) == Self.last)
            #expect(exchanges.endAnswer() == .ends)
        }
    }

    @Test("A body that is still coming when the last answer ends is read to its end and dropped")
    func rest() {
        for isReadable in [true, false] {
            var exchanges = Exchanges()
            #expect(exchanges.receive(Self.head(["Connection": "close"], method: .POST)) == .goesOn)
            #expect(exchanges.receive(.body(ByteBuffer())) == .goesOn)
            #expect(exchanges.isBodyComing && !exchanges.isDraining)
            #expect(exchanges.endAnswer() == .endsAfterBody)
            #expect(exchanges.isDraining && exchanges.mayRead)
            #expect(exchanges.receive(.body(ByteBuffer())) == .isDropped)
            let passage = isReadable ? exchanges.receive(.end(nil)) : exchanges.fail()
            #expect(passage == .ends)
            #expect(!exchanges.isDraining)
        }
    }

    @Test("A client that waits to be told is told once; one that is not told gets its last answer")
    func expectation() {
        var exchanges = Exchanges()
        for spelling in ["100-continue", "100-Continue"] {
            #expect(exchanges.receive(Self.head(["Expect": spelling], method: .POST)) == .goesOn)
            #expect(exchanges.welcome() == true)
            #expect(exchanges.welcome() == false)
            #expect(exchanges.receive(.end(nil)) == .goesOn)
            #expect(exchanges.answer(Self.response) == Self.response)
            #expect(exchanges.endAnswer() == .goesOn)
        }
        #expect(exchanges.receive(Self.head()) == .goesOn)
        #expect(exchanges.receive(.end(nil)) == .goesOn)
        #expect(exchanges.receive(Self.head(["Expect": "100-continue"], method: .POST)) == .goesOn)
        // The answer to the request before it.
        #expect(exchanges.welcome() == false)
        #expect(!exchanges.isBodyComing)
        #expect(exchanges.answer(Self.response) == Self.response)
        #expect(exchanges.endAnswer() == .goesOn)
        #expect(exchanges.answer(Self.response) == Self.last)
        #expect(exchanges.endAnswer() == .endsAfterBody)
    }

    @Test("A request whose body cannot be read is the last; before any header it is for others to say so")
    func unreadable() {
        var exchanges = Exchanges()
        #expect(exchanges.fail() == .goesOn)
        #expect(exchanges.receive(Self.head(method: .POST)) == .goesOn)
        #expect(exchanges.fail() == .goesOn)
        #expect(exchanges.fail() == .isDropped)
        #expect(exchanges.answer(Self.response) == Self.last)
        #expect(exchanges.endAnswer() == .ends)
    }
}
