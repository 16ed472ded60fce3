// While no manager runs, whatever is sent waits on the log, and the pages say so. Once one runs, they show what became of
// it.

import { apply } from "./sample.mjs";
import { isMarked, mark, same, send } from "./stage.mjs";

export default async (stage) => {
  const { employee, approver } = stage.people;
  stage.step("no manager runs, and an application appears all the same");
  await stage.ask("stop the manager");
  const inbox = await stage.at("/inbox", approver);
  const path = await apply(stage, employee, { start: "2027-07-01", hours: 16 });
  const mine = await stage.at(path, employee);
  await mark(mine);
  const card = inbox.getByRole("listitem").filter({ hasText: "Ada Lovelace" });
  await card.getByLabel("Comment for Ada Lovelace").fill("Enjoy!");

  stage.step("whoever approves it is told that it is sent and not yet carried out");
  await send(inbox, () => card.getByRole("button", { name: "Approve" }).click());
  await inbox.getByRole("status").filter({ hasText: "It is sent, and not lost." }).waitFor();
  await mark(inbox);
  same(await mine.locator(".state").textContent(), "waiting", "the state");

  stage.step("a manager runs, and both pages show it");
  await stage.ask("start the manager");
  await mine.locator(".state", { hasText: "approved" }).waitFor();
  await mine.getByText("Enjoy!").first().waitFor();
  await inbox.getByText("Nothing waits for you.").waitFor();
  for (const page of [mine, inbox]) same(await isMarked(page), true, "the page was not loaded again");
};
