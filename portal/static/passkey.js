// Forms that a passkey answers: data-passkey="get" or "create". On submit the browser is asked what data-challenge says, and its
// answer goes out with the form. Shows them only where the browser knows passkeys. Never decides whether an answer is right.

const octets = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const named = (list) => (list || []).map((each) => ({ ...each, id: octets(each.id) }));

function asked(options) {
  const publicKey = { ...options, challenge: octets(options.challenge) };
  if (options.user) publicKey.user = { ...options.user, id: octets(options.user.id) };
  if (options.excludeCredentials) publicKey.excludeCredentials = named(options.excludeCredentials);
  if (options.allowCredentials) publicKey.allowCredentials = named(options.allowCredentials);
  return { publicKey };
}

function said(credential) {
  const { response } = credential;
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = text(response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: parts });
}

async function answer(form) {
  const reply = await fetch(form.dataset.challenge, {
    method: "POST",
    headers: { "X-Token": form.elements.token.value },
    credentials: "same-origin",
  });
  if (reply.redirected || !(reply.headers.get("Content-Type") || "").includes("json")) return location.reload(); // another page is due
  const credential = await navigator.credentials[form.dataset.passkey](asked(await reply.json()));
  form.elements.credential.value = said(credential);
  form.submit();
}

function ready(form) {
  const failed = form.querySelector("[role=alert]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    failed.hidden = true;
    try {
      await answer(form);
    } catch (fault) {
      failed.hidden = false;
      button.disabled = false;
    }
  });
}

if (window.PublicKeyCredential && navigator.credentials) {
  document.querySelectorAll("form[data-passkey]").forEach(ready);
  document.querySelectorAll("[data-with=passkey]").forEach((each) => { each.hidden = false; });
  document.querySelectorAll("[data-without=passkey]").forEach((each) => { each.hidden = true; });
}
