// Says at the kiosk, on whatever page, how a stick that was plugged in is getting on.
(() => {
  const place = document.getElementById("stick");
  let said = "";
  const look = async () => {
    try {
      const answer = await fetch("/stick", { cache: "no-store" });
      const now = answer.status === 200 ? await answer.text() : "";
      if (answer.ok && now !== said) {
        place.innerHTML = now;
        said = now;
      }
    } catch {
      // The machine does not answer: nothing is known of the stick.
    }
    setTimeout(look, 1500);
  };
  look();
})();
