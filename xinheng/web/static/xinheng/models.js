/* The column names of a chosen file are offered beside the fields that ask for one. Nothing is sent; a file that is
   no plain text is left to the server. */
"use strict";
{
  const form = document.querySelector("[data-columns]");
  const names = (line) => {
    const between = [",", "\t", ";", "|"].sort((a, b) => line.split(b).length - line.split(a).length)[0];
    return line.split(between).map((name) => name.trim().replace(/^"|"$/g, "")).filter(Boolean).slice(0, 400);
  };
  const decoded = (bytes) => {
    try { return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true }); }
    catch { return new TextDecoder("gb18030").decode(bytes); }
  };
  form?.querySelector("input[type=file]").addEventListener("change", async (event) => {
    const list = document.getElementById(form.dataset.columns);
    list.replaceChildren();
    const file = event.target.files[0];
    if (!file || /\.zip$/i.test(file.name)) return;
    const head = decoded(await file.slice(0, 65536).arrayBuffer()).replace(/^\ufeff/, "").split(/\r?\n/)[0];
    for (const name of names(head)) list.append(Object.assign(document.createElement("option"), { value: name }));
  });
}
