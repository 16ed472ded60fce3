// While the log cannot be written, an application is refused in words and nothing that was typed is lost. Once it can be
// written, the same form is sent again, and there is one application.

import { flaws } from "./checks.mjs";
import { isMarked, mark, same, send, until } from "./stage.mjs";

export default async (stage) => {
  const { employee, approver } = stage.people;
  stage.step("an approver has the inbox open, and an employee has filled in the form");
  const inbox = await stage.at("/inbox", approver);
  await inbox.getByText("Nothing waits for you.").waitFor();
  await mark(inbox);
  const mine = await stage.at("/new", employee);
  await mine.getByLabel("First day").fill("2027-07-01");
  await mine.getByLabel("Working hours").fill("16");
  const apply = () => send(mine, () => mine.getByRole("button", { name: "Apply" }).click());

  stage.step("the log is away, and the form says so, with what was typed");
  await stage.ask("take the log away");
  await apply();
  await mine.getByRole("alert").waitFor();
  same(await mine.getByLabel("First day").inputValue(), "2027-07-01", "the first day");
  same(await mine.getByLabel("Working hours").inputValue(), "16", "the hours");
  same(await flaws(stage, mine), [], "what is wrong with the form while the log is away");

  stage.step("what was there before can be read");
  const reader = await stage.at("/", employee);
  await reader.getByText("You have not applied for leave yet.").waitFor();

  stage.step("the log is back, and the same form is sent until it is taken");
  await stage.ask("bring the log back");
  await until("it is taken", async () => {
    await apply();
    await mine.getByRole("alert").or(mine.locator(".state")).waitFor();
    return mine.url().includes("/applications/");
  });

  stage.step("the inbox, which was open all the time, shows it once");
  const card = inbox.getByRole("listitem").filter({ hasText: "Ada Lovelace" });
  await card.waitFor();
  same(await card.count(), 1, "cards");
  same(await isMarked(inbox), true, "the inbox was not loaded again");
  await send(inbox, () => card.getByRole("button", { name: "Approve" }).click());
  await mine.locator(".state", { hasText: "approved" }).waitFor();
};
