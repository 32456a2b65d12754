// Makes a chosen picture smaller before it is sent. Without this it is sent as it is, and takes longer.
(() => {
  const side = 1280;
  const smaller = async (input) => {
    const file = input.files[0];
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const drawn = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    if (!drawn || drawn.size >= file.size || input.files[0] !== file) return;
    const files = new DataTransfer();
    files.items.add(new File([drawn], "photo.jpg", { type: "image/jpeg" }));
    input.files = files.files;
  };
  const form = document.getElementById("post-form");
  let making = 0;
  let send = null; // what was pressed meanwhile
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", async () => {
      if (input.files.length !== 1) return;
      making += 1;
      try {
        await smaller(input);
      } catch {
        // Then it goes as it is.
      }
      making -= 1;
      if (making === 0 && send) send();
    });
  }
  form.addEventListener("submit", (event) => {
    if (making === 0) return;
    event.preventDefault();
    send = () => {
      send = null;
      form.requestSubmit(event.submitter);
    };
  });
})();
