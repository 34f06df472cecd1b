import Observability
import Testing

@Suite("Redaction")
struct RedactionTests {
    @Test(
        "a key with a sensitive word is covered, however it is spelled",
        arguments: [
            "email", "Email", "customer_email", "customerEmail", "x-authorization", "api.key", "subject", "a.token",
            "first name", "accessToken", "remote_ip", "emails", "api_keys",
        ]
    )
    func sensitiveKeysAreCovered(key: String) {
        #expect(Redaction.standard.covers(key))
    }

    @Test(
        "a harmless key, or one that only measures, is not covered",
        arguments: [
            "route", "hostname", "tenant", "tokenizer", "content_type", "body_bytes", "subject_id", "email_count", "",
        ]
    )
    func harmlessKeysAreNotCovered(key: String) {
        #expect(!Redaction.standard.covers(key))
    }
}
