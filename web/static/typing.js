// Results and titles while typing, and pages that are put in place of others. Comes behind souwen.js.
"use strict";

searchWhileTyping();

// The combobox pattern of the ARIA Authoring Practices, with a list of titles; and the page of results itself.
function searchWhileTyping() {
  const list = $("#found");
  const PAUSE = 150; // ms without typing before the server is asked
  const LONGEST = 300; // characters of a passage that are searched
  let timer = 0;
  let pending = null; // AbortController of the requests under way
  let composing = false; // an input method is at work: what is in the box isn't typed yet
  let active = -1;
  let pushed = false; // typing on changes the entry in the history that it has begun
  let shown = location.pathname + location.search;

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");

  box.addEventListener("compositionstart", () => { composing = true; cancel(); });
  box.addEventListener("compositionend", () => { composing = false; schedule(); });
  box.addEventListener("input", (event) => { if (!composing && !event.isComposing) schedule(); });
  box.addEventListener("blur", () => { hide(); pushed = false; });
  box.addEventListener("keydown", onKey);
  form.addEventListener("submit", (event) => {
    cancel();
    hide();
    if (box.value.length > LONGEST) {
      event.preventDefault();
      ask(true);
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("li");
    if (option) open(option);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) hide(); }); // back from an article
  window.addEventListener("popstate", (event) => {
    if (location.pathname + location.search === shown) return; // an anchor
    cancel();
    $("#long").hidden = true;
    put(location.href, new AbortController().signal, event.state ?? {}).catch(() => location.reload());
  });
  window.addEventListener("online", () => { if (!$("#lost").hidden) ask(); });
  $("#lost button").onclick = () => ask();
  followScroll();
  followFilters();

  function cancel() {
    clearTimeout(timer);
    pending?.abort();
    pending = null;
  }

  function hide() {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    select(-1);
  }

  function schedule() {
    cancel();
    if (box.value.trim()) timer = setTimeout(ask, PAUSE, false);
    else hide(); // what is shown stays until there is something else to show
  }

  function ask(isSent) {
    cancel();
    pending = new AbortController();
    const { signal } = pending;
    const typed = new FormData(form);
    const text = shortened(box.value.trim());
    typed.set("q", text);
    const address = new URL(`${form.action}?${new URLSearchParams([...typed].filter(([, value]) => value.trim()))}`);
    suggest(text, signal).catch(() => {}); // another request has taken over, or there is no network
    // An article is not taken away from its reader by typing.
    if (!document.body.matches(".home, .listing, .failed")) {
      if (isSent) location.href = address;
    } else if (address.pathname + address.search !== shown || !$("#lost").hidden) put(address, signal);
    $("#long").hidden = text === box.value.trim();
  }

  // A passage up to its last whole sentence: each character would be nine of the address.
  function shortened(text) {
    if (text.length <= LONGEST) return text;
    const start = text.slice(0, LONGEST);
    const end = Math.max(...[..."。！？!?；;\n"].map((sign) => start.lastIndexOf(sign)));
    return (end > LONGEST / 2 ? start.slice(0, end + 1) : start).trim();
  }

  // Puts the page at an address in place of this one. `back` is the state of an entry of the history that is
  // returned to; without it, the page is a new entry, or replaces the one that typing has begun.
  async function put(address, signal, back) {
    document.body.classList.add("busy");
    let page;
    try {
      const response = await fetch(address, { signal, headers: { "X-Typing": "1" } });
      page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!content(page)) throw new TypeError("no page of souwen");
    } catch (error) {
      if (signal.aborted) return;
      document.body.classList.remove("busy");
      if (back) throw error;
      document.body.classList.add("stale"); // what is shown is of another query
      $("#lost").hidden = false;
      hide();
      return;
    }
    if (signal.aborted) return;
    document.body.classList.remove("busy", "stale");
    $("#lost").hidden = true;
    const isFiltering = document.body.classList.contains("filtering");
    if (back) box.value = $("#q", page).value;
    else if (pushed) history.replaceState({ y: 0 }, "", address);
    else history.pushState({ y: 0 }, "", address);
    pushed = !back && document.activeElement === box;
    shown = location.pathname + location.search;
    document.title = page.title;
    document.body.className = page.body.className;
    document.body.classList.toggle("filtering", isFiltering && !back);
    content(document).replaceWith(content(page));
    for (const part of ["#kept", ".choices", "link[rel=alternate]"]) {
      const [here, there] = [$(part), $(part, page)];
      if (here && there) here.replaceWith(there);
    }
    scrollTo({ top: back?.y ?? 0, behavior: "instant" });
    $("#said").textContent = $(".summary p")?.textContent.replace(/\s+/g, " ") ?? "";
    prepare();
  }

  // Pages that were put in place are scrolled to where they were left.
  function followScroll() {
    let timer = 0;
    document.addEventListener("scroll", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (location.pathname + location.search === shown) history.replaceState({ ...history.state, y: scrollY }, "");
      }, 100);
    }, { passive: true });
  }

  // On a narrow page filters lie over the results, and stay while some are chosen.
  function followFilters() {
    document.addEventListener("click", async (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const link = event.target.closest?.(".to-filters, .facets .close, .filtering .facets a");
      if (!link) return;
      event.preventDefault();
      if (link.matches(".to-filters, .close")) return openFilters(link.matches(".to-filters"));
      const { scrollTop } = $(".facets");
      cancel();
      pending = new AbortController();
      await put(new URL(link.href), pending.signal);
      const filters = $(".facets");
      if (!filters) return document.body.classList.remove("filtering"); // nothing is left to filter
      filters.focus({ preventScroll: true });
      filters.scrollTop = scrollTop;
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && document.body.classList.contains("filtering")) openFilters(false);
    });
  }

  function openFilters(isOpen) {
    document.body.classList.toggle("filtering", isOpen);
    $(isOpen ? ".facets .close" : ".to-filters")?.focus();
  }

  async function suggest(typed, signal) {
    const size = document.body.matches(".home, .listing") ? 5 : 8; // results are to be seen below
    const response = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(typed)}&size=${size}`, { signal });
    const titles = response.ok ? (await response.json()).suggestions : [];
    if (signal.aborted || document.activeElement !== box || !$("#lost").hidden) return;
    list.replaceChildren(...titles.map((title, number) => {
      const option = document.createElement("li");
      option.id = `found-${number}`;
      option.lang = "zh";
      option.setAttribute("role", "option");
      option.dataset.id = title.id;
      option.append(...emphasised(title.text, typed));
      return option;
    }));
    list.hidden = !titles.length;
    box.setAttribute("aria-expanded", String(!list.hidden));
    select(-1);
  }

  function emphasised(text, typed) {
    const at = text.toLowerCase().indexOf(typed.toLowerCase());
    if (at < 0) return [text];
    const part = document.createElement("b");
    part.textContent = text.slice(at, at + typed.length);
    return [text.slice(0, at), part, text.slice(at + typed.length)];
  }

  function select(number) {
    list.children[active]?.removeAttribute("aria-selected");
    active = number;
    const option = list.children[active];
    if (!option) return box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option.id);
  }

  function open(option) {
    if (!option.dataset.id) { // words, not a title
      box.value = option.textContent;
      hide();
      form.requestSubmit();
      return;
    }
    location.href = form.dataset.article + encodeURIComponent(option.dataset.id);
  }

  function onKey(event) {
    if (composing || event.isComposing) return; // keys of the input method
    if (event.keyCode === 229) { // its last one, which Safari reports after the composition has ended
      if (event.key === "Enter") event.preventDefault();
      return;
    }
    const count = list.children.length + 1; // one more: nothing selected, the box itself
    if (event.key === "Escape") {
      if (list.hidden) box.blur();
      else hide();
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      open(list.children[active]);
    } else if (event.key === "ArrowDown" && !list.hidden) {
      select(((active + 2) % count) - 1);
    } else if (event.key === "ArrowUp" && !list.hidden) {
      select(((active + count) % count) - 1);
    } else {
      return;
    }
    event.preventDefault();
  }
}
