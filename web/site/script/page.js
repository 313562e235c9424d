// The box: a field, a status and a list, in a shadow tree that the styles of the page don't reach.
const SIZE = 10;
const PAUSE = 300;
const STYLE = `
:host { display: block; --ink: #1f2328; --soft: #57606a; --line: #8c959f; --paper: #fff; --link: #0550ae; --mark: #fff3bf;
  color: var(--ink); font: 1rem/1.65 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
@media (prefers-color-scheme: dark) {
  :host { --ink: #e6edf3; --soft: #adb5be; --line: #6e7681; --paper: #0d1117; --link: #79b8ff; --mark: #5c4a00; } }
* { box-sizing: border-box; }
form { display: flex; gap: .5rem; }
input, button { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: .4rem; padding: .45rem .75rem; }
input { flex: 1; min-width: 0; }
button { cursor: pointer; white-space: nowrap; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
p { margin: .5rem 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: .875rem; }
ol { list-style: none; margin: 0; padding: 0; }
li { margin: 1.25rem 0; }
.title { font-size: 1.0625rem; font-weight: 600; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
mark { color: inherit; background: var(--mark); border-radius: .15rem; }
[hidden] { display: none; }
`;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// A text with its highlights, as nodes: whatever is in it, it is text.
function highlighted(text, ranges) {
  const nodes = [];
  let position = 0;
  for (const [start, end] of ranges) {
    nodes.push(text.slice(position, start), element("mark", { textContent: text.slice(start, end) }));
    position = end;
  }
  return [...nodes, text.slice(position)];
}

// An address that a link may have; else null.
function safeAddress(address) {
  try {
    const url = new URL(address, document.baseURI);
    return address && /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

class Box {
  // With `keepsQuery`, the address of the page has the query.
  constructor(host, base, keepsQuery) {
    this.base = base;
    this.keepsQuery = keepsQuery;
    this.language = languageOf(host.closest("[lang]")?.lang || navigator.language || "en");
    this.run = 0;
    this.typed = "";
    this.input = element("input", { type: "search", name: "q", id: "q", autocomplete: "off", maxLength: LONGEST_QUERY, placeholder: this.say("hint") });
    this.status = element("p", { className: "soft" });
    this.status.setAttribute("role", "status");
    this.notes = element("div", { className: "soft" });
    this.list = element("ol");
    this.list.setAttribute("aria-label", this.say("search"));
    this.more = element("button", { type: "button", hidden: true, textContent: this.say("more") });
    const label = element("label", { htmlFor: "q", textContent: this.say("label") });
    const form = element("form", {}, label, this.input, element("button", { textContent: this.say("search") }));
    form.setAttribute("role", "search");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const whole = element("div", { lang: this.language }, form, this.status, this.notes, this.list, this.more);
    root.append(whole);
    this.listen(form, whole);
  }

  say(name, value = "") {
    return MESSAGES[this.language][name].replace("{}", () => value);
  }

  listen(form, whole) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask(this.input.value, "pushState");
    });
    this.input.addEventListener("input", (event) => {
      clearTimeout(this.timer);
      if (!event.isComposing) this.timer = setTimeout(() => this.ask(this.input.value, "replaceState"), PAUSE);
    });
    this.input.addEventListener("compositionend", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(this.input.value, "replaceState"), PAUSE);
    });
    this.more.addEventListener("click", () => this.show(this.typed, this.offset + SIZE));
    whole.addEventListener("keydown", (event) => this.move(event));
    if (!this.keepsQuery) return;
    document.documentElement.lang ||= this.language;
    const title = document.querySelector("[data-souwen-title]");
    if (title) document.title = title.textContent = this.say("label");
    const read = () => {
      this.input.value = new URLSearchParams(location.search).get("q") ?? "";
      this.ask(this.input.value, "");
    };
    addEventListener("popstate", read);
    read();
  }

  // Arrows go from the field to the hits and back.
  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.isComposing) return;
    const stops = [this.input, ...this.list.querySelectorAll("a")];
    const at = stops.indexOf(event.target);
    const next = stops[at + step];
    if (at < 0 || !next) return;
    event.preventDefault();
    next.focus();
  }

  ask(text, change) {
    clearTimeout(this.timer);
    const typed = text.trim();
    if (typed === this.typed && change === "replaceState") return;
    if (change && this.keepsQuery && typed !== (new URLSearchParams(location.search).get("q") ?? "")) {
      const address = new URL(location);
      if (typed) address.searchParams.set("q", typed);
      else address.searchParams.delete("q");
      history[change](null, "", address);
    }
    this.typed = typed;
    this.show(typed, 0);
  }

  async show(typed, offset) {
    const run = ++this.run;
    if (!typed) return this.clear();
    if (location.protocol === "file:") return this.tell("file");
    if (typeof DecompressionStream === "undefined") return this.tell("old");
    this.tell("working");
    try {
      const found = await this.search(typed, offset);
      if (run === this.run) this.list_(found, offset);
    } catch (error) {
      if (run === this.run) this.fail(error);
    }
    return undefined;
  }

  // One that was replaced meanwhile is opened anew, once.
  async search(typed, offset) {
    const wasOpen = this.searcher;
    try {
      this.searcher ??= openSearch(this.base);
      return await (await this.searcher).search(typed, { offset, size: SIZE });
    } catch (error) {
      this.searcher = null;
      if (!wasOpen || !(error instanceof MissingPiece)) throw error;
      return this.search(typed, offset);
    }
  }

  clear() {
    this.status.textContent = "";
    this.notes.replaceChildren();
    this.list.replaceChildren();
    this.more.hidden = true;
  }

  tell(name, value) {
    this.status.replaceChildren(this.say(name, value));
  }

  fail(error) {
    this.clear();
    if (!(error instanceof MissingPiece)) {
      console.error(error);
      return this.tell("failed", error.message);
    }
    const again = element("button", { type: "button", textContent: this.say("again") });
    again.addEventListener("click", () => {
      this.input.focus();
      this.show(this.typed, 0);
    });
    this.status.replaceChildren(this.say("replaced", error.message), " ", again);
    return undefined;
  }

  list_(found, offset) {
    this.offset = offset;
    this.tell(found.total ? (found.isBound ? "bound" : "total") : "none", found.total.toLocaleString(this.language));
    this.notes.replaceChildren(...found.notes.map(({ key: name, value }) => element("p", { textContent: this.say(name, value) })));
    if (!offset) this.list.replaceChildren();
    const before = this.list.children.length;
    for (const hit of found.hits) {
      if (hit.isPartial && !this.list.querySelector(".partial")) {
        this.list.append(element("li", { className: "partial soft", textContent: this.say("partial") }));
      }
      this.list.append(this.item(hit));
    }
    this.more.hidden = offset + found.hits.length >= found.total + found.partial || !found.hits.length;
    if (offset) (this.list.children[before]?.querySelector("a") ?? this.more).focus();
  }

  item(hit) {
    const title = highlighted(hit.title || "—", hit.highlights);
    const href = safeAddress(hit.url);
    const name = element("p", { className: "title" }, href ? element("a", { href }, ...title) : element("span", {}, ...title));
    const about = [this.date(hit.date), hit.author, hit.categories.join(" / "), hit.tags.map((tag) => `#${tag}`).join(" ")];
    const snippets = hit.snippets.map(({ text, highlights, before, after }) =>
      element("p", {}, before ? "…" : "", ...highlighted(text, highlights), after ? "…" : ""),
    );
    return element("li", {}, name, ...snippets, element("p", { className: "soft", textContent: about.filter(Boolean).join(" · ") }));
  }

  date(seconds) {
    if (seconds === null) return "";
    return new Intl.DateTimeFormat(this.language, { dateStyle: "medium" }).format(new Date(seconds * 1000));
  }
}

const openSearch = async (base) => new Searcher(await new Store(base).open());
globalThis.souwenSite = { open: openSearch, messages: MESSAGES };

const tag = typeof document === "undefined" ? null : document.currentScript;
if (tag?.hasAttribute("data-souwen")) {
  const base = new URL(".", tag.src);
  const start = () => {
    const where = tag.getAttribute("data-souwen");
    const host = (where && document.querySelector(where)) || element("div");
    if (!host.isConnected) {
      if (document.body.contains(tag)) tag.after(host);
      else document.body.prepend(host);
    }
    host.replaceChildren();
    new Box(host, base, tag.hasAttribute("data-souwen-page"));
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
}
