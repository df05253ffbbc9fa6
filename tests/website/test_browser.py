"""The preview in a real browser, opened as files: figures drawn, no errors, no requests
that leave the machine."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from fieldnotes.website.share import share
from website.run_folders import Bench

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None
)
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no chromium is installed here"),
    pytest.mark.timeout(120),
]
PAGES = (
    "index.html",
    "pages/toy.html",
    "results/spreads/toy-layers.html",
    "results/toy/index.html",
    "results/toy/runs/00aaaa00000000.html",
    "results/toy/runs/ffff00000000aaaa.html",
)

DRAW_ALL = """(async () => {
  document.querySelectorAll("details").forEach((fold) => (fold.open = true));
  const all = [...document.querySelectorAll(".fn-figure")];
  for (const one of all) {
    one.scrollIntoView();
    for (let n = 0; n < 200 && one.dataset.drawn !== "true"; n++)
      await new Promise((done) => setTimeout(done, 50));
  }
  return {
    figures: all.length,
    drawn: all.filter((one) => one.querySelector("svg.main-svg .scatterlayer")).length,
    buttons: all.map((one) => one.querySelectorAll(".fn-buttons button").length),
    titles: [...document.querySelectorAll('text[class$="title"]')].map(
      (title) => title.textContent
    ),
    scripts: document.querySelectorAll('script[src*="plotly"]').length,
    widths: all.map((one) => one.querySelector(".fn-plot").clientWidth),
    overflow: document.documentElement.scrollWidth > innerWidth,
  };
})()"""

SORT = """(() => {
  const table = document.querySelector("table.fn-sortable");
  const heads = [...table.tHead.rows[0].cells];
  const column = heads.findIndex((head) => head.textContent.startsWith("error"));
  const rows = () => [...table.tBodies[0].rows];
  const values = () => rows().map((row) => row.cells[column].textContent);
  heads[column].click();
  const up = values();
  heads[column].click();
  const input = table.tHead.rows[1].cells[column].querySelector("input");
  input.value = ">=10";
  input.dispatchEvent(new Event("input"));
  const kept = rows().filter((row) => !row.hidden);
  return { up, down: values(), kept: kept.map((r) => r.cells[column].textContent) };
})()"""

TICK = """(() => {
  const table = document.querySelector("table.fn-compare");
  const boxes = [...table.querySelectorAll('input[type="checkbox"]')];
  const place = document.querySelector(".fn-differences");
  const lines = () => [...place.querySelectorAll("tr")].map((line) =>
    [...line.cells].map((cell) => cell.textContent));
  boxes[0].click();
  const one = place.textContent;
  boxes[1].click();
  const two = lines();
  boxes[4].click();
  const three = lines();
  const ticked = boxes.map((box) => box.checked);
  boxes.forEach((box) => box.checked && box.click());
  return { one, two, three, ticked: ticked.slice(0, 5), last: place.textContent };
})()"""

THEME = """(async () => {
  const plot = document.querySelector(".js-plotly-plot");
  const seen = [];
  for (let n = 0; n < 2; n++) {
    seen.push([plot._fullLayout.font.color, getComputedStyle(document.body).color]);
    document.getElementById("theme").click();
    await new Promise((done) => setTimeout(done, 400));
  }
  return seen;
})()"""

COPY = """(async () => {
  const saved = [];
  HTMLAnchorElement.prototype.click = function () { saved.push(this.download); };
  Object.defineProperty(navigator, "clipboard", { value: undefined });
  const said = [], blobs = [];
  const address = URL.createObjectURL;
  URL.createObjectURL = (blob) => { blobs.push(blob); return address.call(URL, blob); };
  for (const button of document.querySelectorAll(".fn-buttons button")) {
    button.click();
    const ended = () => ["saved", "copied", "failed"].includes(button.textContent);
    for (let n = 0; n < 100 && !ended(); n++)
      await new Promise((done) => setTimeout(done, 50));
    said.push(button.textContent);
  }
  const picture = blobs.find((blob) => blob.type === "image/png");
  const bitmap = await createImageBitmap(picture);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.drawImage(bitmap, 0, 0);
  return {
    saved, said,
    size: [bitmap.width, bitmap.height],
    ground: [...canvas.getImageData(0, 0, 1, 1).data],
    svg: await blobs.findLast((blob) => blob.type.startsWith("image/svg")).text(),
    caption: document.querySelector("h1").textContent,
  };
})()"""

SCROLL = """(() => {
  const box = document.querySelector(".fn-scroll:has(.fn-sortable)");
  const name = box.querySelector("tbody tr").cells[0];
  const other = box.querySelector("tbody tr").cells[1];
  const places = () => [name, other].map((cell) => cell.getBoundingClientRect().left);
  box.style.width = "200px";
  const before = places();
  box.scrollLeft = 90;
  const after = places();
  box.style.width = "";
  return after.map((left, place) => left - before[place]);
})()"""

SEARCH = """(async () => {
  const input = document.getElementById("search");
  const found = {};
  for (const term of ["generalise", "toy/layers", "00aaaa00000000", "quixotic"]) {
    input.value = term;
    input.dispatchEvent(new Event("input"));
    await new Promise((done) => setTimeout(done, 500));
    found[term] = {
      links: [...document.querySelectorAll("#found a")].map((link) => link.href),
      said: document.getElementById("found").textContent,
    };
  }
  input.value = "generalise";
  input.dispatchEvent(new Event("input"));
  const down = { key: "ArrowDown", bubbles: true };
  input.dispatchEvent(new KeyboardEvent("keydown", down));
  found.focused = document.activeElement.href;
  return found;
})()"""

WIDTH = 390  # [px] of a telephone
FULL_WIDTH = """(() => {
  document.querySelectorAll("details").forEach((fold) => (fold.open = true));
  // Not compared with innerWidth: on a telephone a page that is too wide widens that.
  return document.documentElement.scrollWidth;
})()"""

Evaluate = Callable[[str], Awaitable[Any]]


async def visit(root: Path, shared: Path) -> dict[str, Any]:
    """Open each page as a file: its requests, its complaints, and what it shows."""
    from choreographer import Browser

    seen: dict[str, Any] = {"requests": [], "complaints": [], "pages": {}}
    seen["narrow"] = {}

    async def request(message: Any) -> None:
        seen["requests"].append(message["params"]["request"]["url"])

    async def complaint(message: Any) -> None:
        told = message["params"]
        if told.get("type") in (None, "error", "warning"):
            seen["complaints"].append(str(told)[:400])

    async with Browser(path=BROWSER, headless=True) as browser:
        tab = await browser.create_tab("about:blank")
        tab.subscribe("Network.requestWillBeSent", request)
        for event in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
            tab.subscribe(event, complaint)
        tab.subscribe("Log.entryAdded", complaint)
        for domain in ("Network", "Runtime", "Log", "Page"):
            await tab.send_command(f"{domain}.enable")

        async def evaluate(script: str) -> Any:
            options = {"awaitPromise": True, "returnByValue": True}
            answer = await tab.send_command(
                "Runtime.evaluate", {"expression": script, **options}
            )
            assert "exceptionDetails" not in answer["result"], answer["result"]
            return answer["result"]["result"].get("value")

        async def go(page: str) -> None:
            loaded = tab.subscribe_once("Page.loadEventFired")
            address = (root / page).as_uri()
            await tab.send_command("Page.navigate", {"url": address})
            await asyncio.wait_for(loaded, 30)

        for page in PAGES:
            await go(page)
            seen["pages"][page] = await evaluate(DRAW_ALL)
        await go("results/spreads/toy-layers.html")
        seen["scroll"] = await evaluate(SCROLL)
        seen["ticks"] = await evaluate(TICK)
        seen["sort"] = await evaluate(SORT)
        await evaluate(DRAW_ALL)
        seen["theme"] = await evaluate(THEME)
        await go("results/toy/runs/00aaaa00000000.html")
        await evaluate(DRAW_ALL)
        await evaluate("document.documentElement.dataset.theme = 'dark'")
        seen["copy"] = await evaluate(COPY)
        seen["search"] = await evaluate(SEARCH)
        before = len(seen["requests"])
        await go(str(shared))
        seen["shared"] = await evaluate(DRAW_ALL)
        seen["shared"]["requests"] = seen["requests"][before:]
        size = {"width": WIDTH, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        await tab.send_command("Emulation.setDeviceMetricsOverride", size)
        for page in PAGES:
            await go(page)
            seen["narrow"][page] = await evaluate(FULL_WIDTH)
        await go("results/spreads/toy-layers.html")
        seen["mobile"] = await evaluate(DRAW_ALL)
    return seen


@pytest.fixture(scope="module")
def seen(site: Bench, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("mailed")
    shared = share(site.project, "toy/layers", folder / "layers.html")
    return asyncio.run(asyncio.wait_for(visit(site.project.site, shared), 100))


def test_every_figure_is_drawn_with_its_four_buttons(seen: dict[str, Any]):
    for page, found in seen["pages"].items():
        assert found["drawn"] == found["figures"], page
        assert found["buttons"] == [4] * found["figures"], page
    counts = [found["figures"] for found in seen["pages"].values()]
    assert counts == [1, 0, 3, 0, 1, 1]


def test_axes_say_what_they_show_and_in_which_unit(seen: dict[str, Any]):
    titles = seen["pages"]["results/spreads/toy-layers.html"]["titles"]
    assert {"error [%]", "train_time [s]", "number of training orbits [1]"} <= set(
        titles
    )


def test_pages_without_figures_do_not_load_plotly(seen: dict[str, Any]):
    for page, found in seen["pages"].items():
        assert found["scripts"] == bool(found["figures"]), page


def test_no_page_complains(seen: dict[str, Any]):
    assert seen["complaints"] == []


def test_no_request_leaves_the_machine(seen: dict[str, Any]):
    assert seen["requests"]
    for address in seen["requests"]:
        assert address.startswith(("file:", "data:", "blob:")), address


def test_a_column_of_numbers_sorts_by_value(seen: dict[str, Any]):
    for order, sign in (("up", 1), ("down", -1)):
        texts = seen["sort"][order]
        assert texts[-1] == "–" and texts[-2] == "NaN"  # the failed, the diverged
        values = [sign * float(text) for text in texts[:-2]]
        assert values == sorted(values) and len(values) == 26


def test_a_column_filters_by_comparison(seen: dict[str, Any]):
    kept = [float(text) for text in seen["sort"]["kept"]]
    assert sorted(kept) == [10, 11.11, 12.22, 20, 22.22, 24.44, 30, 33.33]


def test_two_ticked_rows_show_where_they_differ(seen: dict[str, Any]):
    found = seen["ticks"]
    assert found["one"] == found["last"] == ""
    # Two seeds of one run, which share its training time; then two runs.
    assert found["two"] == [
        ["run", "02aaaa00", "02aaaa00"],
        ["error [%]", "0.1", "0.1111"],
        ["seed", "0", "1"],
    ]
    heads = ["run", "error [%]", "output_layer", "train_time [s]"]
    assert [line[0] for line in found["three"]] == heads
    assert found["ticked"] == [False, True, False, False, True]  # the last two count


def test_figures_follow_light_and_dark(seen: dict[str, Any]):
    (one, text_one), (other, text_other) = seen["theme"]
    assert {one, other} == {"#1f2328", "#e6e8eb"}
    assert text_one != text_other


def test_without_a_clipboard_figures_are_saved(seen: dict[str, Any]):
    assert seen["copy"]["said"] == ["saved"] * 4
    names = [Path(name).suffix for name in seen["copy"]["saved"]]
    assert names == [".png", ".svg", ".png", ".svg"]


def test_a_saved_figure_is_large_on_white_and_has_its_title(seen: dict[str, Any]):
    width, height = seen["copy"]["size"]
    assert width >= 2000 and height >= 800
    assert seen["copy"]["ground"] == [255, 255, 255, 255]
    words = seen["copy"]["caption"].split()
    assert all(word in seen["copy"]["svg"] for word in words)


def test_the_first_column_stays_while_the_others_move(seen: dict[str, Any]):
    first, second = seen["scroll"]
    assert first == 0
    assert second == -90


def test_panels_keep_a_width_that_a_telephone_can_show(seen: dict[str, Any]):
    widest = max(seen["mobile"]["widths"])
    assert widest >= 440, "two panels of 220 px, in a box that scrolls"


def test_the_search_finds_titles_first_then_what_pages_say(seen: dict[str, Any]):
    found = seen["search"]
    first = found["generalise"]["links"][0]
    assert first.endswith("results/toy/runs/bbbb00000000aaaa.html")
    assert found["focused"] == first  # the arrow keys reach it
    assert any("toy-layers" in link for link in found["toy/layers"]["links"])
    assert any("00aaaa" in link for link in found["00aaaa00000000"]["links"])
    assert found["quixotic"]["links"] == []
    assert "Nothing found for “quixotic”" in found["quixotic"]["said"]


def test_a_shared_page_stands_alone(seen: dict[str, Any]):
    shared = seen["shared"]
    assert shared["drawn"] == shared["figures"] == 3
    (own,) = [link for link in shared["requests"] if link.startswith("file:")]
    assert own.endswith("layers.html")


def test_nothing_is_wider_than_a_telephone(seen: dict[str, Any]):
    assert seen["narrow"] == dict.fromkeys(PAGES, WIDTH)
    assert seen["mobile"]["drawn"] == 3
    assert not seen["mobile"]["overflow"]
    assert not any(found["overflow"] for found in seen["pages"].values())
