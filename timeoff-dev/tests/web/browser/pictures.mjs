// A picture of every page in every state, in each width and colour scheme: NAME-WIDTH-SCHEME.png.

import { mkdirSync } from "node:fs";

import { SCHEMES } from "./checks.mjs";
import { act, forEachPage, open } from "./pages.mjs";
import { fill } from "./sample.mjs";

const WIDTHS = [360, 768, 1440];

export default async (stage) => {
  if (stage.makesData) stage.fill = () => fill(stage);
  mkdirSync(stage.folder, { recursive: true });
  await forEachPage(stage, { reducedMotion: "reduce" }, async (page, window) => {
    await open(stage, page, window);
    await act(page, window);
    for (const colorScheme of SCHEMES) {
      await window.emulateMedia({ colorScheme });
      for (const width of WIDTHS) {
        await window.setViewportSize({ width, height: width < 500 ? 760 : 900 });
        await window.screenshot({ path: `${stage.folder}/${page.name}-${width}-${colorScheme}.png`, fullPage: true });
      }
    }
  });
};
