// The keyboard's way: Ctrl+K or Cmd+K opens a list of all places, "/" goes to the search box. Everything in it is a link of the page.

const dialog = document.getElementById("palette");
const text = document.getElementById("palette-text");
const list = document.getElementById("palette-places");
const links = [...document.querySelectorAll(".side a")].map((link) => [link.textContent.trim(), link.getAttribute("href")]);

function plain(words) {
  return words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function show() {
  const wanted = plain(text.value.trim());
  const found = links.filter(([title]) => plain(title).includes(wanted));
  if (wanted) found.push([`“${text.value.trim()}”`, `/trace?q=${encodeURIComponent(text.value.trim())}`]);
  list.replaceChildren(
    ...found.map(([title, href]) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = href;
      link.textContent = title;
      item.append(link);
      return item;
    }),
  );
}

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    event.preventDefault();
    text.value = "";
    show();
    dialog.showModal();
    text.focus();
  } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const search = document.getElementById("search");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  } else if (dialog.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const all = [...list.querySelectorAll("a")];
    const at = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    (all[at] || text).focus();
  }
});
text.addEventListener("input", show);
dialog.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const first = list.querySelector("a");
  if (first) location.assign(first.href);
});
