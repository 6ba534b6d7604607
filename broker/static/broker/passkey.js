/* Lets a passkey answer. A form with data-passkey ("create" or "get") and data-options carries the challenge; the
   answer goes into its field "answer", and the form is sent as any other. Without script nothing of this appears. */
"use strict";
(() => {
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));
  const text = buffer => buffer === null || buffer === undefined ? undefined
    : btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const opened = options => {
    const key = structuredClone(options.publicKey);
    key.challenge = bytes(key.challenge);
    if (key.user) key.user.id = bytes(key.user.id);
    for (const list of [key.excludeCredentials, key.allowCredentials]) for (const one of list || []) one.id = bytes(one.id);
    return { publicKey: key };
  };
  const closed = made => JSON.stringify({
    id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: made.getClientExtensionResults(),
    response: Object.fromEntries(["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]
      .map(name => [name, text(made.response[name])]).filter(([, value]) => value !== undefined)),
  });
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const trouble = form.querySelector("[data-trouble]");
    const say = name => { for (const one of form.querySelectorAll("[data-trouble] [data-when]")) one.hidden = one.dataset.when !== name; trouble.hidden = !name; };
    if (!window.PublicKeyCredential || !navigator.credentials) { say("none"); continue; }
    form.querySelector("[data-ready]").hidden = false;
    let busy = false;
    const answer = async quietly => {
      if (busy) return;
      busy = true;
      say("");
      try {
        const made = await navigator.credentials[form.dataset.passkey](opened(JSON.parse(form.dataset.options)));
        form.elements.answer.value = closed(made);
        HTMLFormElement.prototype.submit.call(form);
      } catch (error) {
        busy = false;
        if (!quietly) say(error.name === "InvalidStateError" ? "known" : "stopped");
      }
    };
    form.addEventListener("submit", event => { event.preventDefault(); answer(false); });
    if (form.hasAttribute("data-start")) answer(true);
  }
})();
