import PluginKit

extension CommonOptions {
    /// Rows as a table, or each as JSON.
    func print(_ values: [JSONValue], _ columns: [String]) {
        if json {
            for value in values { Output.result(value, "", asJSON: true) }
        } else {
            let rows = values.map { value in columns.map { value[$0]?.string ?? value[$0]?.text ?? "" } }
            let heads = columns.map { $0.uppercased().replacing("_", with: " ") }
            Output.result(.null, Output.table([heads] + rows), asJSON: false)
        }
    }
}

extension JSONValue {
    /// As it is written in JSON; nothing for null.
    var text: String { self == .null ? "" : String(decoding: encoded(), as: UTF8.self) }
}
