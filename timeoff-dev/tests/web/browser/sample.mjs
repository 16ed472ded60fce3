// Something to look at, made and found as programs make it: over the API of a demo, which believes everybody.

import { same } from "./stage.mjs";

const credentials = (email) => ({ authorization: `Basic ${btoa(`${email}:`)}` });

async function post(stage, email, path, body, expected) {
  const response = await fetch(`${stage.origin}${path}`, {
    method: "POST",
    headers: {
      ...credentials(email),
      "content-type": "application/json",
      // The next command, whoever sends it, must find this one carried out.
      prefer: "wait=60",
      ...(stage.position && { "timeoff-position": stage.position }),
    },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  same(response.status, expected, `the answer to ${email} at ${path}: ${JSON.stringify(answer)}`);
  stage.position = response.headers.get("timeoff-position");
  return answer;
}

// Applies for leave in somebody's name. Returns the address of the application's page.
export async function apply(stage, email, application) {
  const { id } = await post(stage, email, "/api/v1/applications", application, 201);
  return `/applications/${encodeURIComponent(id)}`;
}

// The address of an application in this state that this person may see.
export async function find(stage, email, state) {
  const response = await fetch(`${stage.origin}/api/v1/applications?state=${state}`, { headers: credentials(email) });
  const { applications } = await response.json();
  if (!applications?.length) throw new Error(`${email} sees no application that is ${state}`);
  return `/applications/${encodeURIComponent(applications[0].id)}`;
}

// The address of the page of somebody of a department, whom this person administers.
export async function findPerson(stage, email, whom, department = "IT") {
  const response = await fetch(`${stage.origin}/api/v1/people?department=${department}`, { headers: credentials(email) });
  const { people } = await response.json();
  const found = people?.find((person) => person.email === whom);
  if (!found) throw new Error(`${email} finds no ${whom}`);
  return `/people/${found.id}`;
}

const decide = (stage, email, path, outcome, comment, expected = 200) =>
  post(stage, email, `/api/v1${path}/decision`, { outcome, comment }, expected);

// The policy of OPS.
export const POLICY = `default_type = "annual"

[types.annual]
label = "Annual leave"
needs_entitlement = false

[types.training]
label = "Training"
needs_entitlement = true

[[entitlements]]
type = "training"
minutes_a_year = 2400 # a week
`;

// Sends a form of a page in the admin's name: what it keeps to itself, and these fields. Returns the answer's text.
async function sendForm(stage, path, page, hidden, fields, expected) {
  const body = new URLSearchParams(fields);
  for (const name of hidden) body.set(name, page.match(`name="${name}" value="([^"]*)"`)[1]);
  const headers = credentials(stage.people.admin);
  const answer = await fetch(`${stage.origin}${path}`, { method: "POST", headers, body, redirect: "manual" });
  same(answer.status, expected, `the answer to the form of ${path}`);
  return answer.text();
}

// Sets the policy of OPS and grants what it grants for 2027, as an admin does on the pages.
async function setPolicy(stage) {
  const get = async (path) => (await fetch(`${stage.origin}${path}`, { headers: credentials(stage.people.admin) })).text();
  const fields = { text: POLICY, in: "OPS", from: "2026-01-01" };
  const hidden = ["key", "seen", "checked"];
  const form = await get("/policy/edit?department=OPS");
  const checked = await sendForm(stage, "/policy/edit", form, hidden, { ...fields, step: "check" }, 200);
  await sendForm(stage, "/policy/edit", checked, hidden, { ...fields, step: "set" }, 303);
  const plan = await get("/entitlements?year=2027&department=OPS");
  await sendForm(stage, "/entitlements", plan, ["key", "seen"], { year: "2027", department: "OPS" }, 303);
}

// One application in each state, and some that wait.
export async function fill(stage) {
  const { employee, colleague, approver, admin, other } = stage.people;
  const day = (start, hours) => ({ start, hours });
  const booked = await apply(stage, employee, day("2027-07-01", 120));
  await decide(stage, approver, booked, "approve", "Enjoy the fjords, and send a postcard.");
  await decide(stage, admin, booked, "decline", undefined, 409);
  const declined = await apply(stage, employee, day("2027-12-20", 80));
  const reason = "Three of five are away in that week. Could you take the second week of January instead?";
  await decide(stage, approver, declined, "decline", reason);
  const withdrawn = await apply(stage, employee, day("2027-05-14", 8));
  await post(stage, employee, `/api/v1${withdrawn}/withdrawal`, undefined, 200);
  await apply(stage, employee, day("2027-09-06", 40));
  await apply(stage, colleague, day("2027-09-08", 24));
  await apply(stage, other, day("2028-02-29", 8784));
  const short = await apply(stage, other, day("2027-07-05", 16));
  await decide(stage, admin, short, "approve");
  await setPolicy(stage);
}
