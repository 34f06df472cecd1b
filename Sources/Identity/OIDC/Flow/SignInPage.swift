@_spi(Kernel) internal import PluginKit

/// Where a sign-in through a provider ends for a person: it hands the outcome to the page that began it.
///
/// That page is of the same origin and has either opened this one, and is told by a message, or has gone here itself and
/// left a path to come back to in its tab's storage, where it finds the outcome. Nobody else learns of it: tokens stand
/// in no address, and another site's page is given nothing.
enum SignInPage {
    /// A page for the outcome that the API answers.
    static func page(of outcome: JSONValue) -> ScriptedPage {
        let asksForCode = outcome["outcome"] == "second_factor_required"
        let title =
            switch outcome["outcome"]?.string {
            case "second_factor_required": "One more step"
            case "linked": "You are linked with your provider"
            default: "You are signed in"
            }
        let form: HTML = """
            <form>
            <label for="code">Code of your second factor, or a recovery code</label>
            <input id="code" name="code" autocomplete="one-time-code" autofocus required>
            <button>Go on</button>
            </form>
            """
        return ScriptedPage(
            title: title, style: style, script: script,
            body: """
                <main data-outcome="\(String(decoding: outcome.encoded(), as: UTF8.self))">
                <h1>\(title)</h1>
                \(asksForCode ? form : "")
                <p id="note" role="status"></p>
                <noscript><p>This page goes on by a script of its own; let it run and sign in again.</p></noscript>
                </main>
                """)
    }

    private static let style: StaticString = """
        :root { color-scheme: light dark; }
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 20vh auto 0; padding: 1rem; }
        label, input, button { display: block; font: inherit; margin: 0.5rem 0; }
        input { width: 100%; box-sizing: border-box; padding: 0.25rem; }
        """

    /// `romashka.sign_in.return` is a path of this site that the beginning page has left for its own tab, and
    /// `romashka.sign_in` the outcome that it finds there.
    private static let script: StaticString = """
        "use strict";
        (() => {
          const page = document.querySelector("main");
          const note = document.getElementById("note");
          const begun = JSON.parse(page.dataset.outcome);
          page.removeAttribute("data-outcome");
          // what the provider gave is used up
          history.replaceState(null, "", location.pathname);

          const opener = () => {
            try {
              return window.opener && window.opener.location.origin === location.origin ? window.opener : null;
            } catch {
              return null;
            }
          };
          const wayBack = () => {
            const path = sessionStorage.getItem("romashka.sign_in.return");
            sessionStorage.removeItem("romashka.sign_in.return");
            if (!path) return null;
            try {
              const url = new URL(path, location.origin);
              return url.origin === location.origin ? url.href : null;
            } catch {
              return null;
            }
          };
          const hand = (outcome) => {
            const other = opener();
            if (other) {
              other.postMessage({ type: "romashka.sign_in", ...outcome }, location.origin);
              note.textContent = "You may close this window.";
              window.close();
              return;
            }
            const url = wayBack();
            if (url) {
              sessionStorage.setItem("romashka.sign_in", JSON.stringify(outcome));
              location.replace(url);
              return;
            }
            note.textContent = "No page waits for this sign-in any more; begin again where you came from.";
          };

          const form = document.querySelector("form");
          if (!form) return hand(begun);
          form.addEventListener("submit", async (event) => {
            event.preventDefault();
            const answer = await fetch(location.pathname.replace(/callback$/, "second-factor"), {
              method: "POST",
              headers: { "Content-Type": "application/json", Accept: "application/json" },
              body: JSON.stringify({ state: begun.state, code: form.elements.code.value.trim() }),
            }).catch(() => null);
            const body = answer && (await answer.json().catch(() => null));
            if (answer && answer.ok && body) {
              form.remove();
              document.querySelector("h1").textContent = "You are signed in";
              return hand(body);
            }
            note.textContent = (body && body.detail) || "That did not work; try again.";
          });
        })();
        """
}
