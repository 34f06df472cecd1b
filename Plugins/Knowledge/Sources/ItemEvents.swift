internal import PluginKit

/// What the knowledge base tells others of.
enum ItemEvents {
    /// An article was written, changed or removed.
    ///
    /// - Parameters:
    ///   - type: as `plugin.json` declares it.
    ///   - row: what the statement calls the article.
    ///   - changes: whether the row has what was before in columns that begin with `old_`.
    static func item(_ type: String, _ row: SQL, changes: Bool = false) -> Event {
        let difference: SQL = """
            jsonb_strip_nulls(jsonb_build_object(
                'title', CASE WHEN \(row).old_title <> \(row).title
                              THEN jsonb_build_array(\(row).old_title, \(row).title) END,
                'status', CASE WHEN \(row).old_status <> \(row).status
                               THEN jsonb_build_array(\(row).old_status, \(row).status) END,
                'body', CASE WHEN \(row).old_body <> \(row).body THEN '[]'::jsonb END))
            """
        return Event(
            type, subject: "\(row).id", audience: .init("knowledge.read"), changes: changes ? difference : nil,
            data: """
                jsonb_build_object('title', \(row).title, 'status', \(row).status, 'version', \(row).version)
                """)
    }
}
