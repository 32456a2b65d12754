// Keeps the home screen current while nobody touches it. Without this it is current when opened.
(() => {
  const parts = ["header", "main"];
  let etag = null;
  const look = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-cache" });
      const now = answer.headers.get("ETag");
      const busy = document.querySelector("main").contains(document.activeElement);
      if (answer.ok && etag !== null && now !== etag && !busy) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of parts) {
          document.querySelector(part).replaceWith(document.adoptNode(fresh.querySelector(part)));
        }
      }
      if (answer.ok && !busy) etag = now;
    } catch {
      // The machine does not answer: what stands here was true, and says when.
    }
    setTimeout(look, 24000 + 12000 * Math.random());
  };
  look();
})();
