// Tries what a frame must not do, and notes on the page what came of it.
const note = (name, value) => document.body.setAttribute(`data-${name}`, String(value));
const blocked = [];
document.addEventListener("securitypolicyviolation", (event) => {
  blocked.push(event.effectiveDirective);
  note("blocked", [...new Set(blocked)].sort().join(" "));
});

note("script", "ran");
note("origin", window.origin);

const inline = document.createElement("script");
inline.textContent = 'document.body.setAttribute("data-inline", "ran")';
document.body.append(inline);

try {
  eval('document.body.setAttribute("data-eval", "ran")');
} catch {
  note("eval", "refused");
}

try {
  note("cookie", document.cookie);
} catch {
  note("cookie", "refused");
}

fetch("/v1/me").then(
  () => note("fetch", "sent"),
  () => note("fetch", "refused"),
);
