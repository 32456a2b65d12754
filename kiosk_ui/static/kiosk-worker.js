// Stands between the kiosk's browser and the machine, so that nobody ever meets a browser's error page.
const PATIENCE = 20000;
const AWAY = "/away";

const keep = async () => {
  const kept = await caches.open("kairan");
  const page = await fetch(AWAY, { cache: "no-cache" });
  if (!page.ok) throw new Error("the page to keep did not come");
  const needed = (await page.clone().text()).match(/\/static\/[^"]+/g) || [];
  await kept.put(AWAY, page);
  await kept.addAll(needed);
};

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
addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(go(request));
  else if (address.pathname.startsWith("/static/")) event.respondWith(file(request));
});
