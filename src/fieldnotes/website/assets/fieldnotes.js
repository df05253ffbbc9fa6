// Figures drawn when they come into view, and tables that sort and filter.
// Serves the Quarto site and the plain preview alike; asks nothing of the network.
(function () {
  "use strict";

  // ---- theme ---------------------------------------------------------------------

  const THEMES = {
    light: { ink: "#1f2328", soft: "#59636e", grid: "#e3e6ea", paper: "#ffffff" },
    dark: { ink: "#e6e8eb", soft: "#a3abb5", grid: "#3a414a", paper: "#16191d" },
  };
  const COLOURS = [
    "#4c78c8", "#d9822b", "#3a9e7e", "#c0504d", "#8a6fc0", "#7f8a3b", "#b5548c", "#4fa3b8",
  ];
  const BLACKS = ["black", "#000", "#000000", "rgb(0,0,0)", "rgb(0, 0, 0)"];

  function mode() {
    const body = document.body.classList;
    if (body.contains("quarto-dark")) return "dark";
    if (body.contains("quarto-light")) return "light";
    const chosen = document.documentElement.dataset.theme;
    if (chosen) return chosen;
    return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  // Colours of the theme go below what the figure says itself: into its template.
  function themed(figure, theme) {
    const colours = THEMES[theme];
    const layout = structuredClone(figure.layout);
    const template = layout.template || {};
    const base = template.layout || {};
    const axis = {
      gridcolor: colours.grid, linecolor: colours.soft, zerolinecolor: colours.grid,
      tickcolor: colours.soft, automargin: true,
    };
    const scene = { ...axis, backgroundcolor: "rgba(0,0,0,0)", color: colours.soft };
    const merged = { colorway: COLOURS, ...base };
    Object.assign(merged, {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { ...(base.font || {}), color: colours.ink },
      xaxis: { ...(base.xaxis || {}), ...axis },
      yaxis: { ...(base.yaxis || {}), ...axis },
      hoverlabel: { bgcolor: colours.paper, font: { color: colours.ink } },
      scene: {
        ...(base.scene || {}),
        xaxis: scene, yaxis: scene, zaxis: scene,
      },
    });
    merged.annotationdefaults = { bgcolor: `${colours.paper}c0`, ...base.annotationdefaults };
    merged.modebar = { bgcolor: "rgba(0,0,0,0)", color: colours.soft, activecolor: colours.ink };
    layout.template = { ...template, layout: merged };
    delete layout.paper_bgcolor;
    delete layout.plot_bgcolor;
    return layout;
  }

  // A line that is black on purpose must stay visible on a dark page.
  function inked(value, ink) {
    if (typeof value === "string") return BLACKS.includes(value) ? ink : value;
    if (Array.isArray(value)) {
      return typeof value[0] === "number" ? value : value.map((v) => inked(v, ink));
    }
    if (value && typeof value === "object") {
      const plain = Object.getPrototypeOf(value) === Object.prototype;
      if (!plain || "bdata" in value) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, inked(item, ink)])
      );
    }
    return value;
  }

  // ---- figures -------------------------------------------------------------------

  const TELEPHONE = 600; // [px] of room below which panels side by side scroll,
  const PANEL = 220; // and the width of each of them then
  const EXPORT = 1000; // [px] that an exported figure is wide at least
  const CONFIG = {
    responsive: true, displaylogo: false, showSendToCloud: false,
    modeBarButtonsToRemove: ["toImage"],
  };

  // Data and layout in the colours of a theme.
  function coloured(figure, theme) {
    const layout = themed(figure, theme);
    const data = structuredClone(figure.data);
    if (theme !== "dark") return { data, layout };
    const ink = THEMES.dark.ink;
    return { data: inked(data, ink), layout: inked(layout, ink) };
  }

  // How many panels stand side by side: as many as there are left edges.
  function across(layout) {
    const axes = Object.entries(layout).filter(([name]) => /^xaxis\d*$/.test(name));
    const edges = axes.map(([, axis]) => (axis.domain || [0])[0].toFixed(3));
    return new Set(edges).size || 1;
  }

  function drawn(box, figure) {
    const { data, layout } = coloured(figure, mode());
    // On a telephone panels keep a width that can be read, and the box scrolls.
    const panels = across(layout);
    box.style.minWidth = "";
    const small = box.clientWidth < TELEPHONE && panels > 1;
    if (small) box.style.minWidth = `${panels * PANEL}px`;
    const room = box.clientWidth;
    if (layout.width && layout.width > room) delete layout.width;
    const frames = figure.frames ? structuredClone(figure.frames) : undefined;
    return Plotly.react(box, { data, layout, frames, config: CONFIG });
  }

  function draw(holder) {
    if (holder.dataset.drawn) return;
    holder.dataset.drawn = "pending";
    const source = holder.querySelector('script[type="application/json"]');
    const figure = JSON.parse(source.textContent);
    const box = document.createElement("div");
    box.className = "fn-plot";
    holder.append(buttons(holder, box), box);
    holder.fnFigure = figure;
    holder.fnRedraw = () => drawn(box, figure);
    return holder.fnRedraw().then(() => {
      holder.dataset.drawn = "true";
      holder.style.minHeight = "";
    });
  }

  // What a figure is called where it stands alone: its title, or what its caption says.
  function titled(holder, layout, width) {
    const own = (layout.title && layout.title.text) || layout.title;
    if (typeof own === "string" && own) return 0;
    const caption = holder.parentElement.querySelector(":scope > figcaption");
    const heading = document.querySelector("h1");
    const text = ((caption || heading || {}).textContent || document.title).trim();
    const letters = Math.floor(width / 8);
    const lines = text
      .match(new RegExp(`.{1,${letters}}(?:\\s|$)`, "g")) || [text];
    const escaped = lines.map((line) => line.replace(/&/g, "&amp;").replace(/</g, "&lt;"));
    const room = 20 * lines.length + 12;
    layout.title = {
      text: escaped.join("<br>"), font: { size: 14 }, x: 0.01, xanchor: "left",
      yref: "container", y: 1, yanchor: "top", pad: { t: 10 },
    };
    const margin = layout.margin || {};
    layout.margin = { ...margin, t: (margin.t ?? 60) + room };
    return room;
  }

  // On white, whatever the page looks like, unless its own colours are asked for. The
  // ground is never clear: a figure would be unreadable elsewhere.
  async function image(holder, box, format, theme) {
    const { data, layout } = coloured(holder.fnFigure, theme);
    layout.paper_bgcolor = THEMES[theme].paper;
    delete layout.width;
    const width = Math.max(EXPORT, box.clientWidth);
    const height = box._fullLayout.height + titled(holder, layout, width); // as drawn
    layout.height = height;
    const scale = format === "png" ? 2 : 1;
    const figure = { data, layout, config: CONFIG };
    const url = await Plotly.toImage(figure, { format, scale, width, height });
    if (format === "png") {
      const bytes = Uint8Array.from(atob(url.split(",")[1]), (c) => c.charCodeAt(0));
      return new Blob([bytes], { type: "image/png" });
    }
    const text = decodeURIComponent(url.slice(url.indexOf(",") + 1));
    return new Blob([text], { type: "image/svg+xml" });
  }

  function download(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function fileName(holder, format) {
    const all = [...document.querySelectorAll(".fn-figure")];
    const page = document.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60);
    return `${page.replace(/^-|-$/g, "")}-${all.indexOf(holder) + 1}.${format}`;
  }

  async function copy(holder, box, format, theme) {
    const blob = await image(holder, box, format, theme);
    try {
      if (format === "png") {
        await navigator.clipboard.write([new ClipboardItem({ [blob.type]: blob })]);
      } else {
        await navigator.clipboard.writeText(await blob.text());
      }
      return "copied";
    } catch {
      // No clipboard here (a page opened as a file, or no permission): save instead.
      download(blob, fileName(holder, format));
      return "saved";
    }
  }

  function buttons(holder, box) {
    const bar = document.createElement("div");
    bar.className = "fn-buttons";
    const save = async (format, theme) => {
      download(await image(holder, box, format, theme), fileName(holder, format));
      return "saved";
    };
    const actions = [
      ["copy PNG", (theme) => copy(holder, box, "png", theme)],
      ["copy SVG", (theme) => copy(holder, box, "svg", theme)],
      ["save PNG", (theme) => save("png", theme)],
      ["save SVG", (theme) => save("svg", theme)],
    ];
    for (const [label, action] of actions) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.title = "on white; with the shift key in the colours of this page";
      button.addEventListener("click", async (event) => {
        const theme = event.shiftKey ? mode() : "light";
        const outcome = await action(theme).catch(() => "failed");
        button.textContent = outcome;
        setTimeout(() => (button.textContent = label), 1500);
      });
      bar.append(button);
    }
    return bar;
  }

  function startFigures() {
    const holders = [...document.querySelectorAll(".fn-figure")];
    const near = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          near.unobserve(entry.target);
          draw(entry.target);
        }
      },
      { rootMargin: "400px" }
    );
    holders.forEach((holder) => near.observe(holder));
    // Paper knows no scrolling: draw everything before it is printed.
    addEventListener("beforeprint", () => holders.forEach(draw));
    let last = mode();
    const changed = () => {
      if (mode() === last) return;
      last = mode();
      holders.forEach((holder) => holder.fnRedraw && holder.fnRedraw());
    };
    const watch = new MutationObserver(changed);
    watch.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    watch.observe(document.documentElement, { attributes: true });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  }

  // ---- tables --------------------------------------------------------------------

  function value(cell) {
    if (!cell) return "";
    return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent.trim();
  }

  // Numbers before words before nothing, whichever way the column is sorted.
  function compare(a, b, sign) {
    const rank = (v) => (typeof v === "number" ? (isNaN(v) ? 2 : 0) : v === "–" || v === "" ? 3 : 1);
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    if (rank(a) === 0) return sign * (a - b);
    return sign * String(a).localeCompare(String(b), undefined, { numeric: true });
  }

  function sort(table, column) {
    const heads = [...table.tHead.rows[0].cells];
    const up = heads[column].getAttribute("aria-sort") !== "ascending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.sort((a, b) => compare(value(a.cells[column]), value(b.cells[column]), up ? 1 : -1));
    body.append(...rows);
  }

  // "abc" keeps what contains it; "<0.1", ">= 3", "=0" compare numbers.
  function test(text) {
    const match = text.match(/^\s*(<=|>=|<|>|=)\s*(-?[\d.]+(?:e[-+]?\d+)?)\s*$/i);
    if (!match) {
      const part = text.trim().toLowerCase();
      return (v, shown) => shown.toLowerCase().includes(part);
    }
    const limit = Number(match[2]);
    const tests = {
      "<": (v) => v < limit, ">": (v) => v > limit, "=": (v) => v === limit,
      "<=": (v) => v <= limit, ">=": (v) => v >= limit,
    };
    return (v) => typeof v === "number" && tests[match[1]](v);
  }

  function filter(table, inputs, count) {
    const active = inputs
      .map((input, column) => [input.value, column])
      .filter(([text]) => text.trim())
      .map(([text, column]) => [test(text), column]);
    const rows = [...table.tBodies[0].rows];
    let kept = 0;
    for (const row of rows) {
      const fits = active.every(([keep, column]) => {
        const cell = row.cells[column];
        return keep(value(cell), cell ? cell.textContent : "");
      });
      row.hidden = !fits;
      kept += fits;
    }
    count.textContent = active.length ? `${kept} of ${rows.length} rows` : "";
  }

  function startTable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.tabIndex = 0;
      head.title = "sort";
      head.addEventListener("click", () => sort(table, column));
      head.addEventListener("keydown", (event) => {
        if (event.key === "Enter") sort(table, column);
      });
    });
    if (table.tBodies[0].rows.length < 4) return;
    const line = table.tHead.insertRow();
    line.className = "fn-filters";
    const count = document.createElement("p");
    count.className = "fn-count";
    count.setAttribute("aria-live", "polite");
    table.parentElement.before(count);
    const inputs = heads.map((head) => {
      const input = document.createElement("input");
      input.type = "search";
      input.placeholder = "filter";
      input.title = "text, or a comparison such as <0.1 or >=3";
      input.setAttribute("aria-label", `filter by ${head.textContent}`);
      input.addEventListener("input", () => filter(table, inputs, count));
      line.insertCell().append(input);
      return input;
    });
  }

  // Two ticked rows, and the columns in which they differ.
  function differences(place, heads, rows) {
    place.replaceChildren();
    if (rows.length < 2) return;
    const apart = heads
      .map((head, column) => [head, ...rows.map((row) => row.cells[column].textContent.trim())])
      .filter(([, one, other], column) => column === 0 || one !== other);
    const table = document.createElement("table");
    table.className = "fn-table";
    for (const [place, texts] of apart.entries()) {
      const line = table.insertRow();
      texts.forEach((text, column) => {
        const cell = document.createElement(place && column ? "td" : "th");
        cell.textContent = text;
        line.append(cell);
      });
    }
    if (apart.length > 1) place.append(table);
    else place.textContent = "These two rows agree in every column.";
  }

  function startCompare(table) {
    const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent);
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 2) return;
    const place = document.createElement("div");
    place.className = "fn-scroll fn-differences";
    place.setAttribute("aria-live", "polite");
    table.parentElement.before(place);
    const ticked = [];
    for (const row of rows) {
      const box = document.createElement("input");
      box.type = "checkbox";
      box.title = "tick two rows to see their differences";
      box.setAttribute("aria-label", `compare ${row.cells[0].textContent}`);
      box.addEventListener("change", () => {
        if (box.checked) ticked.push(row);
        else ticked.splice(ticked.indexOf(row), 1);
        if (ticked.length > 2) ticked.shift().querySelector("input").checked = false;
        differences(place, heads, ticked);
      });
      row.cells[0].prepend(box, " ");
    }
  }

  function start() {
    document.querySelectorAll("table.fn-compare").forEach(startCompare);
    document.querySelectorAll("table.fn-sortable").forEach(startTable);
    if (document.querySelector(".fn-figure")) startFigures();
  }

  if (document.readyState === "complete") start();
  else document.addEventListener("DOMContentLoaded", start);
})();
