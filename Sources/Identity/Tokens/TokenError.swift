/// Why a token is refused, or cannot be issued. The raw value is a stable code, never reused.
package enum TokenError: String, Error, Sendable, Hashable, CustomStringConvertible {
    /// The token is longer than 4,096 bytes.
    case tooLarge = "token_too_large"

    /// The token is not three segments of strict base64url.
    case malformed = "token_malformed"

    /// The header is no flat object, or says anything but `typ`, `alg` and `kid`.
    case headerInvalid = "token_header_invalid"

    /// The header's `kid` names no key of ours.
    case keyUnknown = "token_key_unknown"

    /// The key is not yet, or no longer, in use.
    case keyInactive = "token_key_inactive"

    /// The algorithm is not the one pinned to the key.
    case algorithmRefused = "token_algorithm_refused"

    /// The signature does not verify.
    case signatureInvalid = "token_signature_invalid"

    /// The claims are no flat object, or one of them is missing or has the wrong form.
    case claimsInvalid = "token_claims_invalid"

    /// The token was issued by somebody else.
    case issuerRefused = "token_issuer_refused"

    /// The token is meant for another audience.
    case audienceRefused = "token_audience_refused"

    /// The token is past its end.
    case expired = "token_expired"

    /// The token's beginning lies in the future.
    case notYetValid = "token_not_yet_valid"

    /// Configuration: the key is shorter than 32 bytes, or is PEM text and so no secret.
    case keyUnfit = "token_key_unfit"

    /// Configuration: the key's name is not 1 to 64 letters, digits, `-`, `_` or `.`.
    case keyNameInvalid = "token_key_name_invalid"

    /// Configuration: there are no keys, two with one name, or the active one is missing.
    case keySetInvalid = "token_key_set_invalid"

    /// The library could not sign.
    case signingFailed = "token_signing_failed"

    /// The stable code; it names nothing from the token.
    package var description: String { rawValue }
}
