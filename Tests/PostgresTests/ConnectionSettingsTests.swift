import Testing

@testable import Postgres

@Suite("Connection settings")
struct ConnectionSettingsTests {
    private func settings(_ url: String) throws -> ConnectionSettings {
        try ConnectionSettings(url: url)
    }

    @Test("no text of them shows the password")
    func redacted() throws {
        let settings = try ConnectionSettings(url: "postgresql://ada:topsecret@localhost/desk")
        var text = "\([settings])"
        dump(settings, to: &text)
        #expect(text.contains("ada@localhost") && !text.contains("topsecret"))
    }

    @Test(
        "a server elsewhere must prove who it is",
        arguments: [
            "postgresql://u@db.example.com/d", "postgresql://u@10.0.0.5/d", "host=db.example.com",
            "postgresql://u@[2001:db8::1]/d",
            "host=localhost.example.com", "host=127.example.com", "host=127.0.0.1.example.com",
            "host=localhost,db.example.com",
            "postgresql://u@127.0.0.1,db.example.com/d", "host=/tmp,db.example.com", "hostaddr=10.0.0.5",
            "host=localhost hostaddr=10.0.0.5", "host=db.example.com hostaddr=",
            "postgresql://u@/d?host=db.example.com", "host=127.0.0", "host=1270.0.0.1",
        ])
    func remoteServerIsVerified(url: String) throws {
        #expect(try settings(url).keywords["sslmode"] == "verify-full")
        #expect(try !settings(url).isLocal)
    }

    @Test(
        "a server on this machine need not",
        arguments: [
            "postgresql:///d", "dbname=d", "host=/var/run/postgresql", "postgresql://u@localhost/d",
            "postgresql://u@127.0.0.1/d",
            "postgresql://u@127.8.8.8/d", "postgresql://u@[::1]/d", "host=localhost,127.0.0.1", "hostaddr=127.0.0.1",
            "host=localhost hostaddr=::1",
            "host=/tmp,localhost", "postgresql://u@%2Ftmp/d",
        ])
    func localServerIsNot(url: String) throws {
        #expect(try settings(url).keywords["sslmode"] == nil)
        #expect(try settings(url).isLocal)
    }

    @Test("what the URL says of encryption stands", arguments: ["disable", "require", "verify-ca", "verify-full"])
    func modeOfTheURLStands(mode: String) throws {
        #expect(try settings("postgresql://u@db.example.com/d?sslmode=\(mode)").keywords["sslmode"] == mode)
        #expect(try settings("postgresql://u@localhost/d?sslmode=\(mode)").keywords["sslmode"] == mode)
    }

    @Test("every connection speaks UTF-8, has no GSS, and gives up connecting")
    func commonKeywordsAreSet() throws {
        let settings = try settings("postgresql://u@localhost/d?client_encoding=LATIN1")
        #expect(settings.keywords["client_encoding"] == "UTF8")
        #expect(settings.keywords["gssencmode"] == "disable")
        #expect(settings.keywords["connect_timeout"] == "5")
        #expect(try self.settings("host=localhost connect_timeout=9").keywords["connect_timeout"] == "9")
    }

    @Test("the parts of a URL are read, percent signs decoded")
    func partsAreRead() throws {
        let settings = try settings("postgresql://an%40na:p%2Fw@localhost:5433/my%20db?application_name=x")
        #expect(settings.user == "an@na")
        #expect(settings.database == "my db")
        #expect(settings.keywords["password"] == "p/w")
        #expect(settings.keywords["port"] == "5433")
        #expect(settings.keywords["application_name"] == "x")
    }

    @Test(
        "a URL that cannot be read is an error that does not repeat it",
        arguments: [
            "postgresql://u:secret@host/d?nonsense=1", "secret", "password=secret nonsense=1",
            "postgresql://u:secret@[::1/d",
        ])
    func wrongURLIsAnError(url: String) {
        let error = #expect(throws: DatabaseError.self) { try settings(url) }
        #expect(error?.code == .invalidURL)
        #expect(error?.debugDescription.contains("secret") == false)
        #expect(error?.debugDescription.contains("nonsense") == false)
    }

    @Test("no description shows the password")
    func descriptionHasNoPassword() throws {
        let settings = try settings("postgresql://anna:topsecret@db.example.com:5433/d?sslpassword=topsecret")
        #expect(settings.description == "anna@db.example.com:5433/d")
        #expect(!String(reflecting: settings).contains("topsecret"))
        #expect(!"\([settings])".contains("topsecret"))
        #expect(!"\(Optional(settings) as Any)".contains("topsecret"))
    }

    @Test("another role, database or name changes that and nothing else")
    func partsAreReplaced() throws {
        let original = try settings("postgresql://u:p@localhost:5433/d")
        let other = original.connecting(as: "v", password: "q").connecting(toDatabase: "e").named("job")
        #expect(other.user == "v" && other.database == "e")
        #expect(other.keywords["password"] == "q" && other.keywords["application_name"] == "job")
        #expect(other.keywords["port"] == "5433")
        #expect(original.user == "u" && original.database == "d")
    }

    @Test("parameters are added to those of the URL, with spaces and backslashes kept")
    func parametersAreAdded() throws {
        let settings = try settings("host=localhost options='-c jit=off'")
            .with(parameters: ["statement_timeout": "500ms"]).with(parameters: ["search_path": #"a, "b\c""#])
        #expect(settings.keywords["options"] == #"-c jit=off -c statement_timeout=500ms -c search_path=a,\ "b\\c""#)
    }
}
