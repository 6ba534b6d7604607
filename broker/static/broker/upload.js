/* Sends a chosen file in pieces (tus 1.0), and goes on where it was cut, after a reload too: with the same bytes only,
   which a digest of them all tells, and which the server holds what arrived against. A form with data-upload
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
  /* Of the digests of each MiB: there is none that a browser can take of a large file piece by piece. None without TLS. */
  const digest = async file => {
    if (!crypto.subtle) return "";
    const parts = new Uint8Array(32 * Math.ceil(file.size / PIECE));
    for (let at = 0, n = 0; at < file.size; at += PIECE, n += 32)
      parts.set(new Uint8Array(await crypto.subtle.digest("SHA-256", await file.slice(at, at + PIECE).arrayBuffer())), n);
    return Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", parts)), byte => byte.toString(16).padStart(2, "0")).join("");
  };
  /* No name of a file is kept in the browser, and nothing where its bytes cannot be told from others of that size. */
  const key = said => `upload ${participant} ${said}`;
  const remember = (said, url) => { try { if (url && said) localStorage.setItem(key(said), url); else localStorage.removeItem(key(said)); } catch { /* private windows */ } };
  const remembered = said => { try { return localStorage.getItem(key(said)); } catch { return null; } };
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
    return Object.assign(new Error(words), { final: answer.status < 500 && answer.status !== 429 && answer.status !== 423 });
  };

  /* What is said of the file: when she has chosen another build since, it is another upload. */
  const words = said => [["participant", participant], ["assume", form.elements.build.value], ["sha256_blocks", said]]
    .filter(([, value]) => value).map(([name, value]) => `${name} ${base64(value)}`).join(",");
  const where = async (file, said) => {
    const url = remembered(said);
    if (!url) return null;
    const answer = await ask("HEAD", url, {});
    if (answer.status >= 500) throw await refused(answer);
    const same = answer.ok && answer.headers.get("Upload-Length") === String(file.size) && answer.headers.get("Upload-Metadata") === words(said);
    if (same) return { url, offset: Number(answer.headers.get("Upload-Offset")) };
    if (answer.ok) await ask("DELETE", url, {});
    remember(said, null);
    return null;
  };
  const start = async (file, said) => {
    const answer = await ask("POST", begin, { "Upload-Length": String(file.size), "Upload-Metadata": words(said) });
    if (answer.status !== 201) throw await refused(answer);
    const url = new URL(answer.headers.get("Location"), location.href).pathname;
    remember(said, url);
    return { url, offset: 0 };
  };
  /* The one that this page began itself. */
  const stands = async url => {
    const answer = await ask("HEAD", url, {});
    if (answer.status >= 500) throw await refused(answer);
    return answer.ok ? { url, offset: Number(answer.headers.get("Upload-Offset")) } : null;
  };
  const send = async (file, said) => {
    let at = null, failures = 0, known = null;
    for (;;) {
      try {
        at = at || await (known ? stands(known) : where(file, said)) || await start(file, said);
        known = at.url;
        show(at.offset, file.size);
        while (at.offset < file.size) {
          const answer = await ask("PATCH", at.url, { "Upload-Offset": String(at.offset), "Content-Type": "application/offset+octet-stream" },
            file.slice(at.offset, at.offset + PIECE));
          if (answer.status !== 204) throw answer.status === 409 ? new Error("elsewhere") : await refused(answer);
          at.offset = Number(answer.headers.get("Upload-Offset"));
          show(at.offset, file.size);
          if (failures) { failures = 0; say("sending"); }
        }
        remember(said, null);
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
    let said = "";
    try {
      said = await digest(file);
      const url = await send(file, said);
      location.assign(page.replace(any, url.split("/").pop()));
    } catch (error) {
      button.disabled = false;
      if (error.final) { remember(said, null); say("refused", error.message); } else say("cut");
    }
  });
})();
