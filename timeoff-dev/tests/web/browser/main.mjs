// Plays one story in a browser: node main.mjs STORY SETTINGS. `browser.rs` starts it, and grants what it asks for.

import { Stage } from "./stage.mjs";

// Only a story that hangs takes so long.
const PATIENCE = 300_000;

const [name, settings] = process.argv.slice(2);
const stage = await Stage.open({ name, ...JSON.parse(settings) });
const hanging = setTimeout(() => stage.fail(new Error(`it has not ended after ${PATIENCE / 1000} s`)), PATIENCE);
try {
  const story = await import(`./${name}.mjs`);
  await story.default(stage);
  await stage.close();
} catch (error) {
  await stage.fail(error);
}
clearTimeout(hanging);
process.exit(0);
