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
  for (const input of document.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      if (input.files.length === 1) {
        input.smaller = smaller(input).catch(() => {}); // then it goes as it is
      }
    });
  }
  const form = document.getElementById("post-form");
  let waited = false;
  form.addEventListener("submit", async (event) => {
    const under_way = [...form.querySelectorAll("input[type=file]")].map((each) => each.smaller);
    if (waited || !under_way.some(Boolean)) return;
    event.preventDefault();
    const button = event.submitter;
    await Promise.all(under_way);
    waited = true;
    form.requestSubmit(button);
    waited = false;
  });
})();
