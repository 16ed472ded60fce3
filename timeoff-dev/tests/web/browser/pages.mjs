// Every page in every state. A page is a line:
//
// - `name`, and who opens it: one of the stage's people, or nobody;
// - `at`: its address, or what finds it;
// - `status`, unless it is 200;
// - `then`: what is done on it, and `after`, the status of what comes then;
// - `paper`: it is printed, too, on a sheet that stands so;
// - `isSwagger`: it is not ours but Swagger UI's; see every_page.mjs.

import { find, findPerson, POLICY } from "./sample.mjs";
import { same } from "./stage.mjs";

// A policy with two mistakes, and one by which some leave would have been decided otherwise.
const WRONG = `${POLICY.replace("annual", "study")}[[cover]]\nleast_present = 1\nlargest_share_absent_percent = 50\nthen = "warn"\n`;
const OTHER = `${POLICY}[[blackouts]]\nname = "Stocktaking"\nfrom = "2027-07-01"\nuntil = "2027-07-31"\nthen = "block"\n`;

// As long as nobody has been entered.
const ofNobody = [{ name: "sign-in-nobody", who: "nobody", at: "/sign-in" }];

// As long as nobody has applied.
const empty = [
  { name: "sign-in", who: "nobody", at: "/sign-in" },
  { name: "home-empty", who: "employee", at: "/" },
  { name: "inbox-empty", who: "approver", at: "/inbox" },
  { name: "policy-none", who: "admin", at: "/policy" },
  { name: "policy-first", who: "admin", at: "/policy/edit" },
  { name: "entitlements-none", who: "admin", at: "/entitlements" },
  { name: "wallchart-empty", who: "employee", at: "/wallchart" },
  { name: "calendars-empty", who: "employee", at: "/calendars" },
];

// With applications in each state.
const filled = [
  { name: "sign-in-mistaken", who: "nobody", at: "/sign-in", then: submits({ email: "ada" }), after: 422 },
  { name: "signed-out", who: "nobody", at: "/signed-out" },
  { name: "home", who: "employee", at: "/", paper: "portrait" },
  { name: "home-notice", who: "employee", at: "/?done=withdrawn" },
  { name: "new", who: "employee", at: "/new" },
  { name: "new-mistaken", who: "employee", at: "/new", then: submits({ start: "", hours: "0" }), after: 422 },
  { name: "inbox", who: "approver", at: "/inbox" },
  { name: "inbox-notice", who: "approver", at: "/inbox?done=sent" },
  { name: "inbox-admin", who: "admin", at: "/inbox" },
  { name: "inbox-several", who: "approver", at: "/inbox", then: ticks, after: 200 },
  { name: "new-preview", who: "employee", at: "/new?start=2027-07-01&hours=20" },
  { name: "wallchart", who: "approver", at: "/wallchart?from=2027-07", paper: "landscape" },
  { name: "wallchart-quarter", who: "employee", at: "/wallchart?from=2027-06&span=quarter", paper: "landscape" },
  { name: "wallchart-nobody", who: "employee", at: "/wallchart?name=nobody" },
  { name: "calendars-mistaken", who: "employee", at: "/calendars", then: submits({ name: "" }), after: 422 },
  { name: "calendars-made", who: "employee", at: "/calendars", then: submits({ name: "Outlook at work" }), after: 200 },
  { name: "calendars", who: "employee", at: "/calendars?ended=true" },
  { name: "log", who: "approver", at: "/log" },
  { name: "people", who: "admin", at: "/people" },
  { name: "people-found-nobody", who: "admin", at: "/people?text=nobody" },
  { name: "people-of-approver", who: "approver", at: "/people" },
  { name: "person-new", who: "admin", at: "/people/new" },
  { name: "person-new-mistaken", who: "admin", at: "/people/new", then: submits({ name: "", email: "ada" }), after: 422 },
  { name: "person", who: "admin", at: person },
  { name: "delegations", who: "approver", at: "/delegations" },
  { name: "delegations-admin", who: "admin", at: "/delegations" },
  { name: "policy", who: "other", at: "/policy", paper: "portrait" },
  { name: "policy-of-approver", who: "approver", at: "/policy" },
  { name: "policy-admin", who: "admin", at: "/policy?department=OPS" },
  { name: "policy-edit", who: "admin", at: "/policy/edit?department=OPS" },
  { name: "policy-mistaken", who: "admin", at: "/policy/edit?department=OPS", then: submits({ text: WRONG }), after: 422 },
  { name: "policy-checked", who: "admin", at: "/policy/edit?department=OPS", then: submits({ text: OTHER }), after: 200 },
  { name: "entitlements", who: "admin", at: "/entitlements?year=2028" },
  { name: "entitlements-granted", who: "admin", at: "/entitlements?year=2027&done=granted" },
  { name: "entitlements-mistaken", who: "admin", at: "/entitlements?year=soon", status: 422 },
  { name: "person-holding", who: "admin", at: personOfOps },
  { name: "person-grant-mistaken", who: "admin", at: personOfOps, then: grants({ hours: "many", from: "" }), after: 422 },
  { name: "dead-letters", who: "admin", at: "/dead-letters" },
  { name: "application-waiting", who: "employee", at: application("waiting") },
  { name: "application-approved", who: "employee", at: application("approved"), paper: "portrait" },
  { name: "application-declined", who: "employee", at: application("declined") },
  { name: "application-withdrawn", who: "employee", at: application("withdrawn") },
  { name: "application-to-decide", who: "approver", at: application("waiting") },
  { name: "application-mistaken", who: "approver", at: application("waiting"), then: decides("x".repeat(1001)), after: 422 },
  { name: "application-refused", who: "approver", at: application("approved"), then: decides("Too late"), after: 409 },
  { name: "forbidden", who: "employee", at: "/inbox", status: 403 },
  { name: "nothing", who: "employee", at: "/nowhere", status: 404 },
  { name: "stranger", who: "stranger", at: "/", status: 403 },
  { name: "docs", who: "employee", at: "/api/docs/", isSwagger: true },
];

// Shows each page to `look`, in a window of its own. If the data is ours, it is made on the way.
export async function forEachPage(stage, options, look) {
  const show = async (pages) => {
    for (const page of pages) {
      stage.step(page.name);
      const window = await stage.window(stage.people[page.who], options);
      await look(page, window);
      await window.context().close();
    }
  };
  if (stage.fill) {
    await show(ofNobody);
    await stage.ask("enter the people");
    await show(empty);
    await stage.fill();
  }
  await show(filled);
}

// Goes to a page. Returns its answer.
export async function open(stage, page, window) {
  const path = typeof page.at === "string" ? page.at : await page.at(stage, stage.people[page.who]);
  const answer = await window.goto(path);
  same(answer.status(), page.status ?? 200, `the status of ${path}`);
  return answer;
}

// Does what is done on it.
export async function act(page, window) {
  if (!page.then) return;
  const answer = window.waitForResponse((response) => response.request().method() === "POST");
  const [answered] = await Promise.all([answer, window.waitForEvent("load"), page.then(window)]);
  same(answered.status(), page.after, `the status of ${window.url()}`);
}

// Fills in a form and sends it, without the browser's own checks.
function submits(fields) {
  return async (window) => {
    for (const [name, value] of Object.entries(fields)) await window.locator(`main [name=${name}]:not(button)`).fill(value);
    await window.locator("main form").last().evaluate((form) => {
      form.noValidate = true;
      form.requestSubmit();
    });
  };
}

// Fills in the form about an entitlement and sends it, without the browser's own checks.
function grants(fields) {
  return async (window) => {
    await window.locator("#grant summary").click();
    const form = window.locator("#grant form");
    for (const [name, value] of Object.entries(fields)) await form.locator(`[name=${name}]`).fill(value);
    await form.evaluate((form) => {
      form.noValidate = true;
      form.requestSubmit();
    });
  };
}

// Ticks all that waits, and asks to decide it at once.
async function ticks(window) {
  for (const box of await window.locator("main input[type=checkbox]").all()) await box.check();
  await window.locator("button[form=several]").click();
}

// Declines the application that is shown, whether or not that is offered.
function decides(comment) {
  return (window) =>
    window.evaluate((comment) => {
      const form = Object.assign(document.createElement("form"), { method: "post" });
      form.action = `${location.pathname}/decision`;
      for (const [name, value] of Object.entries({ outcome: "decline", comment })) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
      document.body.append(form);
      form.submit();
    }, comment);
}

// An application in this state that whoever opens the page may see.
function application(state) {
  return (stage, email) => find(stage, email, state);
}

// The page of somebody where there is a policy.
function personOfOps(stage, email) {
  return findPerson(stage, email, stage.people.other, "OPS");
}

// The employee's page.
function person(stage, email) {
  return findPerson(stage, email, stage.people.employee);
}
