// The plain preview's own two tools: light or dark, and a search over titles.
(function () {
  "use strict";
  const root = document.documentElement;
  const up = document.currentScript.dataset.up;
  const store = {
    // A page opened as a file may be refused its storage; then nothing is remembered.
    get() { try { return localStorage.getItem("fieldnotes-theme"); } catch { return null; } },
    set(value) { try { localStorage.setItem("fieldnotes-theme", value); } catch { /* as said */ } },
  };
  if (store.get()) root.dataset.theme = store.get();

  function startTheme() {
    document.getElementById("theme").addEventListener("click", () => {
      const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
      root.dataset.theme = next;
      store.set(next);
    });
  }

  function load(ready) {
    if (window.fieldnotesPages) return ready();
    const script = document.createElement("script");
    script.src = `${up}assets/search.js`;
    script.onload = ready;
    document.head.append(script);
  }

  // Pages that hold every word; those with all of them in the title come first.
  function show(list, words) {
    const has = (text) => words.every((word) => text.toLowerCase().includes(word));
    const found = window.fieldnotesPages.filter((page) => has(`${page.title} ${page.more}`));
    const hits = [
      ...found.filter((page) => has(page.title)),
      ...found.filter((page) => !has(page.title)),
    ];
    list.replaceChildren(
      ...hits.slice(0, 12).map((page) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = up + page.href;
        link.textContent = page.title;
        item.append(link);
        return item;
      })
    );
    if (!hits.length) {
      const item = document.createElement("li");
      item.textContent = `Nothing found for “${words.join(" ")}”.`;
      list.replaceChildren(item);
    }
    list.hidden = false;
  }

  function startSearch() {
    const input = document.getElementById("search");
    const list = document.getElementById("found");
    if (!input) return; // a page that travels alone
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (!words.length) list.hidden = true;
      else load(() => show(list, words));
    });
    input.parentElement.addEventListener("keydown", (event) => {
      const links = [...list.querySelectorAll("a")];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") list.hidden = true;
      if (!step || list.hidden || !links.length) return;
      event.preventDefault();
      const next = links.indexOf(document.activeElement) + step;
      (links[next] || (next < 0 ? input : links[links.length - 1])).focus();
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".search")) list.hidden = true;
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        if (!menu.contains(event.target)) menu.open = false;
      }
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    startTheme();
    startSearch();
  });
})();
