// Shows what happens as it happens: when an event comes, the page is fetched again and what has changed in it is put in
// place. What has the focus, or something typed in it, is left alone until it has neither.

const live = () => document.querySelectorAll("[data-live]");

const isInUse = (part) =>
  part.contains(document.activeElement) ||
  [...part.querySelectorAll("input:not([type=hidden])")].some((input) => input.value !== input.defaultValue);

let isWanted = false;
let isFetching = false;

async function refresh() {
  if (isFetching) {
    isWanted = true;
    return;
  }
  isFetching = true;
  do {
    isWanted = false;
    try {
      const response = await fetch(location.href, { headers: { accept: "text/html" } });
      if (response.ok && !response.redirected) {
        const next = new DOMParser().parseFromString(await response.text(), "text/html");
        for (const part of live()) {
          const other = next.getElementById(part.id);
          if (!other || other.innerHTML === part.innerHTML) continue;
          if (isInUse(part)) {
            part.addEventListener("focusout", () => setTimeout(refresh), { once: true });
          } else {
            part.replaceChildren(...other.childNodes);
          }
        }
      }
    } catch {
      // The next event brings it.
    }
  } while (isWanted);
  isFetching = false;
}

if (live().length > 0) {
  const events = new EventSource("/api/v1/events");
  for (const kind of ["application", "ledger"]) events.addEventListener(kind, refresh);
}
