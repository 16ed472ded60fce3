// What one does is seen by the other where they are, and takes nothing away from them.

import { isMarked, mark, same, send, until } from "./stage.mjs";

export default async (stage) => {
  const { employee, colleague, approver, admin } = stage.people;

  stage.step("an approver has the inbox open, and an employee applies");
  const inbox = await stage.at("/inbox", approver);
  await inbox.getByText("Nothing waits for you.").waitFor();
  await mark(inbox);
  const log = await stage.at("/log", approver);
  await log.getByRole("heading", { name: "Log" }).waitFor();
  const mine = await stage.at("/new", employee);
  await mine.getByLabel("First day").fill("2027-07-01");
  await mine.getByLabel("Working hours").fill("16");
  await mine.getByRole("button", { name: "Apply" }).click();
  await mine.getByText("waiting", { exact: true }).waitFor();
  await mark(mine);

  stage.step("it appears in the inbox, and on the page of the log");
  await log.getByText("ada@example.com: 16 h from Thu 1 Jul 2027").waitFor();
  const card = inbox.getByRole("listitem").filter({ hasText: "Ada Lovelace" });
  await card.getByText("Thu 1 Jul to Fri 2 Jul 2027, 16 hours").waitFor();
  same(await isMarked(inbox), true, "the inbox was not loaded again");

  stage.step("another one comes while a comment is typed, which stays, and so does the focus");
  const comment = card.getByLabel("Comment for Ada Lovelace");
  await comment.pressSequentially("Too many are ");
  const fetched = inbox.waitForResponse(
    async (response) => response.request().resourceType() === "fetch" && (await response.text()).includes("Bob Builder"),
  );
  const other = await stage.at("/new", colleague);
  await other.getByLabel("First day").fill("2027-08-02");
  await other.getByLabel("Working hours").fill("8");
  await other.getByRole("button", { name: "Apply" }).click();
  await (await fetched).finished();
  // It comes below, where it moves nothing.
  await inbox.getByRole("listitem").filter({ hasText: "Bob Builder" }).waitFor();
  await inbox.keyboard.type("away");
  same(await comment.inputValue(), "Too many are away", "the comment");

  stage.step("another approver writes a comment on the same application");
  const late = await stage.at(new URL(mine.url()).pathname, admin);
  await mark(late);
  await late.getByLabel("Comment").pressSequentially("Enj");

  stage.step("it is declined with the comment, and the other one comes");
  await send(inbox, () => card.getByRole("button", { name: "Decline" }).click());
  await inbox.getByText("It is declined.").waitFor();
  await inbox.getByRole("listitem").filter({ hasText: "Bob Builder" }).waitFor();
  same(await card.count(), 0, "cards of what is decided");

  stage.step("whoever has applied sees it where they are");
  await mine.getByText("declined", { exact: true }).waitFor();
  await mine.getByText("Too many are away").first().waitFor();
  await mine.getByText("Declined by Linus Approver").waitFor();
  same(await mine.getByRole("button", { name: "Withdraw" }).count(), 0, "buttons to withdraw it");
  same(await isMarked(mine), true, "the page was not loaded again");

  stage.step("so does the other approver, whose comment stays");
  await late.getByText("Declined by Linus Approver").waitFor();
  await late.keyboard.type("oy");
  same(await late.getByLabel("Comment").inputValue(), "Enjoy", "the comment");
  same(await isMarked(late), true, "the page was not loaded again");

  stage.step("once it is taken back, the form goes");
  await late.getByLabel("Comment").fill("");
  await late.getByRole("heading", { level: 1 }).click();
  await until("the form is gone", async () => (await late.getByLabel("Comment").count()) === 0);
};
