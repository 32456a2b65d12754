// Stands between the kiosk's browser and the machine, so that nobody ever meets a browser's error page.
const PATIENCE = 20000;
const AWAY = "/away";
const FRESH = 60000;
let keptAt = 0;

// As whoever comes next is to see it: nothing of who is here now, and whom to call as it was said last.
const keep = async () => {
  const kept = await caches.open("kairan");
  const asked = { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE) };
  const page = await fetch(AWAY, asked);
  if (!page.ok) throw new Error("the page to keep did not come");
  const needed = (await page.clone().text()).match(/\/static\/[^"]+/g) || [];
  for (const file of new Set(needed)) {
    if (!(await kept.match(file))) await kept.add(file);
  }
  await kept.put(AWAY, page);
  keptAt = Date.now();
};

// What was kept before stays where the machine doesn't answer.
const keepAnew = () => keep().catch(() => {});

const unsent = async (request, body) => {
  const kept = await caches.open("kairan");
  await kept.put("/away/unsent", new Response(JSON.stringify({ url: request.url, body })));
};

const go = async (request) => {
  const kept = await caches.open("kairan");
  const form = request.headers.get("Content-Type") === "application/x-www-form-urlencoded";
  const copy = form ? request.clone() : null;
  try {
    const limit = request.method === "GET" ? { signal: AbortSignal.timeout(PATIENCE) } : {};
    return await fetch(request, limit);
  } catch {
    if (copy) await unsent(request, await copy.text());
    return (await kept.match(AWAY)) || Response.error();
  }
};

const file = async (request) => (await caches.match(request)) || fetch(request);

addEventListener("install", (event) => event.waitUntil(keep().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", (event) => event.waitUntil(keepAnew()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.mode === "navigate") {
    const answer = go(request);
    event.respondWith(answer);
    // A form may have changed what is kept.
    if (request.method !== "GET" || Date.now() - keptAt > FRESH) event.waitUntil(answer.then(keepAnew));
  } else if (address.pathname.startsWith("/static/")) event.respondWith(file(request));
});
