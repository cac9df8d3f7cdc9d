// Keeps the site, so that it works without a connection. What is kept is what was built, by its hashes.
const VERSION = "@version@";
const FILES = "@files@";
const PREFIX = `mlpc ${new URL("./", self.location).pathname} `;

async function keep() {
  const cache = await caches.open(PREFIX + VERSION);
  await Promise.all(
    FILES.map(async ({ url, integrity }) => {
      const answer = await fetch(new Request(url, { integrity, credentials: "same-origin" }));
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
      await cache.put(url, answer);
    }),
  );
  await self.skipWaiting();
}

async function tidy() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== PREFIX + VERSION) await caches.delete(name);
  }
  await self.clients.claim();
}

async function answer(request) {
  const cache = await caches.open(PREFIX + VERSION);
  if (request.mode === "navigate") {
    // The newest page where there is a connection.
    try {
      return await fetch(request);
    } catch {
      return (await cache.match("./")) ?? Response.error();
    }
  }
  return (await cache.match(request)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(tidy()));
self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && new URL(event.request.url).origin === self.location.origin) {
    event.respondWith(answer(event.request));
  }
});
