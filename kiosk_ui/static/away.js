// Shown by the worker while the machine does not answer: goes on by itself once it does.
(() => {
  const resume = async () => {
    const kept = await caches.open("kairan");
    const unsent = await kept.match("/away/unsent");
    if (!unsent) return location.pathname === "/away" ? location.replace("/") : location.reload();
    const { url, body } = await unsent.json();
    await kept.delete("/away/unsent");
    const form = document.createElement("form");
    form.method = "post";
    form.action = url;
    for (const [name, value] of new URLSearchParams(body)) {
      const field = document.createElement("textarea");
      field.name = name;
      field.value = value;
      field.hidden = true;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  };
  const look = async () => {
    try {
      if ((await fetch("/healthz", { cache: "no-store" })).ok) return resume();
    } catch {
      // Not yet.
    }
    setTimeout(look, 1500);
  };
  setTimeout(look, 1500);
})();
