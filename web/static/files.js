// The page of watches and stars: their list, files to download, and a file to take in.
"use strict";

{
  const FIRST = 100; // stars that are listed at once
  const { MOST, CLEAN, roots, says, say, make, button, read, write } = keeping;

  function showAll() {
    const list = $("#stars ol");
    if (!list) return;
    const all = read("stars");
    $("#stars .count").textContent = all.length.toLocaleString();
    const row = (one) => make("li", {},
      make("a", { className: "title", href: roots.article + encodeURIComponent(one.id) }, one.title || one.id), " ",
      make("span", { className: "meta" }, [one.author, one.date.slice(0, 10)].filter(Boolean).join(" · ")),
      button("×", say(says.remove, { search: one.title }), () => write("stars", read("stars").filter((other) => other.id !== one.id))));
    list.replaceChildren(...all.slice(0, FIRST).map(row));
    const more = $("#stars .more");
    more.hidden = all.length <= FIRST;
    more.onclick = () => {
      list.append(...all.slice(list.children.length, list.children.length + 5 * FIRST).map(row));
      more.hidden = list.children.length >= all.length;
    };
  }

  // Files
  const plain = (value) => value.replace(/[\s\u0000-\u001f]+/g, " ").trim();
  const address = (star) => new URL(roots.article + encodeURIComponent(star.id), location).href;
  const FILES = {
    json: ["application/json", () => JSON.stringify({ souwen: 1, watches: read("watches"), stars: read("stars") }, null, 1)],
    csv: ["text/csv", () => `\ufeff${[["title", "author", "date", "source_url", "url", "id", "starred"], ...read("stars").map((one) => [one.title, one.author, one.date, one.url, address(one), one.id, one.when])]
      .map((row) => row.map((cell) => `"${cell.replace(/^(?=[\s\u200b-\u200f\ufeff]*[=+\-@＝＋－＠]|[\t\r])/, "'").replace(/"/g, '""')}"`).join(",")).join("\r\n")}\r\n`],
    ris: ["application/x-research-info-systems", () => read("stars").map((one) => [["TY", one.date || one.author ? "NEWS" : "GEN"], ["TI", one.title], ["AU", one.author], ["DA", one.date.slice(0, 10).replace(/-/g, "/")], ["UR", one.url || address(one)], ["ID", one.id], ["ER", ""]]
      .filter(([tag, value]) => value || tag === "ER").map(([tag, value]) => `${tag}  - ${plain(value)}\r\n`).join("")).join("\r\n")],
    opml: ["text/x-opml", () => {
      const xml = document.implementation.createDocument(null, "opml");
      const add = (parent, name, attributes) => {
        const made = parent.appendChild(xml.createElement(name));
        for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ""));
        return made;
      };
      xml.documentElement.setAttribute("version", "2.0");
      add(add(xml.documentElement, "head", {}), "title", {}).textContent = document.title;
      const body = add(xml.documentElement, "body", {});
      for (const { query, label } of read("watches")) {
        add(body, "outline", { type: "rss", text: label, title: label, xmlUrl: new URL(`${roots.feed}?${query}`, location).href, htmlUrl: `${form.action}?${query}` });
      }
      return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(xml)}`;
    }],
  };
  function save(kind) {
    const [type, content] = FILES[kind];
    const link = make("a", { download: `souwen.${kind}`, href: URL.createObjectURL(new Blob([content()], { type })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
  async function take(file) {
    const told = $("#kept-told");
    try {
      if (file.size > 3e7) throw new Error();
      const given = JSON.parse(await file.text());
      if (!given || ![given.watches, given.stars].some(Array.isArray)) throw new Error();
      const told_of = {};
      for (const [name, key] of [["watches", "query"], ["stars", "id"]]) {
        const all = new Map(read(name).map((one) => [one[key], one]));
        const before = all.size;
        for (const one of Array.isArray(given[name]) ? given[name].slice(0, 2 * MOST[name]).map(CLEAN[name]) : []) {
          if (one && !all.has(one[key])) all.set(one[key], one);
        }
        told_of[name] = Math.min(all.size, MOST[name]) - before;
        write(name, [...all.values()]);
      }
      told.textContent = say(says.imported, told_of);
    } catch {
      told.textContent = says.unreadable;
    }
  }
  document.addEventListener("click", (event) => {
    const kind = event.target.closest?.("[data-save]")?.dataset.save;
    if (kind) save(kind);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-import]") && event.target.files[0]) take(event.target.files[0]).then(() => { event.target.value = ""; });
  });

  $("#watches").hidden = false;
  $("#needs-script").hidden = true;
  document.addEventListener("souwen:stars", showAll);
  showAll();
}
