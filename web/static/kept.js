// Watches, the last searches and stars of a reader. All of it stays in this browser.
"use strict";

const keeping = (() => {
  const MOST = { watches: 500, stars: 10000, recent: 10 };
  const LONGEST = 2000; // characters of a text that is kept
  const roots = $("script[data-says]").dataset;
  const says = JSON.parse(roots.says);
  const page = () => $("#watches");
  const make = (name, attributes = {}, ...inside) => {
    const element = Object.assign(document.createElement(name), attributes);
    element.append(...inside);
    return element;
  };
  const button = (text, label, onclick) => {
    const made = make("button", { type: "button", onclick }, text);
    made.setAttribute("aria-label", label);
    made.title = label;
    return made;
  };
  const say = (template, values) => template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const tell = (text) => { const said = $("#said"); if (said) said.textContent = text; };

  function read(name) {
    try {
      const kept = JSON.parse(localStorage.getItem(`souwen.${name}`) ?? "[]");
      return Array.isArray(kept) ? kept.map(CLEAN[name]).filter(Boolean) : [];
    } catch {
      return []; // the browser keeps nothing, or something else
    }
  }
  function write(name, list) {
    try {
      localStorage.setItem(`souwen.${name}`, JSON.stringify(list.slice(0, MOST[name])));
      if (list.length > MOST[name]) tell(say(says.most, { count: MOST[name] }));
    } catch {
      tell(says.full);
      const place = $("#kept-told");
      if (place) place.textContent = says.full;
    }
    show();
  }
  const text = (value, most = LONGEST) => (typeof value === "string" ? value.slice(0, most) : "");
  const search = (one) => (one && typeof one.query === "string" && one.query.length <= 8000
    ? { query: String(new URLSearchParams(one.query)), label: text(one.label, 200) || one.query.slice(0, 200) } : null);
  // What is kept may have been written by another version, or imported: only this is taken from it.
  const CLEAN = {
    watches: (one) => { const found = search(one); return found && { ...found, seen: /^[\d:TZ-]{20}$/.test(one.seen) ? one.seen : "" }; },
    recent: search,
    stars: (one) => (one && typeof one.id === "string" && one.id && one.id.length <= LONGEST
      ? { id: one.id, title: text(one.title), author: text(one.author), date: text(one.date, 30), url: text(one.url), when: text(one.when, 30) } : null),
  };

  // The searches that were saved before there were watches.
  if (!localStorage.getItem("souwen.watches") && localStorage.getItem("souwen.saved")) {
    localStorage.setItem("souwen.watches", localStorage.getItem("souwen.saved"));
    localStorage.removeItem("souwen.saved");
  }

  // A watch asks for what came in since a moment; `shown` is the search that an address with that belongs to.
  const SINCE = / ?added:>[\d:TZ-]+$/;
  function since({ query, seen }) {
    const asked = new URLSearchParams(query);
    const typed = asked.get("q") ?? "";
    asked.set("q", `${/\bOR\b|[|｜]/.test(typed) ? `(${typed})` : typed} added:>${seen}`.trim());
    return String(asked);
  }
  function shown() {
    const feed = $(".save") && $("link[rel=alternate]");
    if (!feed) return null;
    const asked = new URLSearchParams(feed.href.split("?")[1]);
    const typed = asked.get("q") ?? "";
    const isPart = SINCE.test(typed);
    if (isPart) {
      const whole = typed.replace(SINCE, "");
      if (whole) asked.set("q", /\bOR\b|[|｜]/.test(whole) ? whole.replace(/^\((.*)\)$/s, "$1") : whole);
      else asked.delete("q");
    }
    return { query: String(asked), isPart };
  }

  let last = ""; // the search that was marked as seen last: a page is put in place more than once
  function onResults() {
    const save = $(".save");
    const here = shown();
    if (!here) return;
    const { label, seen = "" } = save.dataset;
    const watches = read("watches");
    const watch = watches.find((one) => one.query === here.query);
    save.setAttribute("aria-pressed", String(Boolean(watch)));
    save.textContent = watch ? says.watched : says.watch;
    save.onclick = () => {
      const all = read("watches");
      const others = all.filter((one) => one.query !== here.query);
      write("watches", others.length < all.length ? others : [...all, { query: here.query, label, seen }]);
    };
    if (watch && watch.seen !== seen && last !== here.query + seen) {
      last = here.query + seen;
      if (here.isPart && $(".hits")) {
        const line = make("p", { className: "relaxed" }, make("a", { href: `${form.action}?${here.query}` }, says.until));
        line.setAttribute("role", "note");
        $$(".hits").at(-1).after(line);
      }
      watch.seen = seen;
      write("watches", watches);
    }
  }
  function remember() {
    const here = shown();
    const save = $(".save");
    if (!here || here.isPart || !new URLSearchParams(here.query).get("q")) return;
    const others = read("recent").filter((one) => one.query !== here.query);
    write("recent", [{ query: here.query, label: save.dataset.label }, ...others].slice(0, MOST.recent));
  }

  function showWatches() {
    const list = $("#saved ul");
    if (!list) return;
    const watches = read("watches");
    list.closest("section").hidden = !watches.length && !page();
    list.replaceChildren(...watches.map((watch) => {
      const link = make("a", { href: `${form.action}?${watch.query}` }, watch.label);
      const fresh = make("a", { className: "fresh", hidden: true });
      const change = (what) => write("watches", what(read("watches")));
      const rename = button("✎", say(says.rename, { search: watch.label }), () => {
        const input = make("input", { value: watch.label, maxLength: 200 });
        input.setAttribute("aria-label", says.label);
        let isDone = false;
        const end = (label) => {
          if (isDone) return;
          isDone = true;
          change((all) => all.map((one) => (one.query === watch.query ? { ...one, label: label.trim() || one.label } : one)));
        };
        input.onkeydown = (event) => {
          if (event.isComposing) return;
          if (event.key === "Enter") end(input.value);
          if (event.key === "Escape") end(watch.label);
        };
        input.onblur = () => end(input.value);
        link.replaceWith(input);
        input.focus();
        input.select();
      });
      const remove = button("×", say(says.remove, { search: watch.label }), () => change((all) => all.filter((one) => one.query !== watch.query)));
      if (watch.seen) count(watch, fresh);
      return make("li", {}, link, fresh, rename, remove);
    }));
  }
  const counts = new Map(); // of this page: a watch is asked for once
  async function count(watch, link) {
    const query = since(watch);
    link.href = `${form.action}?${query}`;
    try {
      if (!counts.has(query)) {
        const asked = fetch(`${roots.search}?${query}&size=1`).then((answer) => (answer.ok ? answer.json() : { total: 0 }));
        counts.set(query, asked);
      }
      const { total } = await counts.get(query);
      link.hidden = !total;
      link.textContent = say(total === 1 ? says.one : says.many, { count: total.toLocaleString() });
    } catch {
      counts.delete(query); // without a network, nothing is said
    }
  }

  // Stars
  function starOf(node, url) {
    const title = $("h1, h2", node);
    const link = $("a", title)?.href ?? location.href;
    const id = decodeURIComponent(new URL(link).pathname.split("/article/")[1] ?? "");
    return { id, title: title.textContent.trim(), author: $(".meta a", node)?.textContent.trim() ?? "", date: $(".meta time", node)?.dateTime ?? "", url, when: new Date().toISOString() };
  }
  function showStars() {
    const stars = new Set(read("stars").map((one) => one.id));
    for (const node of $$(".hit, .reading main > article")) {
      const found = starOf(node, $(".source a[rel~=nofollow]", node)?.href ?? "");
      const star = $(".star", node);
      if (!star) continue; // of watches.js
      star.onclick = () => toggle(found);
      const isOn = stars.has(found.id);
      star.textContent = isOn ? "★" : "☆";
      star.setAttribute("aria-pressed", String(isOn));
    }
    document.dispatchEvent(new Event("souwen:stars"));
  }
  function toggle(star) {
    const stars = read("stars");
    const others = stars.filter((one) => one.id !== star.id);
    write("stars", others.length < stars.length ? others : [star, ...stars]);
  }

  // The empty box offers watches and the last searches.
  const list = $("#found");
  function offer() {
    if (box.value || document.activeElement !== box) return;
    const watches = read("watches").slice(0, 10);
    const known = new Set(watches.map((one) => one.query));
    const recent = read("recent").filter((one) => !known.has(one.query));
    const found = [...watches.map((one) => ["★ ", one]), ...recent.map((one) => ["", one])];
    if (!found.length) return;
    list.replaceChildren(...found.map(([sign, one], number) => {
      const option = make("li", { id: `found-${number}` }, sign + one.label);
      option.setAttribute("role", "option");
      option.dataset.href = `${form.action}?${one.query}`;
      return option;
    }));
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
  }
  for (const kind of ["click", "input"]) box.addEventListener(kind, offer);
  box.addEventListener("keydown", (event) => { if (event.key === "ArrowDown" && list.hidden && !event.isComposing) offer(); });
  addEventListener("keydown", (event) => {
    const option = event.key === "Enter" && event.target === box && !event.isComposing && !list.hidden && $("[aria-selected]", list);
    if (option && option.dataset.href) {
      event.preventDefault();
      event.stopImmediatePropagation();
      location.href = option.dataset.href;
    }
  }, true);
  addEventListener("click", (event) => {
    const option = event.target.closest?.("#found [data-href]");
    if (option) {
      event.stopImmediatePropagation();
      location.href = option.dataset.href;
    }
  }, true);

  function show() {
    showWatches();
    showStars();
    onResultsSafely();
  }
  let isBusy = false; // writing shows again
  function onResultsSafely() {
    if (isBusy) return;
    isBusy = true;
    onResults();
    isBusy = false;
  }
  document.addEventListener("souwen:page", show);
  addEventListener("pagehide", remember);
  form.addEventListener("submit", remember);
  addEventListener("storage", (event) => { if (event.key?.startsWith("souwen.")) show(); });
  remember();
  show();
  return { MOST, CLEAN, roots, says, say, make, button, read, write };
})();
