// From signing in to an approval with nothing but a keyboard. Wherever the focus is, it can be seen.

import { same, send, until } from "./stage.mjs";

// A page has fewer places for the focus.
const MOST = 100;

// What has just come is not decided by a key that was pressed before.
const SETTLES = 800;

export default async (stage) => {
  const enter = async (person) => {
    const page = await stage.window(null);
    await page.goto("/");
    await follow(page, page.getByRole("button", { name: person }));
    await page.getByRole("heading", { name: "My leave" }).waitFor();
    return page;
  };

  stage.step("an employee signs in, and skips what is above the content");
  const ada = await enter("Ada Lovelace");
  await tabTo(ada, ada.getByRole("link", { name: "Skip to the content" }));
  await ada.keyboard.press("Enter");
  await tabOnce(ada);
  same(await isFocused(ada.getByRole("main").getByRole("link", { name: "Apply for leave" })), true, "it is skipped");

  const apply = async () => {
    await ada.keyboard.press("Enter");
    await tabTo(ada, ada.getByLabel("First day"));
    // Whether the browser wants the day or the month first.
    await ada.keyboard.type("07072027");
    same(await ada.getByLabel("First day").inputValue(), "2027-07-07", "the first day");
    await tabTo(ada, ada.getByLabel("Working hours"));
    await ada.keyboard.type("16");
    await ada.getByText("Wed 7 Jul to Thu 8 Jul 2027.").waitFor();
    await follow(ada, ada.getByRole("button", { name: "Apply" }));
    await ada.locator(".state", { hasText: "waiting" }).waitFor();
  };
  stage.step("they apply, with a date that is typed");
  await apply();

  stage.step("an approver signs in, writes a comment and approves");
  const linus = await enter("Linus Approver");
  await tabTo(linus, linus.getByRole("link", { name: "Inbox" }));
  await linus.keyboard.press("Enter");
  const card = linus.getByRole("listitem").filter({ hasText: "Ada Lovelace" });
  await tabTo(linus, card.getByLabel("Comment for Ada Lovelace"));
  await linus.keyboard.type("Enjoy!");
  // Enter decides nothing: it could mean either.
  await linus.keyboard.press("Enter");
  await follow(linus, card.getByRole("button", { name: "Approve Ada Lovelace" }));
  await linus.getByText("It is approved.").waitFor();
  await ada.locator(".state", { hasText: "approved" }).waitFor();

  stage.step("two come again, and the approver has keys for them");
  for (const day of ["first", "second"]) {
    await tabTo(ada, ada.getByRole("navigation").getByRole("link", { name: "Apply" }));
    await apply();
    stage.step(`the ${day} is there`);
  }
  const cards = linus.getByRole("listitem").filter({ hasText: "Ada Lovelace" });
  await until("both are there", async () => (await cards.count()) === 2);
  await tabTo(linus, cards.first().getByRole("link", { name: "Ada Lovelace" }));
  await linus.keyboard.press("j");
  same(await isFocused(cards.nth(1)), true, "j goes to the next one");
  await linus.keyboard.press("k");
  same(await isFocused(cards.first()), true, "k goes back");
  await linus.keyboard.press("j");
  await linus.waitForTimeout(SETTLES);
  await send(linus, () => linus.keyboard.press("d"));
  await linus.getByText("It is declined.").waitFor();
  same(await cards.count(), 1, "what is left");
};

// Goes to a button by Tab, and presses it until it sends its form.
async function follow(page, button) {
  await tabTo(page, button);
  await send(page, () => page.keyboard.press("Enter"));
}

const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);

// Presses Tab until this has the focus.
async function tabTo(page, target) {
  await target.waitFor({ state: "attached" });
  for (let presses = 0; presses < MOST; presses++) {
    await tabOnce(page);
    if (await isFocused(target)) return;
  }
  throw new Error(`${target} is not reached by ${MOST} presses of Tab`);
}

async function tabOnce(page) {
  await page.keyboard.press("Tab");
  const hidden = await page.evaluate(() => {
    const element = document.activeElement;
    // A button that the browser has put into a field shows by itself that it has the focus.
    if (element === document.body || element.matches("input:not(:focus-visible)")) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
    const isThere = width > 1 && height > 1 && left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    return isThere && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 ? null : element.outerHTML;
  });
  same(hidden, null, "what has the focus and does not show it");
}
