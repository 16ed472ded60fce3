// What must hold for every page in every state.

import { readFileSync } from "node:fs";

// A phone and a large screen.
const WIDTHS = [360, 1440];

// A window of 1,280 pixels at 200 %.
const ZOOMED = 640;

export const SCHEMES = ["light", "dark"];

// A sheet of A4 with margins of a centimetre, in CSS pixels.
const PAPER = { portrait: 718, landscape: 1047 };

let axe;

// Looks at the page as it is now, in each width and colour scheme. Returns what is wrong. `paper`: it is printed on such a
// sheet, too.
export async function flaws(stage, page, { paper } = {}) {
  axe ??= readFileSync(`${stage.tools}/node_modules/axe-core/axe.min.js`, "utf8");
  const found = [];
  const look = async (where, what, ask) => {
    for (const flaw of await page.evaluate(ask)) found.push(`${where}, ${what}: ${flaw}`);
  };
  const before = page.viewportSize();
  await page.evaluate(axe);
  await look("as it is sent", "a style or script of its own", inline);
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await look(`${width} px, ${colorScheme}`, "too wide", tooWide);
      await look(`${width} px, ${colorScheme}`, "axe", barriers);
    }
  }
  await page.setViewportSize({ width: ZOOMED, height: 400 });
  await look("at 200 %", "too wide", tooWide);
  await look("with reduced motion", "it moves", moving);
  if (paper) {
    await page.setViewportSize({ width: PAPER[paper], height: 900 });
    await page.emulateMedia({ media: "print", colorScheme: "light" });
    await look("printed", "too wide", tooWide);
    await look("printed", "only for clicks", clickable);
  }
  await page.emulateMedia({ media: null, colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
  return found;
}

// Each of these runs in the page. The policy forbids what `inline` finds; it is found here even where nothing complains.
function inline() {
  const handlers = [...document.querySelectorAll("*")].filter((element) =>
    element.getAttributeNames().some((name) => name.startsWith("on")),
  );
  const others = document.querySelectorAll("style, [style], script:not([src])");
  return [...handlers, ...others].map((element) => element.outerHTML.slice(0, 200));
}

function tooWide() {
  const room = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= room) return [];
  const all = [...document.body.querySelectorAll("*")];
  const wide = all.filter((element) => element.getBoundingClientRect().right > room + 0.5);
  return [`${document.scrollingElement.scrollWidth} > ${room}`, ...wide.map((element) => element.outerHTML.slice(0, 200))];
}

async function barriers() {
  // All that it looks for by itself, and the size of what is clicked (WCAG 2.2, AA).
  const rules = { "target-size": { enabled: true } };
  const { violations } = await axe.run({ resultTypes: ["violations"], rules });
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target).join(" | ")}`);
}

function moving() {
  const seconds = (text) => Math.max(...text.split(",").map((part) => parseFloat(part) * (part.includes("ms") ? 0.001 : 1)));
  return [...document.querySelectorAll("*")]
    .filter((element) =>
      [null, "::before", "::after"].some((part) => {
        const style = getComputedStyle(element, part);
        const isAnimated = style.animationName !== "none" && seconds(style.animationDuration) > 0.001;
        return isAnimated || seconds(style.transitionDuration) > 0.001 || style.scrollBehavior === "smooth";
      }),
    )
    .map((element) => element.outerHTML.slice(0, 200));
}

function clickable() {
  const all = [...document.querySelectorAll("nav, button, input")];
  return all.filter((element) => element.checkVisibility()).map((element) => element.outerHTML.slice(0, 200));
}
