@_spi(Kernel) package import PluginKit

/// The kernel's routes for files.
package struct FileRoutes: Sendable {
    /// The paths that no plugin may serve.
    package static let mounts = ["/files"]
    /// Where links lead, beside the API.
    package static let linkRoot = "/files"

    private let files: TenantFiles

    package init(_ files: TenantFiles) {
        self.files = files
    }

    /// Those for sessions.
    package var all: [Route] { [upload, list, get, content, link, remove] }

    /// Those for whoever has a link; below no `/v1`.
    package var linked: [Route] {
        [
            .publicDownload("\(FileRoutes.linkRoot)/{token}", "What a link leads to, until it expires") { request in
                try await files.download(linked: try request.path("token"))
            }.with(parameters: [
                Field(
                    "token", .text(96...96), required: true, example: .string(String(repeating: "A", count: 96)),
                    summary: "As POST /v1/files/{id}/links answers it.")
            ])
        ]
    }

    private var upload: Route {
        .upload(
            "/files", .permission("files.write"),
            query: [
                Field(
                    "name", .text(1...255), required: true, example: "invoice.pdf",
                    summary: "What people see; segments of a path and characters that cannot be seen are taken out."),
                Field(
                    "digest", .text(64...64), example: .string(FilePayload.sampleDigest),
                    summary: "The SHA-256 that the body must have, in hexadecimal digits."),
            ], returns: FilePayload.self, "Store the body as a file"
        ) { call, body in
            let author = TenantFiles.Author(tenant: call.tenant, actor: call.actor.id, module: nil)
            let row = try await files.add(
                try call.query["name"], by: author, digest: try call.query["digest"], while: body.requireStanding,
                body.read)
            return try Resource(row)
        }.answering(409, 413, 422)
    }

    private var list: Route {
        List("/files", needs: "files.read", of: FilePayload.self, "The files of this tenant, newest first") { call in
            try Page(await files.table.page(of: call.tenant, call.page), limit: call.page.limit, key: ["id"])
        }
    }

    private var get: Route {
        Get("/files/{id}", needs: "files.read", returns: FilePayload.self, "What is known of a file") { call in
            try Resource(await files.table.payload(try call.path("id", as: FileID.self), of: call.tenant))
        }
    }

    private var content: Route {
        .download("/files/{id}/content", .permission("files.read"), "The bytes of a file, whole or one range") { call in
            try await files.download(try call.path("id", as: FileID.self), of: call.tenant)
        }
    }

    private var remove: Route {
        Delete("/files/{id}", needs: "files.write", "Remove a file; its links end") { call in
            try await files.remove(try call.path("id", as: FileID.self), of: call.tenant)
        }
    }

    private var link: Route {
        Post(
            "/files/{id}/links", needs: "files.write", takes: NewFileLink.self, returns: FileLinkPayload.self,
            "Make an address from which anybody can load a file for a while"
        ) { call, input in
            // Whoever has the link reads the file, so who may not read it may not make one.
            guard call.permissions["files.read"] == .all else {
                throw Problem(status: 403, code: "forbidden", detail: "This needs the permission files.read.")
            }
            let link = try await files.link(
                try call.path("id", as: FileID.self), of: call.tenant, lifetime: .seconds(input.lifetime))
            return try Resource(["url": .string(link.url), "expires_at": .string(link.expiry.description)])
        }
    }
}
