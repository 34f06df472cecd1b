import ArgumentParser
import Foundation
import Platform
import PluginKit

/// Real data to look at.
struct ImportDemo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-demo",
        abstract: "Load two demo tenants from real data: a shop's customers and a bank's questions.",
        discussion: Help.discussion(
            """
            From FOLDER/retail/db.json a tenant with its customers; from FOLDER/banking77/train.csv a tenant with a
            conversation for each question. May be ended and run again at any time: what is there already is skipped.
            """,
            examples: ["romashka import-demo ../shared/data", "romashka import-demo ./data --data-dir ./db --json"]))

    @OptionGroup var common: CommonOptions
    @Argument(help: "The folder with retail and banking77.")
    var folder = "../shared/data"

    func run() async throws {
        let customers = try RetailData.customers(in: folder)
        let questions = try BankingData.questions(in: folder)
        try await common.withPlatform { platform in
            let importer = DemoImporter(platform: platform)
            let retail = try await importer.importRetail(customers)
            let banking = try await importer.importBanking(questions)
            let json: JSONValue = [
                "retail": ["tenant": "retail", "customers": .integer(Int64(retail))],
                "banking": ["tenant": "banking", "conversations": .integer(Int64(banking))],
            ]
            Output.result(
                json, "tenant retail has \(retail) customers, tenant banking \(banking) conversations",
                asJSON: common.json)
            guard retail == customers.count, banking == questions.count else {
                throw ConfigurationError(
                    .demoIncomplete, "the counts differ from the files: \(customers.count) and \(questions.count)")
            }
        }
    }
}
