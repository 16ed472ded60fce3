// Everything can be done without JavaScript; only what others do is not shown before a page is loaded again.

import { same } from "./stage.mjs";

export default async (stage) => {
  const enter = async (person) => {
    const page = await stage.window(null, { javaScriptEnabled: false });
    await page.goto("/");
    await page.getByRole("button", { name: person }).click();
    await page.getByRole("heading", { name: "My leave" }).waitFor();
    return page;
  };
  const ada = await enter("Ada Lovelace");
  const apply = async (start, hours) => {
    await ada.getByRole("navigation").getByRole("link", { name: "Apply" }).click();
    await ada.getByLabel("First day").fill(start);
    await ada.getByLabel("Working hours").fill(hours);
    await ada.getByRole("button", { name: "Apply" }).click();
    await ada.locator(".state", { hasText: "waiting" }).waitFor();
  };

  stage.step("an employee applies twice and withdraws one");
  await apply("2027-07-01", "16");
  await apply("2027-09-06", "40");
  await ada.getByRole("link", { name: "My leave" }).click();
  const row = (day) => ada.getByRole("row").filter({ hasText: day });
  await row("Mon 6 Sep to Fri 10 Sep 2027").getByRole("button", { name: "Withdraw" }).click();
  await ada.getByRole("status").filter({ hasText: "It is withdrawn." }).waitFor();

  stage.step("an approver approves the other one with a comment");
  const linus = await enter("Linus Approver");
  await linus.getByRole("link", { name: "Inbox" }).click();
  const card = linus.getByRole("listitem").filter({ hasText: "Ada Lovelace" });
  same(await card.count(), 1, "cards");
  await card.getByLabel("Comment for Ada Lovelace").fill("Enjoy!");
  await card.getByRole("button", { name: "Approve" }).click();
  await linus.getByRole("status").filter({ hasText: "It is approved." }).waitFor();
  await linus.getByText("Nothing waits for you.").waitFor();

  stage.step("the employee loads the page again and sees it");
  await ada.reload();
  const approved = row("Thu 1 Jul to Fri 2 Jul 2027");
  await approved.getByText("approved").waitFor();
  await approved.getByText("Enjoy!").waitFor();
  same(await ada.getByRole("button", { name: "Withdraw" }).count(), 0, "buttons to withdraw it");

  stage.step("and signs out");
  await ada.getByRole("button", { name: "Sign out" }).click();
  await ada.getByRole("heading", { name: "You are signed out" }).waitFor();
};
