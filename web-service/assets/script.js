// Shows what happens as it happens: when an event comes, the page is fetched again and what has changed in it is put in
// place. What is in use is left alone until it is not: it has the focus, something typed in it, or something that can be
// clicked and the pointer.

const live = () => document.querySelectorAll("[data-live]");

const isInUse = (part) =>
  part.contains(document.activeElement) ||
  (part.matches(":hover") && part.querySelector("a, button")) ||
  [...part.querySelectorAll("input:not([type=hidden])")].some((input) => input.value !== "");

// When something last came to where it is. Whoever clicks at once has aimed at what was there before.
let settled = performance.now();
const SETTLES = 700;

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-careful]") && performance.now() - settled < SETTLES) event.preventDefault();
});

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
      else if (response.ok) replace(new DOMParser().parseFromString(await response.text(), "text/html"));
    } catch {
      // The next event brings it.
    }
  }
  isFetching = false;
}

function replace(next) {
  for (const part of live()) {
    const other = next.getElementById(part.id);
    if (!other || other.innerHTML === part.innerHTML) continue;
    if (isInUse(part)) {
      for (const end of ["focusout", "pointerleave"]) {
        part.addEventListener(end, () => setTimeout(refresh), { once: true });
      }
    } else {
      part.replaceChildren(...other.childNodes);
      settled = performance.now();
    }
  }
}

// Browsers have few connections to a server, so a page that nobody sees has none.
let events;

function follow() {
  events?.close();
  events = undefined;
  if (document.hidden || live().length === 0) return;
  events = new EventSource("/api/v1/events");
  for (const kind of ["open", "application", "ledger"]) events.addEventListener(kind, refresh);
  events.addEventListener("error", () => {
    // Browsers try again by themselves, but not after an answer that says no.
    if (events?.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
  });
}

document.addEventListener("visibilitychange", follow);
follow();
