import Foundation
import PluginKit
import Testing

@Suite("Bind")
struct BindTests {
    @Test(
        "a value knows the type it is sent as, by its OID in pg_type.dat",
        arguments: [
            (.bool(true), 16), (.bytes([]), 17), (.int(1), 20), (.text(""), 25), (.double(1), 701),
            (.textArray([]), 1009),
            (.intArray([]), 1016), (.timestamp(.distantFuture), 1184), (.timestampArray([]), 1185),
            (.uuid(.first), 2950),
            (.uuidArray([]), 2951), (.json([]), 3802), (.null(.uuid), 2950), (.null(.text), 25),
        ] as [(Bind, UInt32)]
    )
    func typeIsKnown(bind: Bind, oid: UInt32) {
        #expect(bind.type.rawValue == oid)
    }

    @Test("a Swift type says beforehand what its values and its absence are sent as")
    func typeMatchesValue() {
        #expect(Bool.bindType == true.bind.type)
        #expect(Int.bindType == 1.bind.type)
        #expect(Int64.bindType == Int64(1).bind.type)
        #expect(Double.bindType == 1.5.bind.type)
        #expect(String.bindType == "".bind.type)
        #expect(UUID.bindType == UUID.first.bind.type)
        #expect(TenantID.bindType == TenantID.make().bind.type)
        #expect(Timestamp.bindType == Timestamp.now().bind.type)
        #expect(JSONValue.bindType == JSONValue.null.bind.type)
        #expect([UInt8].bindType == [UInt8]().bind.type)
    }
}
