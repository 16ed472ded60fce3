// Shows what happens as it happens: when an event comes, the page is fetched again and what has changed in it is put in
// place. What is in use is left alone until it is not: it has the focus, something typed in it, or something that can be
// clicked and the pointer.

const live = () => document.querySelectorAll("[data-live]");

const isFilled = (input) => (input.type === "checkbox" ? input.checked : input.value !== "");

// When the pointer was last moved: whoever has let it rest for a while is not about to click.
let moved = -Infinity;
const RESTS = 1500;

document.addEventListener("pointermove", () => {
  moved = performance.now();
});

const isPointedAt = (part) =>
  part.matches(":hover") && part.querySelector("a, button") && performance.now() - moved < RESTS;

const isWorkedOn = (part) =>
  part.contains(document.activeElement) || [...part.querySelectorAll("input:not([type=hidden])")].some(isFilled);

// Why something was refused is shown until somebody has seen it and goes on.
const hasRefusal = (part) => part.querySelector("[data-refused]") !== null;

const isInUse = (part) => isWorkedOn(part) || hasRefusal(part) || isPointedAt(part);

// When something last came to where it is. Whoever clicks at once has aimed at what was there before.
let settled = performance.now();
const SETTLES = 700;

document.addEventListener("submit", (event) => {
  // Nothing moves under a button that keys have reached.
  if (event.submitter?.matches(":focus-visible")) return;
  if (event.target.matches("[data-careful]") && performance.now() - settled < SETTLES) event.preventDefault();
});

// In the inbox, keys do what the buttons do, as long as a card has the focus.
document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.(".card");
  if (!card || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox])")) return;
  const other = { j: card.nextElementSibling, k: card.previousElementSibling }[event.key];
  const button = card.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (other) other.focus();
  else if (button && !event.repeat) button.click();
  else return;
  event.preventDefault();
});

// What is being typed into a form is looked at before it is sent.
for (const form of document.querySelectorAll("[data-preview]")) {
  let waits;
  let asking;
  form.addEventListener("input", () => {
    clearTimeout(waits);
    asking?.abort();
    waits = setTimeout(async () => {
      const preview = document.getElementById(form.dataset.preview);
      const query = new URLSearchParams(new FormData(form));
      asking = new AbortController();
      try {
        const response = await fetch(`${form.action}?${query}`, { headers: { accept: "text/html" }, signal: asking.signal });
        const next = new DOMParser().parseFromString(await response.text(), "text/html");
        const other = next.getElementById(preview.id);
        if (other) preview.replaceChildren(...other.childNodes);
      } catch {
        // It is only a preview.
      }
    }, 250);
  });
  // What the browser has put back into the fields is looked at, too.
  addEventListener("pageshow", () => {
    if ([...form.querySelectorAll("input:not([type=hidden])")].some(isFilled)) form.dispatchEvent(new Event("input"));
  });
}

const visitor = (page) => page.querySelector(".visitor bdi")?.title;

let isWanted = false;
let isFetching = false;

async function refresh() {
  isWanted = true;
  if (isFetching) return;
  isFetching = true;
  while (isWanted) {
    isWanted = false;
    try {
      const from = document.querySelector("[data-from]")?.dataset.from ?? location.href;
      const response = await fetch(from, { headers: { accept: "text/html" } });
      // The session has ended: the page that is there now says so.
      if (response.redirected) location.reload();
      else if (response.ok) {
        const next = new DOMParser().parseFromString(await response.text(), "text/html");
        // Another tab has signed in as somebody else.
        if (visitor(next) !== visitor(document)) location.reload();
        else replace(next);
      }
    } catch {
      // The next event brings it.
    }
  }
  isFetching = false;
}

let rests;
const later = () => setTimeout(refresh);

function replace(next) {
  for (const part of live()) {
    const other = next.getElementById(part.id);
    if (!other || other.innerHTML === part.innerHTML) continue;
    if (isInUse(part)) {
      grow(part, other);
      for (const end of ["focusout", "pointerleave"]) {
        part.addEventListener(end, later, { once: true });
      }
      if (!isWorkedOn(part)) {
        clearTimeout(rests);
        rests = setTimeout(refresh, RESTS);
      }
    } else {
      part.replaceChildren(...other.childNodes);
      settled = performance.now();
    }
  }
}

// What has come at the end of a list can be there although the list is in use: it moves nothing.
function grow(part, other) {
  for (const list of part.querySelectorAll("[data-grows]")) {
    for (const item of other.querySelectorAll("[data-grows] > [id]")) {
      if (!document.getElementById(item.id)) list.append(item.cloneNode(true));
    }
  }
}

// Browsers have few connections to a server, so a page that nobody sees has none.
let events;

function follow() {
  events?.close();
  events = undefined;
  if (document.hidden || live().length === 0) return;
  events = new EventSource(document.querySelector("[data-events]")?.dataset.events ?? "/api/v1/events");
  for (const kind of ["open", "application", "ledger", "log"]) events.addEventListener(kind, refresh);
  events.addEventListener("error", () => {
    // Browsers try again by themselves, but not after an answer that says no.
    if (events?.readyState === EventSource.CLOSED) setTimeout(() => refresh().then(follow), 5000);
  });
}

document.addEventListener("visibilitychange", follow);
follow();
