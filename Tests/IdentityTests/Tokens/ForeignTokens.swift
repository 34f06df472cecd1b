import Testing

/// Tokens with the claims of an honest one, signed by other algorithms with another implementation.
enum ForeignTokens {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let token: String

        init(_ testDescription: String, _ segments: String...) {
            self.testDescription = testDescription
            token = segments.joined()
        }
    }

    /// An RSA public key, as anybody may have it.
    static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAv/1qivJu7QeYJrX2/8b1
        0+08Qs075xX/x62sJ2wcZOBSB2J5mF1uGNVxx0KjkfcL90uoikpdV0R6zEBTum+X
        ksYk1JkCi6SHb9ExFukN7s47q1miDLb8oyksLacMT/b+JkZXCbkFlUPHURf1T9uJ
        G/5F+DGyyAeF1Vphqtq2LbBB7q5Kl9heq5mnCX2QHQKyLUt6fFy+miJ5m8jPQduE
        iq2MNfLx9Xq9IH4ApMZJe4v9NEVN+Xo1wPyjhfkeQX4p2tc7g4zmYYS8nvptvLCq
        YWJaO+ze9B8aHw+g37KtwbERml5d6F4ucoQ2NJzNqPuQpWq+3+T4rgF1DCjFL7jt
        OwIDAQAB
        -----END PUBLIC KEY-----

        """

    /// One token for each algorithm the library would verify.
    static let all = [
        Case(
            "HS384, signed with our key",
            "eyJhbGciOiJIUzM4NCIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJhdWQiOiJhcGkiLCJleHAiOjE3OTAwMDA2MDAsImlhdCI6",
            "MTc5MDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly9kZXNrLmV4YW1wbGUiLCJqdGkiOiIwMTk4YTJiMy1jNGQ1LTdlNmYtOGExYi0wMDAw",
            "MDAwMDAwMDMiLCJuYmYiOjE3OTAwMDAwMDAsInJvbGUiOiJhZ2VudCIsInNpZCI6IjAxOThhMmIzLWM0ZDUtN2U2Zi04YTFiLTAw",
            "MDAwMDAwMDAwMiIsInN1YiI6IjAxOThhMmIzLWM0ZDUtN2U2Zi04YTFiLTAwMDAwMDAwMDAwMSIsInRpZCI6IjAxOThhMmIzLWM0",
            "ZDUtN2U2Zi04YTFiLTJjM2Q0ZTVmNmE3YiJ9.AAShUdNsTP8j7F-jZKtGKWfeOLQ8k22gxhsajYFtwT5_JlX3N8YVPQYkETv5JDW",
            "0"
        ),
        Case(
            "HS512, signed with our key",
            "eyJhbGciOiJIUzUxMiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJhdWQiOiJhcGkiLCJleHAiOjE3OTAwMDA2MDAsImlhdCI6",
            "MTc5MDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly9kZXNrLmV4YW1wbGUiLCJqdGkiOiIwMTk4YTJiMy1jNGQ1LTdlNmYtOGExYi0wMDAw",
            "MDAwMDAwMDMiLCJuYmYiOjE3OTAwMDAwMDAsInJvbGUiOiJhZ2VudCIsInNpZCI6IjAxOThhMmIzLWM0ZDUtN2U2Zi04YTFiLTAw",
            "MDAwMDAwMDAwMiIsInN1YiI6IjAxOThhMmIzLWM0ZDUtN2U2Zi04YTFiLTAwMDAwMDAwMDAwMSIsInRpZCI6IjAxOThhMmIzLWM0",
            "ZDUtN2U2Zi04YTFiLTJjM2Q0ZTVmNmE3YiJ9._9OgKdpn6TB-suetOWxlkmSplSvq1LvBbs5ZLqZuUujmDll-xiwI_315gpYWH15",
            "cm2IBk5pXyC-WWnjsiDIBFQ"
        ),
        Case(
            "RS256, signed with an RSA key",
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJhdWQiOiJhcGkiLCJleHAiOjE3OTAwMDA2MDAsImlhdCI6",
            "MTc5MDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly9kZXNrLmV4YW1wbGUiLCJqdGkiOiIwMTk4YTJiMy1jNGQ1LTdlNmYtOGExYi0wMDAw",
            "MDAwMDAwMDMiLCJuYmYiOjE3OTAwMDAwMDAsInJvbGUiOiJhZ2VudCIsInNpZCI6IjAxOThhMmIzLWM0ZDUtN2U2Zi04YTFiLTAw",
            "MDAwMDAwMDAwMiIsInN1YiI6IjAxOThhMmIzLWM0ZDUtN2U2Zi04YTFiLTAwMDAwMDAwMDAwMSIsInRpZCI6IjAxOThhMmIzLWM0",
            "ZDUtN2U2Zi04YTFiLTJjM2Q0ZTVmNmE3YiJ9.ietrkqS9qxWs-7FskJRSpVShw6op6NAO2Lhsh22jVI2B2H8La0Oy1vbAIb5nXks",
            "yy7Qg-tcy8r8_lKxrbvtr9fV-UtmbpoFT7Y5zoPIOZdY0uPobZm6xq2CIPeGltyzMqxiUJ3xqDraOZiE03jy9wTKagegYnezrNyc",
            "rHKgW_TBAufM547yHksbZONABPuikQxqUG6q55G5-zECMcE_hIDbjiDbKuL-GY1rFrm61OEr8kWHRVCK9rH1lZgomHnPJhayBZti",
            "Y91d96BYhdMT5u6ytUJSoXbhO3cFjqXLEqtLBqqo2cDUJb7C720wYkXKAOFfCXFMYLYAFWYMkFfHqog"
        ),
        Case(
            "ES256, signed with a P-256 key",
            "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJhdWQiOiJhcGkiLCJleHAiOjE3OTAwMDA2MDAsImlhdCI6",
            "MTc5MDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly9kZXNrLmV4YW1wbGUiLCJqdGkiOiIwMTk4YTJiMy1jNGQ1LTdlNmYtOGExYi0wMDAw",
            "MDAwMDAwMDMiLCJuYmYiOjE3OTAwMDAwMDAsInJvbGUiOiJhZ2VudCIsInNpZCI6IjAxOThhMmIzLWM0ZDUtN2U2Zi04YTFiLTAw",
            "MDAwMDAwMDAwMiIsInN1YiI6IjAxOThhMmIzLWM0ZDUtN2U2Zi04YTFiLTAwMDAwMDAwMDAwMSIsInRpZCI6IjAxOThhMmIzLWM0",
            "ZDUtN2U2Zi04YTFiLTJjM2Q0ZTVmNmE3YiJ9.FQjx7a1sDicadZ5cJtvjAwKgtsF6lDulxVqu2u-Yf_P64ZindZOKG33j1H0VpgC",
            "wvPXu3QHDgjozfwxlF5hVrw"
        ),
        Case(
            "ES256, signed with a P-384 key",
            "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJhdWQiOiJhcGkiLCJleHAiOjE3OTAwMDA2MDAsImlhdCI6",
            "MTc5MDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly9kZXNrLmV4YW1wbGUiLCJqdGkiOiIwMTk4YTJiMy1jNGQ1LTdlNmYtOGExYi0wMDAw",
            "MDAwMDAwMDMiLCJuYmYiOjE3OTAwMDAwMDAsInJvbGUiOiJhZ2VudCIsInNpZCI6IjAxOThhMmIzLWM0ZDUtN2U2Zi04YTFiLTAw",
            "MDAwMDAwMDAwMiIsInN1YiI6IjAxOThhMmIzLWM0ZDUtN2U2Zi04YTFiLTAwMDAwMDAwMDAwMSIsInRpZCI6IjAxOThhMmIzLWM0",
            "ZDUtN2U2Zi04YTFiLTJjM2Q0ZTVmNmE3YiJ9.9Q5MVkoA74PWPQEF9CzMVC59eOOUrdFTZYllcpxw5W7AK6SkFIdtMKetKonfy3b",
            "JJL8qYeya_U9UJrZjPNuAnuZvKxca6BqoIlS_S4e_UTipRUmHgzBd3cLWWt_iSuLq"
        ),
    ]
}
