/// The style sheet of the documentation's page.
enum DocumentStyle {
    static let sheet = """
        :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
        code, pre { font-family: ui-monospace, monospace; font-size: 0.875rem; }
        pre { overflow-x: auto; padding: 0.5rem; border: 1px solid var(--line); border-radius: 0.25rem; }
        pre.curl { user-select: all; white-space: pre-wrap; overflow-wrap: anywhere; }
        article { border-top: 1px solid var(--line); padding: 0.5rem 0; }
        h3 { overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
        caption, th, td { text-align: left; vertical-align: top; padding: 0.125rem 0.75rem 0.125rem 0; }
        th, caption { font-weight: 600; }
        tr { border-bottom: 1px solid var(--line); }
        nav ul { list-style: none; margin: 0; padding-left: 1rem; }
        article:target { outline: 2px solid; outline-offset: 0.25rem; }
        """
}
