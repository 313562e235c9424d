// Reading: single keys, the pane beside the results, hits and paragraphs of a text, and what is done with a part
// of it that is selected. Comes behind souwen.js, and uses its $ and $$.
"use strict";

const pane = () => $(".with-pane .beside");
const hits = () => $$(".hit h2 a, .titles .title");
const isWide = matchMedia("(min-width: 1200px)");
const hasPane = () => isWide.matches && pane() !== null;

moveByKeys();
readBeside();
followAnchors();
offerSelected();

// Single keys, which can be switched off (WCAG 2.1.4); the table of the help page names them.
function moveByKeys() {
  const KEYS = {
    "/": () => { box.focus(); box.select(); },
    j: () => step(1),
    k: () => step(-1),
    n: () => showHit(1),
    N: () => showHit(-1),
    o: togglePane,
    "?": showKeys,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.body.dataset.keys === "off") return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]") || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  // From the result in view, where none has the focus.
  function step(by) {
    const links = hits();
    const at = links.indexOf(document.activeElement);
    const top = $(".top").getBoundingClientRect().bottom;
    const inView = links.findIndex((link) => link.getBoundingClientRect().top >= top);
    const next = at < 0 ? (inView < 0 ? links.length - 1 : inView) : Math.max(0, Math.min(at + by, links.length - 1));
    links[next]?.focus();
  }

  async function showKeys() {
    const dialog = $("#keys-dialog");
    const help = $(".site a").href;
    if (!$("table", dialog)) {
      try {
        const page = new DOMParser().parseFromString(await (await fetch(help)).text(), "text/html");
        dialog.prepend(...$("#keyboard", page).children);
        $("h2", dialog).id = "keys-title";
      } catch {
        location.href = `${help}#keys`;
        return;
      }
    }
    dialog.showModal();
  }

  // The server remembers it in a cookie, as it does what is chosen in the menu.
  function togglePane() {
    if (!isWide.matches || !$(".beside")) return;
    const isOn = document.body.classList.toggle("with-pane");
    for (const link of $$(".choices .pane a")) {
      if (new URL(link.href).searchParams.get("pane") === (isOn ? "on" : "off")) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    fetch(`${$(".site a").href}?pane=${isOn ? "on" : "off"}`).catch(() => {});
    document.dispatchEvent(new Event("souwen:page"));
  }
}

// The article of a result, beside the list.
function readBeside() {
  const pages = new Map(); // promises of articles, by address
  const KEPT = 30;
  let wanted = ""; // the address of the article that is shown, or on its way
  let timer = 0;

  document.addEventListener("souwen:page", begin);
  begin();
  isWide.addEventListener("change", () => { if (hasPane() && !wanted) show($(".hit")); });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(".hit h2 a")) show(event.target.closest(".hit"));
  });
  document.addEventListener("click", (event) => {
    const hit = event.target.closest?.(".hit");
    if (!hit || !hasPane() || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const snippet = event.target.closest(".snippet a");
    if ((event.target.closest("a, summary, button") && !snippet) || String(getSelection())) return;
    event.preventDefault();
    show(hit, snippet?.hash);
  });

  // With the first one, once nobody types any more.
  function begin() {
    clearTimeout(timer);
    wanted = "";
    if (hasPane()) timer = setTimeout(() => { if (!wanted) show($(".hit")); }, 400);
  }

  async function show(hit, hash) {
    if (!hasPane() || !hit) return;
    clearTimeout(timer);
    const link = $("h2 a", hit);
    for (const other of $$(".hit.current")) other.classList.remove("current");
    hit.classList.add("current");
    if (wanted !== link.href) {
      wanted = link.href;
      let page;
      try {
        page = await fetched(link.href);
      } catch {
        if (wanted === link.href) wanted = "";
        return; // the link still leads there
      }
      if (wanted !== link.href || !hasPane()) return;
      fill(page, link.href);
    }
    if (hash) goTo($(`.beside [id="${hash.slice(1)}"]`));
    const all = $$(".hit");
    const next = all[all.indexOf(hit) + 1];
    if (next) fetched($("h2 a", next).href).catch(() => {});
  }

  function fill(page, address) {
    const open = document.createElement("a");
    open.className = "open";
    open.href = address;
    open.textContent = pane().dataset.open;
    const parts = ["main > article", ".hits-bar"].map((part) => $(part, page)?.cloneNode(true)).filter(Boolean);
    pane().replaceChildren(open, ...parts);
    showCopies(pane());
    pane().scrollTop = 0;
  }

  function fetched(address) {
    if (!pages.has(address)) {
      if (pages.size >= KEPT) pages.delete(pages.keys().next().value);
      const page = load(address);
      pages.set(address, page);
      page.catch(() => pages.delete(address));
    }
    return pages.get(address);
  }

  async function load(address) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(String(response.status));
    return new DOMParser().parseFromString(await response.text(), "text/html");
  }
}

// Where the hits are: in the pane, or in the article of this page.
function text() {
  return hasPane() ? pane() : $("main > article")?.parentNode;
}

function showHit(by) {
  const within = text();
  const marks = within ? $$(".prose mark:not(.on)", within) : [];
  if (!marks.length) return;
  const now = hasPane() ? $("mark.now", within) : $(`.prose [id="${location.hash.slice(1)}"]`);
  let next = marks.indexOf(now) + by;
  if (now && !marks.includes(now)) { // a paragraph
    const follows = marks.findIndex((mark) => now.compareDocumentPosition(mark) & Node.DOCUMENT_POSITION_FOLLOWING);
    next = by > 0 ? Math.max(follows, 0) : (follows < 0 ? marks.length : follows) - 1;
  } else if (!now) next = by > 0 ? 0 : -1;
  const mark = marks.at(next % marks.length);
  if (hasPane()) goTo(mark);
  else location.replace(`#${mark.id}`);
}

// In the pane the address stays that of the list.
function goTo(target) {
  if (!target) return;
  for (const other of $$(".beside .now")) other.classList.remove("now");
  target.classList.add("now");
  const within = pane();
  const top = target.getBoundingClientRect().top - within.getBoundingClientRect().top;
  within.scrollTo({ top: within.scrollTop + top - within.clientHeight * .3 });
  tellHit(target);
}

function tellHit(target) {
  const bar = $(".hits-bar output", text());
  const marks = $$(".prose mark:not(.on)", text());
  if (bar && marks.includes(target)) bar.textContent = `${marks.indexOf(target) + 1} / ${marks.length}`;
}

// The address of an article keeps in step with the hit that is shown, and that of a paragraph can be copied.
function followAnchors() {
  const follow = () => {
    if (!document.body.matches(".reading")) return;
    const target = location.hash.length > 1 && $(`.prose [id="${CSS.escape(location.hash.slice(1))}"]`);
    if (target) tellHit(target);
  };
  follow();
  window.addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-step]");
    if (button) showHit(Number(button.dataset.step));
    const paragraph = event.target.closest?.("a.para");
    if (!paragraph) return;
    event.preventDefault();
    if (hasPane()) goTo(paragraph);
    else location.replace(paragraph.hash);
    navigator.clipboard?.writeText(addressOf(paragraph)).then(() => {
      paragraph.classList.add("copied");
      setTimeout(() => paragraph.classList.remove("copied"), 2000);
    });
  });
}

// The address of the paragraph that holds an element or a text.
function addressOf(node) {
  const article = (node.closest ? node : node.parentElement).closest("article");
  const before = $$("[id^=p]", $(".prose", article)).filter((start) => start === node || start.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING);
  return new URL(article.dataset.address + (before.length ? `#${before.at(-1).id}` : ""), location).href;
}

// What can be done with a part of a text that is selected.
function offerSelected() {
  const menu = $("#selected");
  const LONGEST = 100; // characters that are searched
  let timer = 0;

  document.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = setTimeout(place, 200);
  });
  menu.addEventListener("mousedown", (event) => event.preventDefault()); // what is selected stays so
  menu.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    const range = selected();
    if (!button || !range) return;
    const words = String(getSelection()).trim();
    if (button.value === "search") {
      const query = words.replace(/["“”「」\s]+/g, " ").trim().slice(0, LONGEST);
      location.href = `${form.action}?${new URLSearchParams({ q: `"${query}"` })}`;
      return;
    }
    const address = addressOf(range.startContainer);
    const source = range.startContainer.parentElement.closest("article").dataset.source;
    await navigator.clipboard.writeText(button.value === "quote" ? `“${words}”\n——${source}\n${address}` : address);
    $("#said").textContent = menu.dataset.done;
    const label = button.textContent;
    button.textContent = menu.dataset.done;
    setTimeout(() => {
      button.textContent = label;
      menu.hidden = true;
    }, 1200);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") menu.hidden = true; });
  document.addEventListener("scroll", () => { menu.hidden = true; }, { passive: true, capture: true });

  // The range that is selected, if it lies in a text.
  function selected() {
    const selection = getSelection();
    if (selection.isCollapsed || !String(selection).trim()) return null;
    const range = selection.getRangeAt(0);
    const inside = range.commonAncestorContainer;
    return (inside.closest ? inside : inside.parentElement).closest(".prose") ? range : null;
  }

  function place() {
    const range = selected();
    menu.hidden = !range;
    if (!range) return;
    for (const button of $$("button:not([value=search])", menu)) button.hidden = !navigator.clipboard;
    const boxes = range.getClientRects();
    const { left, bottom } = boxes[boxes.length - 1] ?? range.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(bottom + 8, innerHeight - menu.offsetHeight - 8))}px`;
  }
}
