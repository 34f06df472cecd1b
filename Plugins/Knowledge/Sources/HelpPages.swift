internal import PluginKit

/// The help centre as pages: a list, a search, and each published article.
enum HelpPages {
    static let all: [Route] = [
        PublicPage(
            "/help",
            query: [
                Field(
                    "before", .uuid, example: "0192f0c1-7a00-7000-8000-000000000040",
                    summary: "Shows what is older than this article.")
            ], "The help centre: published articles, newest first", index),
        PublicPage(
            "/help/search",
            query: [Field("q", .text(0...200), example: "return parcel", summary: "Words, \"phrases\", -exclusions.")],
            "The published articles that fit best", search),
        PublicPage("/help/items/{id}", "One published article", item),
    ]

    private static let pageSize = 50

    @Sendable
    private static func index(_ call: Call) async throws -> WebPage {
        let before: ItemID? = try call.query["before"]
        let rows = try await call.tx.rows(
            """
            SELECT id, title
            FROM knowledge.knowledge_items
            WHERE tenant_id = \(call.tenant)
              AND status = 'published'
              AND id < \(before ?? ItemID(.last))
            ORDER BY id DESC
            LIMIT \(pageSize + 1)
            """
        ).rows.map(Link.init)
        let older: [HTML] =
            rows.count <= pageSize
            ? []
            : [
                "<p><a href=\"\(call.request.publicRoot)/help?before=\(rows[pageSize - 1].id.description)\">Older</a></p>"
            ]
        return page(
            call, "Help centre",
            "\(list(Array(rows.prefix(pageSize)), call, orElse: "There are no articles yet."))\n\(older)")
    }

    @Sendable
    private static func search(_ call: Call) async throws -> WebPage {
        let query: String = try call.query["q"] ?? ""
        let tenant = call.tenant
        let rows = try await call.tx.leased { tx in
            try await tx.rows(
                """
                SELECT i.id, i.title
                FROM knowledge.search_items(\(query), \(pageSize)::int4) AS f
                JOIN knowledge.knowledge_items i ON i.tenant_id = \(tenant) AND i.id = f.id
                WHERE i.status = 'published'
                ORDER BY f.rank DESC, i.id DESC
                """)
        }.rows.map(Link.init)
        return page(call, "Search", "\(list(rows, call, orElse: "Nothing was found."))", query: query)
    }

    @Sendable
    private static func item(_ call: Call) async throws -> WebPage {
        guard let row = try await HelpRoutes.item(call).first else { throw Problem.notFound }
        let body: String = try row.get("body")
        let paragraphs = body.replacing("\r\n", with: "\n").split(separator: "\n\n").map {
            "<p>\(String($0))</p>" as HTML
        }
        return page(call, try row.get("title"), "\(paragraphs)")
    }

    /// An article in a list.
    private struct Link {
        let id: ItemID
        let title: String

        init(_ row: Row) throws {
            id = try row.get("id")
            title = try row.get("title")
        }
    }

    private static func list(_ links: [Link], _ call: Call, orElse text: String) -> HTML {
        guard !links.isEmpty else { return "<p>\(text)</p>" }
        let lines: [HTML] = links.map { link in
            "<li><a href=\"\(call.request.publicRoot)/help/items/\(link.id.description)\">\(link.title)</a></li>"
        }
        return "<ul>\n\(lines)\n</ul>"
    }

    private static func page(_ call: Call, _ title: String, _ content: HTML, query: String = "") -> WebPage {
        WebPage(
            title: title, style: style,
            body: """
                <header>
                <a href="\(call.request.publicRoot)/help">Help centre</a>
                <form action="\(call.request.publicRoot)/help/search" method="get" role="search">
                <input type="search" name="q" value="\(query)" maxlength="200" aria-label="Search">
                <button>Search</button>
                </form>
                </header>
                <main>
                <h1>\(title)</h1>
                \(content)
                </main>
                """)
    }

    private static let style: StaticString = """
        body { max-width: 44rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
        header { display: flex; flex-wrap: wrap; gap: 1rem; justify-content: space-between; align-items: center; }
        p { white-space: pre-line; overflow-wrap: anywhere; }
        """
}
