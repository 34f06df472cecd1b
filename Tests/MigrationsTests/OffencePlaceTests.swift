import Migrations
import Testing

@Suite("Places of offences")
struct OffencePlaceTests {
    private static let named: [(String, OffencePlace)] = [
        ("alpha.things", .schema("alpha")), ("alpha.things.note", .schema("alpha")),
        ("schema alpha", .schema("alpha")), ("schema time", .schema("time")), ("type alpha.word", .schema("alpha")),
        ("alpha.word[]", .schema("alpha")), ("alpha.seen(timestamp with time zone,text)", .schema("alpha")),
        ("\"time\".entries", .schema("time")), ("type \"time\".\"a b\"", .schema("time")),
        ("\"a\"\"b\".c", .schema("a\"b")), ("alpha.\"odd.name\"", .schema("alpha")),
        ("alpha reads beta.things", .module("alpha")), ("romashka_m_alpha", .module("alpha")),
        ("romashka_o_alpha", .module("alpha")), ("romashka_modules", .server), ("somebody", .server),
        ("database romashka", .server), ("\"open", .server), ("\"odd\"", .server),
    ]

    @Test("Whose an offence is stands in the name of what breaks the rule", arguments: named)
    func places(object: String, place: OffencePlace) {
        #expect(OffencePlace(of: object) == place)
    }

    @Test("A module answers for its schema, its roles and what it reads, and for nobody else's")
    func modules() {
        for object in [
            "alpha.things", "schema alpha", "\"alpha\".things", "romashka_m_alpha", "alpha reads beta.things",
        ] {
            #expect(OffencePlace(of: object).isOf("alpha"), "\(object)")
            #expect(!OffencePlace(of: object).isOf("alph") && !OffencePlace(of: object).isOf("beta"), "\(object)")
        }
    }
}
