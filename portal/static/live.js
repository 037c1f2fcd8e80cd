// What changes by itself: each element with data-live="SECONDS" and an id is fetched again with its page, while somebody looks.
// Without scripts the page is right when it is loaded. Forms with data-confirm ask before they are sent. Never polls a hidden page.

const sections = [...document.querySelectorAll("[data-live][id]")];
let etag = "";

async function refresh() {
  if (document.hidden || sections.some((each) => each.contains(document.activeElement) && document.activeElement !== document.body)) return;
  const headers = { "X-Fragment": "1" };
  if (etag) headers["If-None-Match"] = etag;
  const answer = await fetch(location.href, { headers, credentials: "same-origin", redirect: "manual" });
  if (answer.type === "opaqueredirect") return location.reload(); // signed out meanwhile
  if (!answer.ok) return;
  etag = answer.headers.get("ETag") || "";
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const each of sections) {
    const found = fresh.getElementById(each.id);
    if (found && found.innerHTML !== each.innerHTML) {
      each.replaceChildren(...found.childNodes);
      if (found.dataset.live === undefined) delete each.dataset.live;
    }
  }
}

if (sections.length) {
  const seconds = Math.max(1, Math.min(...sections.map((each) => Number(each.dataset.live) || 5)));
  const turn = () => {
    if (!sections.some((each) => each.dataset.live !== undefined)) return;
    refresh().catch(() => {}).finally(() => setTimeout(turn, seconds * 1000));
  };
  setTimeout(turn, seconds * 1000);
}

// What was just done is told once: a reload shows how it stands by then
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(history.state, "", here);
}

document.addEventListener("submit", (event) => {
  const words = event.target.dataset.confirm;
  if (words && !window.confirm(words)) event.preventDefault();
});
