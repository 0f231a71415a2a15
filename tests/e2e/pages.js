// Opens the demo's pages in Chromium as readers do: on a phone and a desk, light and dark, with the
// keyboard, without scripts, on paper. Fails with what was seen.
//
//   NODE_PATH=<folder with puppeteer-core and axe-core> CHROMIUM=<path> node tests/e2e/pages.js DEMO_FOLDER
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const puppeteer = require("puppeteer-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const PHONE = 390, DESK = 1280;
const seen = { checked: 0, contrast: 0, figures: 0, sorted: 0, filtered: 0, unfolded: 0, toggled: 0, ranged: 0, told: 0 };

/** The newest daily, weekly and monthly page of each company. */
function pages(demo) {
    const reports = path.join(demo, "reports");
    return fs.readdirSync(reports).flatMap((company) => {
        const files = fs.readdirSync(path.join(reports, company)).filter((name) => /^\w+-[\d-]+\.html$/.test(name)).sort();
        return ["daily", "weekly", "monthly"].map((cadence) => {
            const name = files.filter((file) => file.startsWith(cadence)).pop();
            assert.ok(name, `${company} has no ${cadence} page`);
            return path.join(reports, company, name);
        });
    });
}

/** A copy of a page whose first table has ten times its rows, because the demo's companies are small. */
function longer(file, folder) {
    const page = fs.readFileSync(file, "utf8").replace(/(<table class="data"[^]*?<tbody>)([^]*?)(<\/tbody>)/, (_, head, rows, foot) =>
        head + Array.from({ length: 10 }, (_, copy) => rows.replaceAll('<span class="name">', `$&Copy ${copy} of `)).join("") + foot);
    const copy = path.join(folder, "longer.html");
    fs.writeFileSync(copy, page);
    return copy;
}

/** A page as opened from a mail; anything it asks for or complains about is an error. */
async function open(browser, file, { width = DESK, scheme = "light", scripts = true } = {}) {
    const page = await browser.newPage();
    const wrong = [];
    page.on("request", (request) => { if (request.url() !== `file://${file}`) wrong.push(`asked for ${request.url()}`); });
    page.on("pageerror", (error) => wrong.push(`failed: ${error.message}`));
    page.on("console", (message) => wrong.push(`said: ${message.text()}`));
    await page.setJavaScriptEnabled(scripts);
    await page.emulateMediaFeatures([
        { name: "prefers-color-scheme", value: scheme },
        { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    await page.setViewport({ width, height: 900 });
    await page.goto(`file://${file}`);
    return { page, wrong };
}

async function is_accessible_and_fits(browser, file, width, scheme) {
    const { page, wrong } = await open(browser, file, { width, scheme });
    const layout = await page.evaluate(() => ({
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        sizes: [...document.querySelectorAll(".drawing svg")]
            .filter((svg) => svg.getBoundingClientRect().width)
            .flatMap((svg) => [...svg.querySelectorAll("text")].map((text) =>
                parseFloat(getComputedStyle(text).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)),
    }));
    assert.equal(layout.overflow, 0, `${file} is wider than ${width} pixels`);
    assert.ok(layout.sizes.length && Math.min(...layout.sizes) >= 11, `${file} at ${width}: letters of ${Math.min(...layout.sizes)} pixels`);
    await page.evaluate(() => {
        document.querySelectorAll("details").forEach((details) => { details.open = true; });
        // Contrast cannot be judged on the shade that hints at more columns.
        document.styleSheets[0].insertRule("div.wide[tabindex]{background:var(--paper)!important}", document.styleSheets[0].cssRules.length);
    });
    await page.evaluate(axe);
    const found = await page.evaluate(() => axe.run());
    const told = found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
    assert.deepEqual(told, [], `${file} at ${width}, ${scheme}`);
    assert.deepEqual(wrong, [], file);
    seen.checked += 1;
    seen.contrast += found.passes.find((rule) => rule.id === "color-contrast")?.nodes.length ?? 0;
    await page.close();
}

/** RFC 4180, as far as the figures need it. */
function csv(text) {
    const rows = [...text.matchAll(/(?:^|\r\n)((?:"(?:[^"]|"")*"|[^"\r\n])+)/g)].map(([, line]) =>
        [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare));
    const at = rows[0].indexOf("text");
    // Pages show the first rows of long lists; the file has all of them.
    const label = rows[0].indexOf("row_label");
    return rows.slice(1).map((row) => ({ text: row[at].replace(/^'/, ""), label: row[label].replace(/^'/, "") }));
}

async function is_complete_without_scripts(browser, file) {
    const { page, wrong } = await open(browser, file, { scripts: false });
    const { words, controls } = await page.evaluate(() => {
        const copy = document.body.cloneNode(true);
        copy.querySelectorAll("script,abbr").forEach((node) => node.remove());
        return { words: copy.textContent, controls: document.querySelectorAll("button,input,select,[role=slider]").length };
    });
    const figures = csv(fs.readFileSync(file.replace(/html$/, "csv"), "utf8"));
    // The file writes a hyphen where pages have a minus sign.
    const plain = words.replaceAll("−", "-");
    const shown = figures.filter((figure) => words.includes(figure.label)).map((figure) => figure.text);
    assert.ok(shown.length > figures.length / 3, `${file}: ${shown.length} of ${figures.length} figures`);
    assert.deepEqual(shown.filter((text) => !plain.includes(text)), [], `${file} without scripts`);
    assert.equal(controls, 0, `${file}: controls that do nothing without scripts`);
    assert.deepEqual(wrong, [], file);
    seen.figures += shown.length;
    await page.close();
}

async function tables_sort_and_filter(page) {
    for (const table of await page.$$("table.data")) {
        const look = () => table.evaluate((table) => {
            const column = [...table.tHead.rows[0].cells].findIndex((head) => head.classList.contains("num"));
            if (column < 0) return { column };
            const rows = [...table.tBodies[0].rows];
            return {
                column,
                names: rows.map((row) => row.cells[0].textContent.trim()),
                values: rows.map((row) => row.cells[column].dataset.value).filter((value) => value).map(Number),
                sort: table.tHead.rows[0].cells[column].getAttribute("aria-sort"),
                all: rows.length,
                shown: rows.filter((row) => row.offsetHeight).length,
                total: !table.tFoot || table.tFoot.rows[0].offsetTop > rows.filter((row) => row.offsetHeight).pop().offsetTop,
            };
        });
        const before = await look();
        // A table of words has nothing to sort by value.
        if (before.column < 0) continue;
        const button = (await table.$$("thead button"))[before.column];
        for (const [sort, sign] of [["descending", -1], ["ascending", 1]]) {
            await button.focus();
            await page.keyboard.press("Enter");
            const after = await look();
            assert.equal(after.sort, sort);
            assert.deepEqual(after.values, [...before.values].sort((a, b) => sign * (a - b)));
            assert.deepEqual([...after.names].sort(), [...before.names].sort());
            assert.ok(after.total, "the sum left the bottom");
            if (before.values.join() !== after.values.join()) seen.sorted += 1;
        }
        const filter = await table.evaluateHandle((table) => table.parentNode.previousElementSibling?.querySelector("input[type=search]"));
        assert.equal(Boolean(filter.asElement()), before.names.length > 8, "long tables have a filter, short ones none");
        if (filter.asElement()) {
            const name = before.names.at(-1);
            await filter.asElement().type(name.toUpperCase());
            assert.equal((await look()).shown, before.names.filter((other) => other.includes(name)).length, `rows with "${name}"`);
            await page.keyboard.down("Control");
            await page.keyboard.press("a");
            await page.keyboard.up("Control");
            await page.keyboard.press("Delete");
            const more = await table.evaluateHandle((table) => table.parentNode.nextElementSibling);
            const is_folded = await more.evaluate((node) => node?.className === "more");
            assert.equal(is_folded, before.all > (page.viewport().width <= 600 ? 15 : 25), "the longest tables are folded");
            if (is_folded) {
                assert.ok((await look()).shown < before.all);
                await more.asElement().click();
                seen.unfolded += 1;
            }
            assert.equal((await look()).shown, before.all);
            seen.filtered += 1;
        }
    }
}

async function lines_toggle_and_zoom(page) {
    for (const figure of await page.$$("figure[data-plot=lines]")) {
        const look = () => figure.evaluate((figure) => {
            const svg = [...figure.querySelectorAll("svg")].find((svg) => svg.getBoundingClientRect().width);
            const points = (group) => [...group.querySelectorAll("polyline")].flatMap((line) => line.getAttribute("points").split(" ").filter(Boolean));
            const groups = [...svg.querySelectorAll("g.series")];
            const subject = points(groups.at(-1)).map((point) => point.split(",").map(Number));
            return {
                visible: groups.map((group) => group.getBoundingClientRect().width > 0),
                points: subject.length,
                last: subject.at(-1),
                left: Math.min(...subject.map(([x]) => x)),
                days: [...svg.querySelectorAll("g.days text")].map((day) => day.textContent),
                axis: [...svg.querySelectorAll("text")].map((text) => text.textContent).filter((text) => /\d[kM%]?$/.test(text)),
                rows: [...figure.querySelectorAll("tbody tr")].filter((row) => !row.hidden).length,
            };
        });
        const whole = await look();
        const [subject] = await figure.$$(".series-button");
        if (subject) {
            await subject.focus();
            await page.keyboard.press("Space");
            assert.equal(await subject.evaluate((button) => button.getAttribute("aria-pressed")), "false");
            assert.equal((await look()).visible.at(-1), false, "the series still shows");
            await subject.click();
            assert.deepEqual((await look()).visible, whole.visible);
            seen.toggled += 1;
        }
        const shorter = await figure.evaluateHandle((figure) => [...figure.querySelectorAll("button")].find((button) => /^Last /.test(button.textContent)));
        const wanted = parseInt((await shorter.evaluate((button) => button.textContent)).slice(5), 10);
        await shorter.click();
        const part = await look();
        assert.ok(part.points === wanted && part.rows === wanted && part.points < whole.points, JSON.stringify(part));
        assert.ok(part.last.every((at, axis) => Math.abs(at - whole.last[axis]) < 0.2), "the last value moved");
        assert.ok(Math.abs(part.left - whole.left) < 0.2, "the first day shown does not begin the axis");
        assert.ok(part.days.join() !== whole.days.join() && part.days[0] === whole.days.at(-1));
        // From a day to a day, by the lists.
        const [begin, end] = await figure.$$("select");
        await begin.select("1");
        await end.select("3");
        assert.equal((await look()).points, 3);
        seen.ranged += 1;
    }
}

async function values_are_told(page) {
    for (const figure of await page.$$("figure.chart")) {
        const probe = await figure.$("[role=slider]");
        await probe.evaluate((probe) => probe.scrollIntoView({ block: "center" }));
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        const box = await probe.boundingBox();
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        const tip = () => page.evaluate(() => { const tip = document.getElementById("tip"); return tip.hidden ? null : [...tip.children].map((line) => line.textContent); });
        const pointed = await tip();
        assert.ok(pointed?.length >= 2, `${await figure.evaluate((node) => node.id)}: a pointer is told ${pointed}`);
        await page.mouse.move(0, 0);
        await probe.focus();
        await page.keyboard.press("Home");
        const first = await tip();
        await page.keyboard.press("ArrowRight");
        const second = await tip();
        assert.notDeepEqual(first, second);
        assert.equal(await probe.evaluate((probe) => probe.getAttribute("aria-valuetext")), second.join(", "));
        // What is reported stands in the chart's own table.
        const cells = await figure.evaluate((figure) => [...figure.querySelectorAll("table.figures tbody td")].map((cell) => (cell.querySelector(".fig") ?? cell).firstChild?.textContent.trim()));
        const value = second[1].replace(/, .*| \(provisional\).*/, "");
        assert.ok(cells.some((cell) => cell && value.endsWith(cell)), `${second} of ${cells}`);
        await page.keyboard.press("Escape");
        assert.equal(await tip(), null);
        seen.told += 1;
    }
    const figure = await page.$(".card [data-receipt]");
    await figure.focus();
    const receipt = await figure.evaluate((figure) => figure.dataset.receipt);
    assert.ok((await page.$eval("#receipt", (node) => (node.hidden ? "" : node.textContent))).includes(receipt), "no receipt at a figure");
}

/** A name that slipped through would still not run. */
async function strangers_do_not_run(page) {
    const ran = await page.evaluate(() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        const node = document.createElement("div");
        node.innerHTML = "<img src='x' onerror='window.ran = true'><p style='position:fixed'>x</p>";
        document.body.append(node);
        const moved = getComputedStyle(node.querySelector("p")).position;
        script.remove();
        node.remove();
        return [Boolean(window.ran), moved];
    });
    assert.deepEqual(ran, [false, "static"]);
}

async function prints_whole(browser, file, scripts) {
    const { page, wrong } = await open(browser, file, { scheme: "dark", scripts });
    await page.emulateMediaType("print");
    const paper = await page.evaluate(() => ({
        controls: [...document.querySelectorAll("button:not(.sort),input,select,summary,[role=slider]")].filter((node) => node.getClientRects().length).length,
        closed: [...document.querySelectorAll("tbody tr")].filter((row) => !row.checkVisibility({ contentVisibilityAuto: true })).length,
        ink: getComputedStyle(document.body).color,
        page: getComputedStyle(document.body).backgroundColor,
    }));
    assert.deepEqual(paper, { controls: 0, closed: 0, ink: "rgb(31, 41, 51)", page: "rgb(255, 255, 255)" }, file);
    assert.deepEqual(wrong, [], file);
    await page.close();
}

(async () => {
    const files = pages(path.resolve(process.argv[2]));
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pages-"));
    const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-quic", "--disable-background-networking"] });
    try {
        const long = longer(files[0], folder);
        const { page, wrong } = await open(browser, long);
        await tables_sort_and_filter(page);
        assert.deepEqual(wrong, [], long);
        await page.close();
        await is_accessible_and_fits(browser, long, PHONE, "light");
        for (const file of files) {
            for (const width of [PHONE, DESK]) {
                for (const scheme of ["light", "dark"]) await is_accessible_and_fits(browser, file, width, scheme);
            }
            await is_complete_without_scripts(browser, file);
            for (const scripts of [true, false]) await prints_whole(browser, file, scripts);
            for (const width of [PHONE, DESK]) {
                const { page, wrong } = await open(browser, file, { width });
                await values_are_told(page);
                await tables_sort_and_filter(page);
                await lines_toggle_and_zoom(page);
                assert.deepEqual(wrong, [], file);
                if (width === DESK) await strangers_do_not_run(page);
                await page.close();
            }
        }
    } finally {
        await browser.close();
        fs.rmSync(folder, { recursive: true });
    }
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `nothing was ${what}`);
    console.log(`${files.length} pages in Chromium: ${Object.entries(seen).map(([what, count]) => `${what} ${count}`).join(", ")}`);
})().catch((error) => { console.error(error); process.exit(1); });
