import ArgumentParser
import Platform

/// The document of the API.
struct OpenAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the API's document (OpenAPI 3.1).",
        discussion: Help.discussion(
            "Needs no database. It is what /openapi.json answers when every plugin is active.",
            examples: [
                "romashka openapi > openapi.json",
                "romashka openapi --plugins ./Plugins | jq '.paths | keys'",
            ]))

    @OptionGroup var common: CommonOptions

    func run() async throws {
        Output.result(try common.described.openAPI, "", asJSON: true)
    }
}
