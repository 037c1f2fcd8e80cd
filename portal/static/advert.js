// The form of an advert, or of a shop's page: its preview follows the typing, a chosen picture is sent at once, and characters are counted.
// Without scripts a button shows the preview and the form brings its picture itself. Never saves anything but a picture.

const form = document.querySelector("form[data-preview]");
const words = /^(title|text|alt|about|note|from|until)\.|^(name|address|link|picture_kept|picture_gone|sight|site|show_language|scheme|place)$/;
const PAUSE = 600; // milliseconds without a key
let waiting = 0;
let frame = form && form.querySelector("iframe[name=preview]");
let last = "";
let shown = 0;

function show() {
  const typed = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && value && words.test(name));
  if (JSON.stringify(typed) === last) return;
  last = JSON.stringify(typed);
  const next = frame.cloneNode(); // what a new frame is given first is no step of the browser's history
  next.removeAttribute("src");
  next.name = `preview-${++shown}`; // a frame that is there keeps the name it was made with
  next.hidden = true;
  frame.after(next);
  const post = Object.assign(document.createElement("form"), { method: "post", action: form.dataset.preview, target: next.name, hidden: true });
  for (const [name, value] of [["token", form.elements.token.value], ...typed]) {
    post.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(post); // words in a body stand in no address, and so in no log on the way
  next.addEventListener("load", () => {
    const seen = next.contentDocument; // null where the browser shows a fault of its own, or refuses the page that signs in
    form.querySelector(".gone").hidden = Boolean(seen);
    if (!seen && next.hidden) { // what is seen stays; whoever types on meanwhile gathers no more of these
      if (frame === next) frame = next.previousElementSibling;
      last = ""; // asked for again with the next key, whatever it changes
      next.remove();
      return;
    }
    if (!seen || seen.URL === "about:blank") return;
    next.hidden = false;
    for (let old = next.previousElementSibling; old; old = next.previousElementSibling) old.remove();
  });
  frame = next;
  post.submit();
  post.remove();
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(show, PAUSE);
}

function count(field) {
  const label = form.querySelector(`label[for="${field.id}"]`);
  let left = label.querySelector(".left");
  if (!left) label.append((left = Object.assign(document.createElement("span"), { className: "left", ariaHidden: "true" })));
  const most = Number(field.dataset.most);
  left.textContent = `${[...field.value].length}/${most}`;
  left.classList.toggle("over", [...field.value].length > most);
}

function lead() {
  const place = form.querySelector("#link-host");
  const typed = form.elements.link.value.trim();
  let host = "";
  try {
    const found = new URL(/^[a-z][a-z0-9+.-]*:/i.test(typed.split("/")[0]) ? typed : `https://${typed}`);
    host = found.protocol === "https:" && found.host.includes(".") ? found.host : "";
  } catch {
    host = "";
  }
  place.replaceChildren();
  if (host) place.append(`${place.dataset.words} `, Object.assign(document.createElement("strong"), { textContent: host }));
}

async function send() {
  const file = form.elements.picture;
  const told = form.querySelector("#picture-said");
  if (!file.files.length) return;
  if (file.files[0].size > Number(file.dataset.heaviest)) { // the whole form would be refused with it
    file.value = "";
    told.textContent = file.dataset.heavy;
    told.classList.add("error");
    return;
  }
  const data = new FormData();
  for (const name of ["token", "crop"]) data.append(name, form.elements[name].value);
  data.append("picture", file.files[0]);
  told.textContent = "…";
  const answer = await fetch(form.dataset.upload, { method: "POST", body: data, credentials: "same-origin" }).catch(() => null);
  const said = answer && (answer.headers.get("Content-Type") || "").startsWith("application/json") ? await answer.json().catch(() => ({})) : {};
  const wrong = said.sha ? "" : said.wrong || file.dataset.lost; // no answer, or a page that tells of something else
  told.textContent = wrong;
  told.classList.toggle("error", Boolean(wrong));
  file.dataset.sent = said.sha ? "yes" : "";
  if (!said.sha) return;
  form.elements.picture_kept.value = said.sha;
  if (form.elements.picture_gone) form.elements.picture_gone.checked = false;
  const chosen = form.querySelector(".chosen");
  const image = chosen.querySelector("img");
  image.src = said.src;
  image.hidden = chosen.hidden = false;
  show();
}

if (form && frame) {
  if (form.dataset.now) show(); // words that are kept nowhere yet
  else history.replaceState(null, "", form.action); // back, or once more, is this page: nothing is sent a second time
  form.querySelectorAll("[data-most]").forEach(count);
  form.addEventListener("input", (event) => {
    if (event.target.dataset.most) count(event.target);
    if (event.target.name === "link") lead();
    soon();
  });
  form.addEventListener("change", (event) => {
    if (["picture", "crop"].includes(event.target.name)) send();
    else show();
  });
  form.addEventListener("submit", () => {
    const file = form.elements.picture;
    file.disabled = file.dataset.sent === "yes"; // it is there already
    setTimeout(() => (file.disabled = false));
  });
  form.querySelector("#show").addEventListener("click", (event) => {
    event.preventDefault();
    last = "";
    show();
  });
}
