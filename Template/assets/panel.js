// Runs in a frame of its own, which reaches nothing: it asks the page around it, and that page decides.
const list = document.createElement("ul");
document.body.append(list);

window.addEventListener("message", (event) => {
  if (event.source !== window.parent || event.data?.type !== "response") return;
  list.replaceChildren(
    ...event.data.body.data.map((note) => {
      const item = document.createElement("li");
      item.textContent = note.text;
      return item;
    }),
  );
});

window.parent.postMessage({ type: "request", method: "GET", path: "/v1/sample/notes" }, "*");
