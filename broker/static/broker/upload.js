/* Sends a chosen file in pieces (tus 1.0), and goes on where it was cut, after a reload too. A form with data-upload
   carries where (data-begin), for whom (data-participant) and the page to go to (data-page, with data-any in place of the
   upload's number). What it says stands in the page; without script the form is sent as any other. */
"use strict";
(() => {
  const PIECE = 1 << 20, WAITS = [1, 2, 4, 8, 16];
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const { begin, page, any, participant, most } = form.dataset;
  const box = form.querySelector("[data-sending]"), bar = box.querySelector("progress"), told = box.querySelector("[data-told]");
  const button = form.querySelector("button");
  const say = (name, words) => { for (const one of form.querySelectorAll("[data-when]")) { one.hidden = one.dataset.when !== name; if (!one.hidden && words) one.querySelector("p").textContent = words; } };
  /* No name of a file is kept in the browser: its size and date tell it well enough. */
  const key = file => `upload ${participant} ${file.size} ${file.lastModified}`;
  const remember = (file, url) => { try { if (url) localStorage.setItem(key(file), url); else localStorage.removeItem(key(file)); } catch { /* private windows */ } };
  const remembered = file => { try { return localStorage.getItem(key(file)); } catch { return null; } };
  const ask = (method, url, headers, body) => fetch(url, { method, body, credentials: "same-origin",
    headers: { "Tus-Resumable": "1.0.0", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, ...headers } });
  const base64 = text => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));
  const show = (part, whole) => {
    bar.max = whole || 1; bar.value = part;
    const number = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    told.textContent = told.dataset.told.replace("#", number.format(part / 1e6)).replace("#", number.format(whole / 1e6));
  };
  const refused = async answer => {
    const words = await answer.json().then(problem => problem.detail, () => "");
    return Object.assign(new Error(words), { final: answer.status < 500 && answer.status !== 429 });
  };

  const where = async file => {
    const url = remembered(file);
    if (!url) return null;
    const answer = await ask("HEAD", url, {});
    if (answer.ok) return { url, offset: Number(answer.headers.get("Upload-Offset")) };
    if (answer.status >= 500) throw await refused(answer);
    remember(file, null);
    return null;
  };
  const start = async file => {
    const facts = [["participant", participant], ["assume", form.elements.build.value]].filter(([, value]) => value);
    const answer = await ask("POST", begin, { "Upload-Length": String(file.size),
      "Upload-Metadata": facts.map(([name, value]) => `${name} ${base64(value)}`).join(",") });
    if (answer.status !== 201) throw await refused(answer);
    const url = new URL(answer.headers.get("Location"), location.href).pathname;
    remember(file, url);
    return { url, offset: 0 };
  };
  const send = async file => {
    let at = null, failures = 0;
    for (;;) {
      try {
        at = at || await where(file) || await start(file);
        show(at.offset, file.size);
        while (at.offset < file.size) {
          const answer = await ask("PATCH", at.url, { "Upload-Offset": String(at.offset), "Content-Type": "application/offset+octet-stream" },
            file.slice(at.offset, at.offset + PIECE));
          if (answer.status !== 204) throw answer.status === 409 ? new Error("elsewhere") : await refused(answer);
          at.offset = Number(answer.headers.get("Upload-Offset"));
          show(at.offset, file.size);
          if (failures) { failures = 0; say("sending"); }
        }
        remember(file, null);
        return at.url;
      } catch (error) {
        if (error.final || failures >= WAITS.length) throw error;
        at = null; /* the server says where it stands */
        say("waiting");
        await pause(WAITS[failures++]);
      }
    }
  };

  form.addEventListener("submit", async event => {
    const file = form.elements.file.files[0];
    if (!file) return;
    event.preventDefault();
    if (button.disabled) return;
    if (file.size > Number(most)) { say("large"); return; }
    button.disabled = true;
    box.hidden = false;
    say("sending");
    try {
      const url = await send(file);
      location.assign(page.replace(any, url.split("/").pop()));
    } catch (error) {
      button.disabled = false;
      if (error.final) { remember(file, null); say("refused", error.message); } else say("cut");
    }
  });
})();
