// Two approvers decide differently at the same moment: one counts, and the other is told why theirs does not.

import { apply } from "./sample.mjs";
import { same, send } from "./stage.mjs";

export default async (stage) => {
  const { employee, approver, admin } = stage.people;
  stage.step("two approvers look at the same application");
  const path = await apply(stage, employee, { start: "2027-07-01", hours: 16 });
  const [one, other] = await Promise.all([approver, admin].map((email) => stage.at(path, email)));

  stage.step("one approves, the other declines; both are on their way before either arrives");
  const sent = resolvers();
  let count = 0;
  for (const page of [one, other]) {
    await page.route("**/decision", async (route) => {
      if (++count === 2) sent.resolve();
      await sent.promise;
      await route.continue();
    });
  }
  const click = (page, name) => send(page, () => page.getByRole("button", { name }).click());
  await Promise.all([click(one, "Approve"), click(other, "Decline")]);

  stage.step("one of them is told that it is done, the other why it is not");
  const outcomes = await Promise.all(
    [one, other].map(async (page) => {
      const done = page.getByRole("status");
      const refused = page.getByRole("alert");
      await done.or(refused).waitFor();
      return (await done.count()) === 1 ? await done.textContent() : await refused.textContent();
    }),
  );
  const [first, why] = outcomes[0].startsWith("It is") ? outcomes : outcomes.toReversed();
  const state = outcomes[0] === first ? "approved" : "declined";
  same(first, `It is ${state}.`, "what whoever was first is told");
  if (!why.includes(`${state} it already`)) throw new Error(`whoever was second is told: ${why}`);

  stage.step("there is one result, and both see it");
  for (const page of [one, other]) {
    await page.locator(".state", { hasText: state }).waitFor();
    same(await page.getByRole("button", { name: /Approve|Decline/ }).count(), 0, "buttons to decide it");
  }
};

function resolvers() {
  let resolve;
  const promise = new Promise((resolved) => (resolve = resolved));
  return { promise, resolve };
}
