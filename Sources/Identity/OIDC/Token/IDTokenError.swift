/// Why an ID token is not believed. The raw value is for logs; whoever signs in hears one answer for all.
enum IDTokenError: String, Error {
    case malformed = "token_malformed"
    case algorithmRefused = "token_algorithm"
    case keyUnknown = "token_key"
    case signatureWrong = "token_signature"
    case issuerWrong = "token_issuer"
    case audienceWrong = "token_audience"
    case expired = "token_expired"
    case notYetValid = "token_not_yet_valid"
    case nonceWrong = "token_nonce"
    case subjectMissing = "token_subject"
}
